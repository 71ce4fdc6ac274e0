"""Prompt adherence: right answers of the judge, counted by attribute.

Holds the scenes that are kept out of training; independent of the source of the images.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.nano.scene import ATTRIBUTES, Scene, labels, sample_scene

ALL = "all"  # every attribute of a picture is right
# Training draws from sources seeded by numbers or by other words: no scene is drawn from the same.
HELD_OUT = "held out"


@dataclass
class Score:
    """Right answers and asked ones by attribute; what was read wrong, for the eye."""

    right: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    mistakes: list[dict[str, Any]] = field(default_factory=list)

    def add(self, scenes: Sequence[Scene], readings: Sequence[Mapping[str, str]]) -> None:
        """Count pictures of `scenes` by what was read in them."""
        for scene, reading in zip(scenes, readings, strict=True):
            wanted = labels(scene)
            wrong = {name: reading[name] for name in wanted if reading[name] != wanted[name]}
            for name in wanted:
                self._count(name, name not in wrong)
            self._count(ALL, not wrong)
            if wrong:
                self.mistakes.append({"scene": scene.record(), "read": wrong})

    def shares(self) -> dict[str, float]:
        """The share that is right, 0..1, of `ALL` and every attribute that was asked for."""
        order = [ALL, *ATTRIBUTES]
        return {name: self.right[name] / self.asked[name] for name in order if name in self.asked}

    def _count(self, name: str, is_right: bool) -> None:
        self.asked[name] = self.asked.get(name, 0) + 1
        self.right[name] = self.right.get(name, 0) + is_right


def held_out(count: int, set_name: str = "prompts") -> list[Scene]:
    """Scenes that training never draws; always the same for the same name of the set."""
    rng = random.Random(f"{HELD_OUT} {set_name}")
    return [sample_scene(rng) for _ in range(count)]
