"""Prompts that the model could draw before: the adherence that is left with a LoRA in use.

The same held-out scenes are drawn with and without the LoRA, at equal seeds and without its trigger
word. The shipped metric network reads both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.engine.evaluation.reader import Reader
from tools.nano.adherence import ALL, Score, held_out
from tools.nano.captions import full_caption
from tools.nano.reader import FILE
from tools.nano.scene import Scene, labels
from tools.nano.studio import Studio

PROMPTS = 200
GOAL = 0.92  # of the adherence without the LoRA, over at least 160 prompts
SET = "kept"  # of held-out scenes


@dataclass(frozen=True, slots=True)
class Kept:
    """Shares of prompts whose every attribute is right, 0..1; `lost` and `gained` are numbers of
    prompts that are right only without and only with the LoRA."""

    prompts: int
    before: float
    after: float
    lost: int
    gained: int
    attributes: Mapping[str, tuple[float, float]]

    @property
    def kept(self) -> float:
        """The share of the earlier adherence that is left."""
        return self.after / self.before if self.before else 0.0

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "kept": self.kept}

    def table(self) -> str:
        """The shares of every attribute before and after, and the result."""
        rows = [
            f"{name:<12} {a:6.1%} -> {b:6.1%}" for name, (a, b) in sorted(self.attributes.items())
        ]
        verdict = "reached" if self.kept >= GOAL else "missed"
        return "\n".join(
            [
                *rows,
                f"{self.prompts} prompts: {self.before:.1%} -> {self.after:.1%}, "
                f"{self.lost} lost, {self.gained} gained",
                f"kept {self.kept:.1%} (goal {GOAL:.0%} {verdict})",
            ]
        )


def measure(model: Path, lora: Path, count: int = PROMPTS, seed: int = 0) -> Kept:
    """Draw `count` held-out scenes both ways, and compare what is read in them."""
    scenes = held_out(count, SET)
    prompts = [full_caption(scene) for scene in scenes]
    reader = Reader.load(model / FILE, "cpu")
    studio = Studio.of_folder(model)
    before = reader.read(studio.draw(prompts, seed=seed))
    studio.pipe.load_lora_weights(lora.parent, weight_name=lora.name)
    return compare(scenes, before, reader.read(studio.draw(prompts, seed=seed)))


def compare(
    scenes: Sequence[Scene],
    before: Sequence[Mapping[str, str]],
    after: Sequence[Mapping[str, str]],
) -> Kept:
    """The adherence of two readings of the same scenes."""
    shares = []
    for readings in (before, after):
        score = Score()
        score.add(scenes, readings)
        shares.append(score.shares())
    right = [
        (_is_right(scene, first), _is_right(scene, second))
        for scene, first, second in zip(scenes, before, after, strict=True)
    ]
    return Kept(
        len(scenes),
        shares[0][ALL],
        shares[1][ALL],
        lost=right.count((True, False)),
        gained=right.count((False, True)),
        attributes={name: (shares[0][name], shares[1][name]) for name in shares[0] if name != ALL},
    )


def _is_right(scene: Scene, reading: Mapping[str, str]) -> bool:
    return all(reading[name] == value for name, value in labels(scene).items())
