"""Random themes for a set, from the studio's own word lists."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import StudioError
from core.prompts import preset_file

FILE_NAME = "themes.yaml"
LISTS = ("styles", "environments", "moods", "palettes")


def random_theme(presets_dir: Path, seed: int) -> str:
    """A theme of a style and one or two other words; a seed always yields the same theme."""
    lists = _read(presets_dir / FILE_NAME)
    chance = random.Random(seed)
    others = chance.sample(LISTS[1:], chance.choice((1, 2)))
    names = [LISTS[0], *(name for name in LISTS[1:] if name in others)]
    return ", ".join(chance.choice(lists[name]) for name in names)


def _read(path: Path) -> Mapping[str, Sequence[str]]:
    try:
        content = preset_file.read(path)
        return {name: [str(word) for word in content[name]] for name in LISTS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(f"{path.name} cannot be read: {error}.") from error
