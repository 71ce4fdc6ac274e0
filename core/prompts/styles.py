"""Styles: named text around a prompt, from `presets/styles/*.yaml` (one file for a category), and
the user's own, which replace shipped ones of the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import InvalidInput, NotFound, StudioError
from core.prompts import preset_file
from core.prompts.merging import PLACE
from core.prompts.swatches.design import Swatch, derive
from core.suggestion import suggest

log = logging.getLogger(__name__)


class StyleLora(BaseModel):
    """A LoRA of a style, used where it is on this machine: its id, name or content hash."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=300)
    weight: float = Field(1.0, ge=-4, le=4)


class Style(BaseModel):
    """Text and LoRAs of a style; `prompt` has one `{prompt}`, the place of the user's words.

    `swatch` stands for a style without a picture; without one it is derived from the text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    name: str = Field(min_length=1, max_length=60)
    prompt: str = Field(max_length=600)
    negative_prompt: str = Field("", max_length=600)
    loras: tuple[StyleLora, ...] = ()
    category: str = ""
    swatch: Swatch | None = Field(None, exclude=True)  # no part of what decides an image

    @field_validator("prompt")
    @classmethod
    def _one_place(cls, prompt: str) -> str:
        if prompt.count(PLACE) != 1:
            raise ValueError(f"needs {PLACE} once")
        return prompt


class Styles:
    """The catalogue of a presets folder, with the user's own styles first."""

    def __init__(self, folder: Path | None, own: Path | None = None) -> None:
        """Folders hold YAML files and `thumbnails/`.

        Raises `StudioError` for a bad file of `folder`; a bad one of `own` is left out.
        """
        self._by_id: dict[str, Style] = {}
        self._folders: dict[str, Path] = {}
        self._faults: list[str] = []
        for path in sorted(own.glob("*.yaml")) if own else ():
            try:
                self._add(path)
            except StudioError as error:
                log.warning("A file of styles was left out. %s", error.detail)
                self._faults.append(error.detail)
        mine = frozenset(self._by_id)
        for path in sorted(folder.glob("*.yaml")) if folder else ():
            self._add(path, replaced=mine)

    def _add(self, path: Path, replaced: frozenset[str] = frozenset()) -> None:
        styles = [style for style in _read(path) if style.id not in replaced]
        ids = [*self._by_id, *(style.id for style in styles)]
        for style in styles:
            if ids.count(style.id) > 1:
                raise StudioError(f"{path.name}: the style {style.id!r} exists twice.")
        for style in styles:
            self._by_id[style.id] = style
            self._folders[style.id] = path.parent

    def all(self) -> Sequence[Style]:
        """List all styles, by category."""
        return list(self._by_id.values())

    def get(self, style_id: str) -> Style:
        """Look up a style by id or name. Raises `InvalidInput`."""
        wanted = style_id.strip().lower()
        named = (style for style in self.all() if style.name.lower() == wanted)
        style = self._by_id.get(style_id) or next(named, None)
        if style is None:
            near = suggest(style_id[:60], self._by_id)
            raise InvalidInput(
                f"There is no style {style_id[:80]!r}.",
                fix=" ".join([near or "Choose one of the list of styles.", *self._faults]),
            )
        return style

    def thumbnail(self, style_id: str) -> Path | None:
        """Return the thumbnail of a style, if there is one."""
        if style_id not in self._by_id:
            return None
        path = self._folders[style_id] / "thumbnails" / f"{style_id}.webp"
        return path if path.is_file() else None

    def swatch(self, style_id: str) -> str:
        """Draw the swatch of a style, as SVG. Raises `NotFound`."""
        style = self._by_id.get(style_id)
        if style is None:
            raise NotFound(f"There is no style {style_id[:80]!r}.")
        swatch = style.swatch or derive(f"{style.name} {style.prompt}")
        return swatch.svg(style.id)


def _read(path: Path) -> list[Style]:
    try:
        content: Mapping[str, Any] = preset_file.read(path)
        category = str(content["category"])
        return [Style.model_validate({**item, "category": category}) for item in content["styles"]]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StudioError(f"{path.name}: {place}: {first['msg']}.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(f"{path.name} cannot be read: {error}.") from error
