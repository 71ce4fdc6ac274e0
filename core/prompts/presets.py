"""What ships and what the user added for writing prompts: styles and lists, read when asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import StudioError

if TYPE_CHECKING:
    from core.prompts.styles import Styles
    from core.prompts.wildcards import Wildcards


class PromptPresets:
    """Styles and lists. Without a presets folder there are none."""

    def __init__(self, presets_dir: Path | None = None, wildcards_dir: Path | None = None) -> None:
        """`wildcards_dir` holds the user's own lists."""
        self._presets_dir = presets_dir
        self._wildcards_dir = wildcards_dir

    @cached_property
    def styles(self) -> Styles:
        """The catalogue of styles."""
        from core.prompts.styles import Styles  # not on the way to the first answer

        return Styles(self._presets_dir / "styles" if self._presets_dir else None)

    def instruction(self, name: str) -> str:
        """How a prompt is to be written out. Raises `StudioError` where nothing says so."""
        import yaml  # not on the way to the first answer

        path = (self._presets_dir or Path()) / "enhance.yaml"
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            return str(content["instructions"][name])
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise StudioError(f"{path.name} does not say how: {error}.") from error

    @cached_property
    def wildcards(self) -> Wildcards:
        """The lists, the user's first."""
        from core.prompts.wildcards import Wildcards

        shipped = self._presets_dir / "wildcards" if self._presets_dir else None
        return Wildcards(tuple(filter(None, (self._wildcards_dir, shipped))))
