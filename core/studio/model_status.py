"""Models and LoRAs for clients: abilities, states, and the memory they need. Reads only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import NotFound
from core.models.fit.fit import fit_of
from core.models.fit.plans import Fit, FreeMemory, fits
from core.models.library.library import Library
from core.models.library.vaes import vaes_for
from core.settings import Settings
from core.store.thumbnails import Thumbnails
from core.tasks.estimate import Estimates

if TYPE_CHECKING:
    from core.models.inventory.inventory import Inventory, InventoryEntry
    from core.models.library.model import Model


class ModelStatus:
    """Models and LoRAs of the library and of the catalogue, measured against this machine."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        estimates: Estimates,
        device: Callable[[], dict[str, Any]],
    ) -> None:
        """`device`: the record of the device that the device lane computes on."""
        self._library = library
        self._models_dir = settings.models_dir
        self._estimates = estimates
        self._device = device
        self._thumbnails = Thumbnails(settings.data_dir / "lora-thumbnails")

    @cached_property
    def _inventory(self) -> Inventory:
        from core.models.inventory.inventory import Inventory  # not before the first response

        return Inventory(self._library, self._library.catalogue, self._models_dir)

    def models(self) -> list[dict[str, Any]]:
        """Every model: those on this machine with what each can do and whether it fits, those here
        in part with what they lack, and those of the catalogue with how to get them."""
        room = self.room()
        return [self._entry(entry, room) for entry in self._inventory.all()]

    def refused(self) -> list[dict[str, Any]]:
        """What lies there as a model and is not used: its name, why, and what helps."""
        found = self._library.refused()
        return [
            {"name": name, "detail": found[name].detail, "fix": found[name].fix}
            for name in sorted(found)
        ]

    def companions(self) -> list[dict[str, Any]]:
        """Every small model beside the diffusion models: what it does, and how to get it."""
        return [model.public() for model in self._inventory.auxiliary_models()]

    def loras(self) -> list[dict[str, Any]]:
        """Every LoRA: how it is written, which models here take it; or why it cannot be used."""
        library = self._library
        models = library.models()
        return [
            {
                **one.public(),
                "models": [model.id for model in models if one.refusal(model) is None],
            }
            for one in library.loras().values()
        ]

    def thumbnail(self, lora_id: str) -> Path:
        """A small WebP of the picture beside a LoRA. Raises `ModelMissing`, `NotFound` where there
        is none, and `BadUpload` for a file that is no picture."""
        source = self._library.lora(lora_id).thumbnail
        if source is None:
            raise NotFound(f"There is no picture of {lora_id[:100]!r}.")
        state = source.stat()
        mark = f"{source}\0{state.st_mtime_ns}\0{state.st_size}"
        key = hashlib.sha256(mark.encode()).hexdigest()
        return self._thumbnails.make(key, lambda: source.open("rb"))

    def room(self) -> FreeMemory:
        """The device and what is free on it."""
        import psutil

        memory, device = psutil.virtual_memory(), self._device()
        if device["kind"] == "cpu" or "memory_bytes" not in device:
            return FreeMemory("cpu", memory.total, memory.available, memory.available)
        # What the worker holds now makes room for the next model: free is what it found at start.
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
    ) -> dict[str, Any]:
        """Whether a picture of this size can be drawn, by which plan, and in about what time.

        What is None is the model's own. Raises `ModelMissing` or `ModelBroken` for the model or a
        LoRA.
        """
        library = self._library
        model = library.get(model_id)
        mode = next(iter(model.modes))
        usual = model.defaults(mode)
        asked = (width or int(usual.get("width", 1024)), height or int(usual.get("height", 1024)))
        size = model.snap(*asked)
        files = [library.lora(name) for name in loras]
        extra = sum(file.size for item in files for file in item.weights)
        found = fit_of(model, self.room(), *size, extra)
        params = {**usual, "model": model.id, "num_images": num_images}
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
            **_told(found),
        }

    def _entry(self, entry: InventoryEntry, room: FreeMemory) -> dict[str, Any]:
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
            # What it will be able to do, so that it can be chosen and brought from a brick.
            return {**known, "modes": dict.fromkeys(entry.family.modes, _NOTHING)}
        own = self._model(entry.model, room)
        return {**known, **own, "licence": own["licence"] or known["licence"]}

    def _model(self, model: Model, room: FreeMemory) -> dict[str, Any]:
        mode = next(iter(model.modes))
        usual = model.defaults(mode)
        seconds = self._estimates.seconds(mode, {**usual, "model": model.id, "num_images": 1})
        found = fit_of(model, room, int(usual.get("width", 1024)), int(usual.get("height", 1024)))
        return {
            "id": model.id,
            "label": model.label,
            "note": model.note,
            "licence": model.licence,
            "fingerprint": model.fingerprint,
            "modes": {
                name: {
                    "parameters": list(model.parameters(name)),
                    "defaults": dict(model.defaults(name)),
                }
                for name in model.modes
            },
            "sizes": [list(size) for size in model.sizes or ()],
            "size_multiple": model.size_multiple,
            "samplers": [{"id": one.id, "label": one.label} for one in model.samplers],
            "vaes": [{"id": name, "label": name} for name in vaes_for(self._library, model)],
            "vocabulary": {name: list(words) for name, words in model.vocabulary.items()},
            "examples": list(model.examples),
            "memory": _told(found),
            "seconds_per_image": round(seconds, 3) if seconds is not None else None,
        }


_NOTHING: dict[str, Any] = {"parameters": [], "defaults": {}}


def _told(found: Fit) -> dict[str, Any]:
    """A fit as JSON: the plan that would be taken and what each one needs."""
    by_plan = {plan.id: need for plan, need in found.needs}
    chosen = (
        by_plan[found.plan.id] if found.plan else min(by_plan.values(), key=lambda one: one.device)
    )
    return {
        "fits": found.plan is not None,
        "sentence": found.sentence,
        "plan": {"id": found.plan.id, "label": found.plan.label} if found.plan else None,
        "needed_bytes": chosen.device,
        "free_bytes": found.memory.free,
        "total_bytes": found.memory.total,
        "ram_free_bytes": found.memory.ram_free,
        "plans": [
            {
                "id": plan.id,
                "label": plan.label,
                "device_bytes": need.device,
                "ram_bytes": need.ram,
                "fits": fits(need, found.memory),
            }
            for plan, need in found.needs
        ],
    }
