"""Draws the small pictures of styles: `python -m tools.style_thumbnails`.

With the built-in model only those in its record (`vocabulary`, `styles`): a
picture that shows something else would be no picture of the style. `--model ID` draws the others
with a model that has no such limits. What has no picture is shown by its swatch.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from core.models.library.library import Library
from core.prompts.merging import PLACE
from core.prompts.presets import PromptPresets
from core.prompts.styles import Style
from core.settings import ROOT, Settings
from core.studio import Studio

FOLDER = ROOT / "presets" / "styles" / "thumbnails"
BLURRED = ("pixel-art",)  # of the built-in model: its edges are soft where the style is hard
SUBJECT = "a castle"  # a word that every style of the built-in model knows
SEED = 7
SIDE = 256  # pixels of the longer side

Model = Annotated[str | None, typer.Option(help="Draws what the built-in model does not know.")]


def main(model: Model = None) -> None:
    """Draw the styles in the model's vocabulary that have no picture yet."""
    settings = Settings()
    library = Library(settings.model_places, presets_dir=settings.presets_dir)
    chosen = library.get(model) if model else library.default("generate")
    words = chosen.vocabulary.get("styles", ())
    known = [
        style for style in PromptPresets(settings.presets_dir).styles.all() if knows(words, style)
    ]
    good = [style for style in known if model or style.id not in BLURRED]
    missing = [style for style in good if not (FOLDER / f"{style.id}.webp").exists()]
    if missing:
        draw(chosen.id, missing)
    print(f"{chosen.label} knows {len(known)} of the styles and drew {len(missing)}.")


def knows(words: Sequence[str], style: Style) -> bool:
    """True if a model that lists `words` of styles draws this one; without a list it draws all."""
    before, _ = style.prompt.split(PLACE)
    return not words or any(word in before for word in words)


def draw(model: str, styles: Iterable[Style]) -> None:
    """One picture a style, all of the same subject and seed."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        Studio(Settings(data_dir=Path(data), warm=False)) as studio,
    ):
        for style in styles:
            drawn = studio.generate(SUBJECT, seed=SEED, model=model, styles=[style.id])
            path = FOLDER / f"{style.id}.webp"
            image = drawn.images[0].image.convert("RGB")
            image.thumbnail((SIDE, SIDE))
            image.save(path, "WEBP", quality=85, method=6)
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size} bytes")


if __name__ == "__main__":
    typer.run(main)
