"""Tiny models with the records of their families, loaded without files."""

from functools import cache
from pathlib import Path
from typing import Any

import torch

from core.engine import preview
from core.engine.device import Device
from core.engine.loaded import Loaded
from core.models.families import FAMILIES
from core.models.families.family import Preview
from core.models.fit.plans import MemoryPlan, plans
from core.models.library.model import Model
from core.models.library.record import Record
from tests.integration.engine.tiny_models import FAMILY, tiny

CPU = Device("cpu", "CPU", torch.float32, 8 << 30)
# The first tiny model of every family that generates from text.
ONE_PER_FAMILY = [
    name
    for index, (name, family) in enumerate(FAMILY.items())
    if "generate" in FAMILIES[family].modes and family not in list(FAMILY.values())[:index]
]


def _offered() -> list[tuple[str, MemoryPlan]]:
    """The memory plans to test: all of the first family with each list of formats, of the others
    the first and the last that stays on the device. One family of each network counts."""
    offered: list[tuple[str, MemoryPlan]] = []
    lists: list[Any] = []
    networks: list[Any] = []
    for name in ONE_PER_FAMILY:
        family = FAMILIES[FAMILY[name]]
        formats = family.quantization
        if (family.architecture, formats) in networks:
            continue
        networks.append((family.architecture, formats))
        made = plans("cuda", formats)
        on_device = [plan for plan in made if plan.placement == "device"]
        known = bool(formats) and formats in lists
        lists.append(formats)
        offered += [(name, plan) for plan in ((made[0], on_device[-1]) if known else made)]
    return offered


OFFERED = _offered()
# Short texts save time; FLUX.2 dev's own system message is longer than that, CLIP is short anyway.
_WITHOUT = (
    *("sd15", "sdxl", "sd15-inpaint", "sdxl-inpaint", "sdxl-refiner"),
    "playground",
    *("flux2", "ernie-image", "qwen-image-21"),
)
# Each byte is a token, so the fixed beginning of a text is long.
_LONG = {
    "flux3": 80,
    "flux3-base": 80,
    "krea2": 192,
    "qwen-image": 192,
    "qwen-edit": 192,
    "qwen-edit-plus": 192,
    "z-image": 96,
}
CALL: dict[str, dict[str, Any]] = {
    name: {} if name in _WITHOUT else {"max_sequence_length": _LONG.get(name, 32)}
    for name in FAMILY
}


def model(name: str) -> Model:
    """The record of a tiny model."""
    family = FAMILIES[FAMILY[name]]
    return Model(name, Path(name), family, Record(call=CALL[name]), False, {})


def loaded(name: str, pipeline: Any = None) -> Loaded:
    """A tiny model, loaded."""
    return Loaded(model(name), pipeline or tiny(name), CPU, factors(name))


@cache
def factors(name: str) -> Preview | None:
    """Preview factors, measured once for all models whose VAEs have one configuration."""
    vae = tiny(name).vae
    kind = repr(dict(vae.config))
    if kind not in _FACTORS:
        _FACTORS[kind] = preview.fit(vae, "cpu")
    return _FACTORS[kind]


_FACTORS: dict[str, Preview | None] = {}
