"""Calls of pipelines with references (IP-Adapter): the adapters are in the network for one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from accelerate import init_empty_weights
from diffusers.models.attention_processor import IPAdapterAttnProcessor2_0
from diffusers.models.embeddings import MultiIPAdapterImageProjection
from diffusers.models.transformers.transformer_flux import FluxIPAdapterAttnProcessor

from core.engine.reference_tokens import TokenCall
from core.engine.references import ReferenceAdapter, ReferenceInput, broken, check_width
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

GUIDED = ("negative_prompt_embeds", "negative_prompt")  # present where CFG runs
_TRUE_CFG = "negative_ip_adapter_image_embeds"


class ReferencedCall:
    """The references of one image. Made anew for each: it holds the adapters while it draws."""

    def __init__(
        self,
        inputs: Sequence[ReferenceInput],
        adapters: Sequence[ReferenceAdapter],
        core: Any,
        architecture: str,
        dtype: torch.dtype,
    ) -> None:
        """`adapters` are those of the references, `core` is the model's network, which computes in
        `dtype`."""
        self._inputs = inputs
        self._adapters = adapters
        self._core = core
        self._architecture = architecture
        self._dtype = dtype

    def complete(self, call: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
        """The arguments of a plain call with those of the references. `names` are all that the
        pipeline accepts."""
        positive = [entry.vectors.positive.to(self._dtype) for entry in self._inputs]
        counterparts = [entry.vectors.negative for entry in self._inputs]
        negative = [vectors.to(self._dtype) for vectors in counterparts if vectors is not None]
        if _TRUE_CFG in names:
            return {**call, "ip_adapter_image_embeds": positive, _TRUE_CFG: negative}
        if any(call.get(name) is not None for name in GUIDED):
            positive = [torch.cat(pair) for pair in zip(negative, positive, strict=True)]
        return {**call, "ip_adapter_image_embeds": positive}

    @contextmanager
    def installed(self, device: Any) -> Iterator[None]:
        """The adapters in the network; afterwards it is as it was, also after an error.

        Raises `ModelBroken` for a file that does not fit the network, `InvalidInput` for a role
        that the network has no layers for.
        """
        core = self._core
        self._check_fits()
        # FLUX.1 has neither of the two without an adapter.
        projection = getattr(core, "encoder_hid_proj", None)
        kind = getattr(core.config, "encoder_hid_dim_type", None)
        before = dict(core.attn_processors)
        processors = self._processors(before, device)
        projections = [self._projection(adapter, device) for adapter in self._adapters]
        try:
            core.set_attn_processor(processors)
            core.encoder_hid_proj = MultiIPAdapterImageProjection(projections)
            core.config.encoder_hid_dim_type = "ip_image_proj"
            yield
        finally:
            core.encoder_hid_proj = projection  # first: the layers of an adapter count as its own
            core.set_attn_processor(before)
            core.config.encoder_hid_dim_type = kind

    def _check_fits(self) -> None:
        """Refuse adapters for texts of another width. Raises `InvalidInput`."""
        config = self._core.config
        joint = config.get("cross_attention_dim") or config.get("joint_attention_dim")
        for entry, adapter in zip(self._inputs, self._adapters, strict=True):
            check_width(adapter, joint, entry.place)

    def _projection(self, adapter: ReferenceAdapter, device: Any) -> Any:
        try:
            made = self._core._convert_ip_adapter_image_proj_to_diffusers(
                adapter.projection, low_cpu_mem_usage=False
            )
        except (RuntimeError, KeyError, AttributeError) as error:
            raise broken(adapter.file, error) from error
        return made.to(device, self._dtype)

    def _processors(self, before: Mapping[str, Any], device: Any) -> dict[str, Any]:
        """The network's attention processors, with those of the adapters where images act."""
        flux = self._architecture == "flux1"
        acting = [name for name in before if _takes_images(name, flux=flux)]
        scales = [self._scales(index, acting) for index in range(len(self._inputs))]
        processors = dict(before)
        for index, name in enumerate(acting):
            key = index if flux else 2 * index + 1
            made = self._processor(key, flux=flux).to(device)
            made.scale = [scale[name] for scale in scales]
            processors[name] = made
        return processors

    def _processor(self, key: int, *, flux: bool) -> Any:
        kind = FluxIPAdapterAttnProcessor if flux else IPAdapterAttnProcessor2_0
        state = {}
        for index, adapter in enumerate(self._adapters):
            try:
                for layer in ("to_k_ip", "to_v_ip"):
                    for part in ("weight", "bias") if flux else ("weight",):
                        state[f"{layer}.{index}.{part}"] = adapter.layers[f"{key}.{layer}.{part}"]
            except KeyError as error:
                raise broken(adapter.file, error) from error
        hidden, joint = state["to_k_ip.0.weight"].shape
        with init_empty_weights():
            made = kind(hidden, joint, num_tokens=[1] * len(self._adapters))
        made.load_state_dict(state, assign=True)
        return made

    def _scales(self, index: int, acting: Sequence[str]) -> dict[str, float]:
        """The weight of a reference in each layer that images act in."""
        entry, file = self._inputs[index], self._adapters[index].file
        layers = file.layers(self._architecture, entry.role)
        scales = {
            name: entry.weight if not layers or name.startswith(layers) else 0.0 for name in acting
        }
        if entry.weight and not any(scales.values()):
            raise InvalidInput(
                f"The network has no layers for the role {entry.role!r}.",
                field=f"reference.{entry.place}.role",
                fix="Choose the role subject.",
            )
        return scales


def referenced_calls(
    loaded: Loaded, request: RenderRequest
) -> tuple[ReferencedCall | None, TokenCall | None]:
    """The calls with the request's references: of adapters with layers, and of those with tokens.

    None without. Raises as `ReferenceAdapters.get`.
    """
    if not request.reference:
        return None, None
    assert loaded.references is not None  # the pool has them
    family = loaded.model.family
    dtype = loaded.device.dtypes(family.precision)["default"]
    core = getattr(loaded.pipeline, family.core)
    layered: list[tuple[ReferenceInput, ReferenceAdapter]] = []
    tokens: list[tuple[ReferenceInput, ReferenceAdapter]] = []
    for place, reference in enumerate(request.reference):
        adapter = loaded.references.get(str(reference["model"]), dtype)
        entry = ReferenceInput(**{**reference, "place": place})
        (tokens if adapter.file.kind.as_tokens else layered).append((entry, adapter))
    call = None
    if layered:
        inputs, adapters = zip(*layered, strict=True)
        call = ReferencedCall(inputs, adapters, core, family.architecture, dtype)
    return call, TokenCall(tokens, core.config.joint_attention_dim) if tokens else None


def _takes_images(name: str, *, flux: bool) -> bool:
    if flux:
        return not name.startswith("single_transformer_blocks")
    return not name.endswith("attn1.processor")
