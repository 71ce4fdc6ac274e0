"""Suites of prompts that a LoRA is tested with, as data files of `presets/evaluation`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidInput, StudioError

GENERAL = "general"
CONCEPT = "{concept}"
TRIGGER = "trigger"
"""The category of the concept alone, in many seeds: memorisation shows there."""
WITHOUT = "no_trigger"
"""The category of prompts that the LoRA should leave alone."""
TRAINED, HELD_OUT = "trained", "held_out"
"""The categories of captions: of trained images, and of images that the training held out."""


@dataclass(frozen=True, slots=True)
class SuitePrompt:
    """A prompt with its category. `concept` is false for one that the LoRA should leave alone."""

    category: str
    prompt: str
    negative_prompt: str = ""
    seeds: int = 0

    @property
    def concept(self) -> bool:
        """True for a prompt that calls what was trained."""
        return self.category != WITHOUT


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite. `models` are the ids that take it by default; `seeds` those of each category."""

    id: str
    title: str
    description: str
    models: tuple[str, ...]
    prompts: tuple[SuitePrompt, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories in their order."""
        return tuple(dict.fromkeys(prompt.category for prompt in self.prompts))

    def of(self, concept: str, categories: Iterable[str] = ()) -> tuple[SuitePrompt, ...]:
        """The prompts for a concept, of some categories or all. Raises `InvalidInput`."""
        chosen = tuple(categories)
        for category in chosen:
            if category not in self.categories:
                raise InvalidInput(
                    f"The suite {self.id!r} has no category {category[:40]!r}.",
                    field="categories",
                    fix=f"It has: {', '.join(self.categories)}.",
                )
        return tuple(
            SuitePrompt(
                prompt.category,
                prompt.prompt.replace(CONCEPT, concept),
                prompt.negative_prompt,
                prompt.seeds,
            )
            for prompt in self.prompts
            if not chosen or prompt.category in chosen
        )


def suites(presets: Path) -> tuple[Suite, ...]:
    """All suites below a folder of presets, by id. Raises `StudioError` naming the file."""
    return tuple(_read(path) for path in sorted((presets / "evaluation").glob("*.yaml")))


def find_suite(presets: Path, name: str, model_id: str) -> Suite:
    """The suite of a name; without one that of the model, else the general one."""
    known = {suite.id: suite for suite in suites(presets)}
    own = next((suite.id for suite in known.values() if model_id in suite.models), GENERAL)
    suite = known.get(name or own)
    if suite is None:
        raise InvalidInput(
            f"There is no suite {name[:80]!r}.",
            field="suite",
            fix=f"Use one of: {', '.join(known)}.",
        )
    return suite


def _read(path: Path) -> Suite:
    import yaml  # slow, and needed for evaluations only

    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        prompts = [
            _prompt(name, entry, int(category.get("seeds", 0)))
            for name, category in content["categories"].items()
            for entry in category["prompts"]
        ]
        return Suite(
            path.stem,
            str(content["title"]),
            str(content.get("description", "")),
            tuple(content.get("models", ())),
            tuple(prompts),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise StudioError(f"{path.name} is no suite of prompts: {error}.") from error


def _prompt(category: str, entry: str | dict[str, str], seeds: int) -> SuitePrompt:
    if isinstance(entry, str):
        return SuitePrompt(category, entry, seeds=seeds)
    return SuitePrompt(category, entry["prompt"], entry.get("negative_prompt", ""), seeds)
