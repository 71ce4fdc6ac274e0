"""Styles: named text around a prompt, from `presets/styles/*.yaml` (one file for a category)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import InvalidInput, StudioError

PLACE = "{prompt}"


class StyleLora(BaseModel):
    """A LoRA of a style, used where it is on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=300)
    weight: float = Field(1.0, ge=-4, le=4)


class Style(BaseModel):
    """Text and LoRAs of a style; `prompt` has one `{prompt}`, the place of the user's words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    name: str = Field(min_length=1, max_length=60)
    prompt: str = Field(max_length=600)
    negative_prompt: str = Field("", max_length=600)
    loras: tuple[StyleLora, ...] = ()
    category: str = ""

    @field_validator("prompt")
    @classmethod
    def _one_place(cls, prompt: str) -> str:
        if prompt.count(PLACE) != 1:
            raise ValueError(f"needs {PLACE} once")
        return prompt


class Styles:
    """The catalogue of a presets folder."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` holds the YAML files and `thumbnails/`. Raises `StudioError` for a bad file."""
        self._folder = folder
        self._by_id: dict[str, Style] = {}
        for path in sorted(folder.glob("*.yaml")) if folder else ():
            for style in _read(path):
                if style.id in self._by_id:
                    raise StudioError(f"{path.name}: the style {style.id!r} exists twice.")
                self._by_id[style.id] = style

    def all(self) -> Sequence[Style]:
        """List all styles, by category."""
        return list(self._by_id.values())

    def get(self, style_id: str) -> Style:
        """Look up a style by id or name. Raises `InvalidInput`."""
        wanted = style_id.strip().lower()
        named = (style for style in self.all() if style.name.lower() == wanted)
        style = self._by_id.get(style_id) or next(named, None)
        if style is None:
            raise InvalidInput(
                f"There is no style {style_id[:80]!r}.", fix="Choose one of the list of styles."
            )
        return style

    def thumbnail(self, style_id: str) -> Path | None:
        """Return the thumbnail of a style, if there is one."""
        known = self._by_id.get(style_id)
        if self._folder is None or known is None:
            return None
        path = self._folder / "thumbnails" / f"{known.id}.webp"
        return path if path.is_file() else None


def _read(path: Path) -> list[Style]:
    import yaml  # not on the way to the first answer

    try:
        content: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        category = str(content["category"])
        return [Style.model_validate({**item, "category": category}) for item in content["styles"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise StudioError(f"{path.name} cannot be read: {error}.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StudioError(f"{path.name}: {place}: {first['msg']}.") from error
