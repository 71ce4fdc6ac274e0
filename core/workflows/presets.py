"""The workflows that ship: files of `presets/workflows`, and one for each model family.

A family with text to image has the preset `text-to-image-<family>`, made from its record.
"""

from __future__ import annotations

from pathlib import Path

from core.models.families import FAMILIES
from core.models.families.family import Family
from core.workflows.files import read_json
from core.workflows.workflow import Workflow, parse

MODE = "generate"
PROMPT = "a red house with a blue roof at night"


class Presets:
    """The presets of a folder and of the model families."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> dict[str, Workflow]:
        """The presets by name: files first, then families."""
        files = {path.stem: parse(read_json(path)) for path in sorted(self._folder.glob("*.json"))}
        families = {
            f"text-to-image-{family.id}": text_to_image(family)
            for family in FAMILIES.values()
            if MODE in family.modes
        }
        return {**files, **families}


def text_to_image(family: Family) -> Workflow:
    """Text to image with the first published variant of a family."""
    variant = family.variants[0]
    bricks = [
        {
            "id": "prompt",
            "type": "prompt",
            "props": {"prompt": PROMPT, "negative_prompt": ""},
            "exposed": ["prompt"],
        },
        {"id": "settings", "type": "settings", "row": 1, "exposed": ["num_images", "seed"]},
        {
            "id": "generate",
            "type": MODE,
            "props": {"model": variant.id},
            "column": 1,
            "exposed": ["model"],
        },
        {"id": "image", "type": "image_output", "column": 2},
    ]
    wires = [
        {"from": "prompt.prompt", "to": "generate.prompt"},
        {"from": "prompt.negative_prompt", "to": "generate.negative_prompt"},
        {"from": "settings.settings", "to": "generate.settings"},
        {"from": "generate.image", "to": "image.image"},
    ]
    return parse(
        {
            "name": f"Text to image · {family.label}",
            "description": f"Draw images from a prompt with {variant.label}.",
            "tags": ["text to image", family.label],
            "bricks": bricks,
            "wires": wires,
        }
    )
