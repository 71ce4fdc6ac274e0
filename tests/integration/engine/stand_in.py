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
# Short texts save time; FLUX.2 dev's own system message is longer than that, CLIP is short anyway.
CALL: dict[str, dict[str, Any]] = {
    name: {} if name in ("sd15", "sdxl", "flux2") else {"max_sequence_length": 32}
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
    """Its preview factors, measured once."""
    return preview.fit(tiny(name).vae, "cpu")
