"""LoRAs and their weights, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.operations.declaration.base import Value
from core.operations.declaration.fields import Port
from core.operations.diffusion.lora_use import LorasPort


class Loras(Value):
    """LoRAs for several generators, each with a switch and a weight."""

    name = "lora_stack"
    title = "LoRAs"
    summary = "Add-ons that teach a model a subject or a style."
    category = "setting"
    outputs = (Port("loras", "loras"),)

    loras: LorasPort = ()

    def values(self) -> Mapping[str, Any]:
        """Those that are switched on."""
        return {"loras": [use.model_dump() for use in self.loras if use.active]}
