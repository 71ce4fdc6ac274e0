"""Models and LoRAs for clients: abilities, states, and the memory they need. Reads only."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelMissing, NotFound
from core.models.fit.fit import fit_of
from core.models.fit.plans import Fit, FreeMemory, fits
from core.models.library.library import Library
from core.models.library.model import offered_model
from core.models.library.vaes import vaes_for
from core.settings import Settings
from core.store.decoding.decoders import Decoders
from core.store.thumbnails import Thumbnails
from core.tasks.estimate import Estimates

if TYPE_CHECKING:
    from core.models.inventory.inventory import Inventory, InventoryEntry
    from core.models.library.control_file import ControlFile
    from core.models.library.model import Model
    from core.models.library.reference_file import ReferenceFile


class ModelStatus:
    """Models and LoRAs of the library and of the catalogue, measured against this machine."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        estimates: Estimates,
        decoders: Decoders,
        device: Callable[[], dict[str, Any]],
    ) -> None:
        """`device`: the record of the device that the device lane computes on."""
        self._library = library
        self._models_dir = settings.models_dir
        self._estimates = estimates
        self._device = device
        self._thumbnails = Thumbnails(settings.data_dir / "lora-thumbnails", decoders)

    @cached_property
    def _inventory(self) -> Inventory:
        from core.models.inventory.inventory import Inventory  # not before the first response

        return Inventory(self._library, self._library.catalogue, self._models_dir)

    def models(self) -> list[dict[str, Any]]:
        """All models: present ones with modes and memory needs, incomplete ones with their missing
        parts, and those of the catalogue with their download."""
        memory = self.free_memory()
        return [self._entry(entry, memory) for entry in self._inventory.all()]

    def refused(self) -> list[dict[str, Any]]:
        """Files and folders that cannot be used as models: name, reason and fix."""
        return [
            {"name": name, "detail": error.detail, "fix": error.fix}
            for name, error in sorted(self._library.refused().items())
        ]

    def companions(self) -> list[dict[str, Any]]:
        """The auxiliary models, ControlNets and reference adapters: purpose, state and download."""
        models = [model.public() for model in self._inventory.auxiliary_models()]
        offered = {model["id"] for model in models}
        own: list[tuple[ControlFile | ReferenceFile, str]] = [
            *((file, "control") for file in self._library.controls().values()),
            *((file, "reference") for file in self._library.references().values()),
        ]
        return [*models, *(_as_companion(*entry) for entry in own if entry[0].id not in offered)]

    def controls(self) -> list[dict[str, Any]]:
        """All ControlNets: kind, types and the models that each fits."""
        models = self._library.models()
        return [
            {
                **control.public(),
                "models": [model.id for model in models if control.refusal(model) is None],
            }
            for control in self._library.controls().values()
        ]

    def references(self) -> list[dict[str, Any]]:
        """All reference adapters: kind, roles, encoder and the models that each fits."""
        models = self._library.models()
        return [
            {
                **file.public(),
                "models": [model.id for model in models if file.refusal(model) is None],
            }
            for file in self._library.references().values()
        ]

    def loras(self) -> list[dict[str, Any]]:
        """All LoRAs: layout and the models that each fits, or the reason why it cannot be used."""
        library = self._library
        models = library.models()
        return [
            {
                **lora.public(),
                "models": [model.id for model in models if lora.refusal(model) is None],
            }
            for lora in library.loras().values()
        ]

    async def thumbnail(self, lora_id: str) -> Path:
        """The path of a WebP thumbnail of the image beside a LoRA.

        Raises `ModelMissing`, `NotFound` without such an image, `BadUpload` for a damaged one.
        """
        lora = await asyncio.to_thread(self._library.lora, lora_id)
        source = lora.thumbnail
        if source is None:
            raise NotFound(f"The LoRA {lora_id[:100]!r} has no image.")
        state = source.stat()
        mark = f"{source}\0{state.st_mtime_ns}\0{state.st_size}"
        key = hashlib.sha256(mark.encode()).hexdigest()
        return await self._thumbnails.make(key, lambda: source.open("rb"))

    def free_memory(self) -> FreeMemory:
        """The free memory of the device and of the machine."""
        import psutil

        memory, device = psutil.virtual_memory(), self._device()
        if device["kind"] == "cpu" or "memory_bytes" not in device:
            return FreeMemory("cpu", memory.total, memory.available, memory.available)
        # The worker unloads its models for the next one: free memory is that of its start.
        return FreeMemory(
            device["kind"], device["memory_bytes"], device["free_bytes"], memory.available
        )

    def fit(
        self,
        model_id: str,
        width: int | None,
        height: int | None,
        num_images: int,
        loras: Sequence[str],
        num_inference_steps: int | None = None,
        controls: Sequence[str] = (),
        references: Sequence[str] = (),
    ) -> dict[str, Any]:
        """The memory plan for images of this size, and the estimated seconds.

        A model of the catalogue need not be on this machine.

        Arguments that are None take the defaults of the model. Raises `ModelMissing` or
        `ModelBroken`, for a LoRA, a ControlNet or a reference adapter too.
        """
        library = self._library
        model = self._model_or_offer(model_id)
        mode = next(iter(model.modes))
        defaults = model.defaults(mode)
        wanted = (
            width or int(defaults.get("width", 1024)),
            height or int(defaults.get("height", 1024)),
        )
        size = model.snap(*wanted)
        lora_bytes = sum(file.size for name in loras for file in library.lora(name).weights)
        beside = sum(library.control(name).parameter_count for name in set(controls))
        beside += sum(library.reference(name).parameter_count for name in set(references))
        fit = fit_of(model, self.free_memory(), *model.drawn_size(*size), lora_bytes, beside)
        params = {**defaults, "model": model.id, "num_images": num_images}
        params |= {"width": size[0], "height": size[1]}
        if num_inference_steps is not None:
            params["num_inference_steps"] = num_inference_steps
        seconds = self._estimates.seconds(mode, params)
        return {
            "model": model.id,
            "width": size[0],
            "height": size[1],
            "num_images": num_images,
            "seconds": None if seconds is None else round(seconds, 2),
            **fit_data(fit),
        }

    def _model_or_offer(self, model_id: str) -> Model:
        """The model, incomplete or as the catalogue offers it where it is not on this machine."""
        try:
            return self._library.get(model_id)
        except ModelMissing:
            entry = next((entry for entry in self._inventory.all() if entry.id == model_id), None)
            if entry is None:
                raise
            return entry.model or offered_model(entry.id)

    def _entry(self, entry: InventoryEntry, memory: FreeMemory) -> dict[str, Any]:
        known = {
            "id": entry.id,
            "label": entry.label,
            "family": entry.family.id,
            "family_label": entry.family.label,
            "note": "",
            "licence": entry.licence.label if entry.licence else None,
            "fingerprint": None,
            "modes": {},
            "sizes": [],
            "size_multiple": entry.family.sizes.multiple,
            "samplers": [],
            "vaes": [],
            "vocabulary": {},
            "examples": [],
            "memory": None,
            "seconds_per_image": None,
            **entry.public(),
        }
        if entry.model is None or entry.state != "present":
            # The modes of its family, so that a brick can offer its download.
            return {**known, "modes": dict.fromkeys(entry.family.modes, _NOTHING)}
        own = self._model(entry.model, memory)
        return {**known, **own, "licence": own["licence"] or known["licence"]}

    def _model(self, model: Model, memory: FreeMemory) -> dict[str, Any]:
        mode = next(iter(model.modes))
        defaults = model.defaults(mode)
        seconds = self._estimates.seconds(mode, {**defaults, "model": model.id, "num_images": 1})
        size = int(defaults.get("width", 1024)), int(defaults.get("height", 1024))
        fit = fit_of(model, memory, *model.drawn_size(*size))
        return {
            "id": model.id,
            "label": model.label,
            "note": model.note,
            "licence": model.licence,
            "fingerprint": model.fingerprint,
            "modes": {
                name: {
                    "parameters": list(model.fields(name)),
                    "defaults": dict(model.defaults(name)),
                }
                for name in model.modes
            },
            "sizes": [list(size) for size in model.sizes or ()],
            "size_multiple": model.size_multiple,
            "samplers": [{"id": sampler.id, "label": sampler.label} for sampler in model.samplers],
            "vaes": [{"id": name, "label": name} for name in vaes_for(self._library, model)],
            "vocabulary": {name: list(words) for name, words in model.vocabulary.items()},
            "examples": list(model.examples),
            "memory": fit_data(fit),
            "seconds_per_image": round(seconds, 3) if seconds is not None else None,
        }


_NOTHING: dict[str, Any] = {"parameters": [], "defaults": {}}


def _as_companion(file: ControlFile | ReferenceFile, task: str) -> dict[str, Any]:
    return {
        "id": file.id,
        "label": f"{file.label} · {file.kind.label}",
        "task": task,
        "state": "present",
        "present": True,
        "repository": None,
        "size_bytes": sum(part.size for part in file.weights),
        "licence_details": None,
        "lacks": [],
    }


def fit_data(fit: Fit) -> dict[str, Any]:
    """A fit as JSON: the plan that is chosen, and the needs of every plan."""
    by_plan = {plan.id: need for plan, need in fit.needs}
    chosen = (
        by_plan[fit.plan.id] if fit.plan else min(by_plan.values(), key=lambda need: need.device)
    )
    return {
        "fits": fit.plan is not None,
        "sentence": fit.sentence,
        "plan": {"id": fit.plan.id, "label": fit.plan.label} if fit.plan else None,
        "needed_bytes": chosen.device,
        "free_bytes": fit.memory.free,
        "total_bytes": fit.memory.total,
        "ram_free_bytes": fit.memory.ram_free,
        "plans": [
            {
                "id": plan.id,
                "label": plan.label,
                "device_bytes": need.device,
                "ram_bytes": need.ram,
                "fits": fits(need, fit.memory),
            }
            for plan, need in fit.needs
        ],
    }
