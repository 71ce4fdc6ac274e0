"""Draws the small pictures of styles: `python -m tools.style_thumbnails`.

Only where the built-in model knows the style, which its record says (`vocabulary`, `styles`): a
picture that shows something else would be no picture of the style. The others stay cards of text.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from core.models.library import Library
from core.prompts.styles import PLACE, Style
from core.settings import ROOT, Settings
from core.studio import Studio

FOLDER = ROOT / "presets" / "styles" / "thumbnails"
SUBJECT = "a red house with a blue roof"
SEED = 7


def main() -> None:
    """Draw every style that the model knows; a picture of one that it does not know is removed."""
    library = Library([ROOT / "models"], presets_dir=ROOT / "presets")
    model = library.default("generate")
    words = model.vocabulary.get("styles", ())
    known = [style for style in library.prompts.styles.all() if knows(words, style)]
    for path in FOLDER.glob("*.webp"):
        if path.stem not in {style.id for style in known}:
            path.unlink()
    if known:
        draw(model.id, known)
    print(f"{model.label} knows {len(known)} of the styles.")


def knows(words: Iterable[str], style: Style) -> bool:
    """Whether the style begins as one of the model's forms does, such as `pixel art of …`."""
    return any("…" in form and style.prompt.startswith(form.replace("…", PLACE)) for form in words)


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
            drawn.images[0].image.convert("RGB").save(path, "WEBP", quality=85, method=6)
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
