"""Presets for prompts, shipped and the user's own: styles and lists, read on first use.

A change of the user's own styles is read at the next use.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import StudioError
from core.prompts import preset_file

if TYPE_CHECKING:
    from core.prompts.styles import Styles
    from core.prompts.wildcards import Wildcards

Stamps = tuple[tuple[str, int, int], ...]


class PromptPresets:
    """Styles and lists; none without a presets folder."""

    def __init__(
        self,
        presets_dir: Path | None = None,
        wildcards_dir: Path | None = None,
        styles_dir: Path | None = None,
    ) -> None:
        """Read lists and styles of the user's own folders before shipped ones."""
        self._presets_dir = presets_dir
        self._wildcards_dir = wildcards_dir
        self._styles_dir = styles_dir
        self._styles: tuple[Stamps, Styles] | None = None

    @property
    def styles(self) -> Styles:
        """The catalogue of styles."""
        from core.prompts.styles import Styles  # not on the way to the first answer

        stamps = _stamps(self._styles_dir)
        if self._styles is None or self._styles[0] != stamps:
            shipped = self._presets_dir / "styles" if self._presets_dir else None
            self._styles = (stamps, Styles(shipped, self._styles_dir))
        return self._styles[1]

    def instruction(self, name: str) -> str:
        """Return an instruction for the language model. Raises `StudioError` if it is missing."""
        path = (self._presets_dir or Path()) / "enhance.yaml"
        try:
            return str(preset_file.read(path)["instructions"][name])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StudioError(f"{path.name} has no instruction {name!r}: {error}.") from error

    @cached_property
    def wildcards(self) -> Wildcards:
        """The lists; the user's own come first."""
        from core.prompts.wildcards import Wildcards

        shipped = self._presets_dir / "wildcards" if self._presets_dir else None
        return Wildcards(tuple(filter(None, (self._wildcards_dir, shipped))))


def _stamps(folder: Path | None) -> Stamps:
    """The time and size of each file of styles."""
    stamps = []
    for path in sorted(folder.glob("*.yaml")) if folder else ():
        with suppress(FileNotFoundError):  # removed by now, or a broken link
            state = path.stat()
            stamps.append((path.name, state.st_mtime_ns, state.st_size))
    return tuple(stamps)
