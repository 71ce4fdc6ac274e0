"""The styles of a studio: which can be used here, and what stands for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelMissing
from core.prompts.presets import PromptPresets

if TYPE_CHECKING:
    from core.models.library.library import Library
    from core.prompts.styles import Style


class StyleStatus:
    """Styles of the presets, checked against the LoRAs on this machine."""

    def __init__(self, prompts: PromptPresets, library: Library) -> None:
        self._prompts = prompts
        self._library = library

    def all(self) -> list[dict[str, Any]]:
        """All styles, with the reason why one cannot be used in full. Reads files."""
        return [
            {**style.model_dump(mode="json"), "unavailable": self._obstacle(style)}
            for style in self._prompts.styles.all()
        ]

    def picture(self, style_id: str) -> Path | str:
        """The thumbnail of a style, a WebP, or else its swatch, an SVG. Raises `NotFound`."""
        styles = self._prompts.styles
        return styles.thumbnail(style_id) or styles.swatch(style_id)

    def _obstacle(self, style: Style) -> str | None:
        """The LoRAs of a style that are missing or broken; None where all can be used."""
        reasons = []
        for lora in style.loras:
            try:
                file = self._library.lora(lora.name)
            except ModelMissing:
                reasons.append(f"The LoRA {lora.name!r} is missing.")
                continue
            if problem := file.item.finding.problem:
                reasons.append(f"The LoRA {lora.name!r} cannot be used: {problem}")
        return " ".join(reasons) or None
