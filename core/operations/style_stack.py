"""Styles, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.operations.declaration.base import Value
from core.operations.declaration.fields import Port
from core.operations.diffusion.styling import StylesPort


class StyleStack(Value):
    """Styles for several generators, in the order in which they wrap the prompt."""

    name = "style_stack"
    title = "Styles"
    summary = "Named looks that wrap your prompt."
    category = "input"
    outputs = (Port("styles", "styles"),)

    styles: StylesPort = ()

    def values(self) -> Mapping[str, Any]:
        """Their ids, in order."""
        return {"styles": list(self.styles)}
