"""One call of a pipeline: its mode's pipeline, text embeddings, generators and final check."""

from __future__ import annotations

import copy
import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from PIL.Image import Image

from core.engine import guidance
from core.engine.controlled import AdapterCall, ControlledCall, Controls, LoraCall, check_alone
from core.engine.latents import ToVae, grid
from core.engine.referenced import referenced_calls
from core.engine.region_attention import attended
from core.engine.regions import NEGATIVE, blended
from core.engine.schedule import resampled, wrong_sampler
from core.engine.steps import Change, Steps
from core.errors import TaskFailure
from core.prompts.attention import PromptText, plain_text

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

# Arguments of every `encode_prompt`: one text at a time, so that embeddings can be cached.
_ONE_TEXT = {
    "prompt_2": None,
    "prompt_3": None,
    "num_images_per_prompt": 1,
    "do_classifier_free_guidance": False,
}


class PipelineRun:
    """The interface of adapters. One per call: its scheduler keeps state between steps.

    A call draws one image, or those of several requests that differ in texts and seeds only. Each
    has a generator of its own, so its noise is that of an image drawn alone.
    """

    def __init__(self, loaded: Loaded, request: RenderRequest, *others: RenderRequest) -> None:
        self.loaded = loaded
        self.request = request
        self._requests = (request, *others)
        self.controls = _controlled_call(loaded, request)
        self.references, self.tokens = referenced_calls(loaded, request)
        self.region_texts: list[Mapping[str, Any]] = []
        self.pipeline = guidance.pipeline_for(loaded, request, self.controls)
        self.pipeline.scheduler = loaded.scheduler(request.sampler, request.schedule_shift)
        timing = self.pipeline.scheduler
        if request.num_inference_steps == 1 and timing.config.get("shift_terminal"):
            # The end of a schedule of one step is its beginning.
            timing.register_to_config(shift_terminal=None)
        self._arguments = dict(loaded.model.call)
        if request.max_sequence_length is not None:
            self._arguments["max_sequence_length"] = request.max_sequence_length
        published = self._arguments.pop("sigmas", ()) or self.pipeline.config.get("sample_sigmas")
        # The schedule that the model was distilled for; empty: that of its pipeline.
        self.sigmas = resampled(published, request.num_inference_steps) if published else []
        self.generator = torch.Generator("cpu").manual_seed(request.seed)
        self._generators = [
            self.generator,
            *(torch.Generator("cpu").manual_seed(other.seed) for other in others),
        ]
        self._report("encoding prompt")

    def with_texts(self, prompt: PromptText, negative_prompt: PromptText) -> PipelineRun:
        """The same run with other texts, to encode them."""
        other = copy.copy(self)
        other.request = replace(
            self.request, prompt=prompt, negative_prompt=negative_prompt, regions=()
        )
        other._requests = (other.request,)
        return other

    def embed_texts(self, name: Literal["prompt", "negative_prompt"]) -> torch.Tensor:
        """The first tensor of `embed`, of a text of every request, one row each."""
        rows = [self.embed(getattr(request, name))[0] for request in self._requests]
        return rows[0] if len(rows) == 1 else torch.cat(rows)

    def embed(
        self, prompt: PromptText, images: Sequence[Image] = (), /, **options: Any
    ) -> tuple[torch.Tensor, ...]:
        """The tensors that the pipeline's `encode_prompt` returns for `prompt`, cached.

        The encoder reads `images` with it. Tensors that come in lists, one per text, come out of
        them.
        """
        text = plain_text(prompt)
        pipeline = self.pipeline
        names = accepted(type(pipeline).encode_prompt)
        settings = {**_ONE_TEXT, "device": pipeline._execution_device, **self._arguments, **options}
        chosen = {name: value for name, value in settings.items() if name in names}
        if images:
            chosen["image"] = list(images)
            options["images"] = tuple(map(_digest, images))

        def encode() -> tuple[torch.Tensor, ...]:
            with torch.no_grad(), text_model(pipeline.text_encoder):
                tensors = pipeline.encode_prompt(text, **chosen)
            return tuple(_flat(tensors))

        return self.cached(text, encode, **options)

    def cached(
        self, prompt: PromptText, encode: Callable[[], tuple[torch.Tensor, ...]], **options: Any
    ) -> tuple[torch.Tensor, ...]:
        """The tensors that `encode` made of `prompt` before, or makes now, under `options`."""
        length = self._arguments.get("max_sequence_length")
        key = (prompt, tuple(sorted(options.items())), length, self.loaded.text_encoder_key)
        return self.loaded.embeddings.get(key, encode)

    def render(
        self, to_vae: ToVae, *, steps: int | None = None, change: Change | None = None, **call: Any
    ) -> Image:
        """Call the pipeline and return its image; `steps` is how many will really run.

        Raises `TaskFailure` when the output is not finite.
        """
        return self.render_all(to_vae, steps=steps, change=change, **call)[0]

    def render_all(
        self, to_vae: ToVae, *, steps: int | None = None, change: Change | None = None, **call: Any
    ) -> list[Image]:
        """Call the pipeline once and return the image of every request; raises as `render`."""
        request = self.request
        names = accepted(type(self.pipeline).__call__)
        after_step = Steps(self._requests, self.loaded.preview, to_vae, change)
        arguments = {name: value for name, value in self._arguments.items() if name in names}
        call = {
            "num_inference_steps": request.num_inference_steps,
            "generator": self.generator if len(self._requests) == 1 else self._generators,
            "callback_on_step_end": after_step,
            "output_type": "np",
            **arguments,
            **({"sigmas": self.sigmas} if self.sigmas else {}),
            **guidance.arguments(request),
            **call,
        }
        if self.controls is not None:
            call = self.controls.complete(call)
        if self.references is not None:
            call = self.references.complete(call, names)
        if self.tokens is not None:
            call = self.tokens.complete(call)
            self.region_texts = [self.tokens.complete(texts) for texts in self.region_texts]
        check_names(call, names)
        if steps is None or (self.controls is not None and "strength" not in call):
            steps = request.num_inference_steps
        self._report("denoising", step=0, steps=steps)
        images = self._images(self._call(call, steps))
        if request.on_latents is not None:
            request.on_latents(
                grid(self.pipeline, after_step.latents, request.width, request.height)
            )
        return images

    def _report(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
        for request in self._requests:
            request.report(phase, step=step, steps=steps)

    def _call(self, arguments: Mapping[str, Any], steps: int) -> Any:
        controls, references, pipeline = self.controls, self.references, self.pipeline
        around = controls.around(pipeline, self.generator) if controls else nullcontext()
        seen = references.installed(pipeline._execution_device) if references else nullcontext()
        blend = self._blended(arguments) if self.request.regions else nullcontext()
        variants = guidance.applied(self.loaded, pipeline, self.request, steps)
        try:
            with around, seen, blend, variants:
                return self.pipeline(**arguments).images
        except ValueError as error:
            # Only diffusers can say whether a scheduler goes with a pipeline, and only when called.
            if self.request.sampler is None or "set_timesteps" not in str(error):
                raise
            raise wrong_sampler(self.request.sampler) from error

    def _blended(self, arguments: Mapping[str, Any]) -> AbstractContextManager[None]:
        core = getattr(self.pipeline, self.loaded.model.family.core)
        method = attended if self.request.region_method == "attention" else blended
        return method(self, core, guided=arguments.get(NEGATIVE) is not None)

    def _images(self, images: Any) -> list[Image]:
        if isinstance(images, list):  # the layers of one image
            (images,) = images
        if not np.isfinite(images).all():
            raise TaskFailure(
                f"{self.loaded.model.label} produced values that are not finite (NaN).",
                fix="Try another VAE, fewer or weaker LoRAs, or the model in a higher precision.",
            )
        pictures: list[Image] = self.pipeline.image_processor.numpy_to_pil(images)
        return pictures


def _controlled_call(loaded: Loaded, request: RenderRequest) -> Controls | None:
    """The call with the request's controls; None without, and for a model that takes its control
    image itself. Raises `InvalidInput` and as `ControlNets.get` does."""
    model = loaded.model
    if not request.control or model.family.own_control:
        return None
    assert loaded.controls is not None  # the pool has them
    dtype = loaded.device.dtypes(model.family.precision)["default"]
    nets = [loaded.controls.get(str(control["model"]), dtype) for control in request.control]
    if nets[0].kind.widens:
        check_alone(nets)
        return LoraCall(request, nets[0], loaded.with_control_lora)
    core = getattr(loaded.pipeline, model.family.core)
    return (AdapterCall if nets[0].kind.hooked else ControlledCall)(request, nets, core)


def _digest(image: Image) -> str:
    return hashlib.sha256(repr(image.size).encode() + image.tobytes()).hexdigest()


def _flat(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, list):
            yield from value
        elif value is not None:
            yield value


@contextmanager
def text_model(encoder: Any) -> Iterator[None]:
    """Give a text encoder the attribute `text_model` while a text is encoded.

    With `clip_skip` on SD1.5, diffusers 0.42 reads an attribute of CLIP that transformers 5 has
    removed.
    """
    if encoder is None or hasattr(encoder, "text_model"):
        yield
        return
    vars(encoder)["text_model"] = encoder  # not as a module, which would contain itself
    try:
        yield
    finally:
        del vars(encoder)["text_model"]


@cache
def accepted(function: Callable[..., Any]) -> frozenset[str]:
    """The names of a function's arguments, `**kwargs` not counted."""
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    parameters = inspect.signature(function).parameters.values()
    names = frozenset(parameter.name for parameter in parameters if parameter.kind not in variadic)
    return names - {"self"}


def check_names(call: Mapping[str, Any], names: frozenset[str]) -> None:
    """Refuse unknown arguments: pipelines that take `**kwargs` ignore them silently."""
    unknown = sorted(set(call) - names)
    if unknown:
        raise TypeError(f"the pipeline takes no {', '.join(unknown)}")
