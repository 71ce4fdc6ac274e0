"""Pictures of the fixed prompts and edits on sheets, for the eye."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from tools.nano.adherence import Score
from tools.nano.judge import Judge
from tools.nano.latents import GRIDS
from tools.nano.render import render
from tools.nano.showcase import EDITS, FREE, PROMPTS, Example
from tools.nano.studio import Studio

GAP, LINE = 4, 11  # pixels between pictures, and of a line of text
TEXT_LINES = 3
SHEET_SEED = 1
MASK_MARGIN = 6  # pixels that a mask is larger than what changes


def draw_all(studio: Studio, judge: Judge | None, target: Path) -> None:
    """Write the sheets of a model as PNG to `target`."""
    target.mkdir(parents=True, exist_ok=True)
    for grid in GRIDS:
        prompts = PROMPTS if grid == GRIDS[0] else PROMPTS[::3]
        pictures = studio.draw(prompts, grid, SHEET_SEED)
        sheet(pictures, prompts, 8).save(target / f"prompts-{grid.name}.png")
    sheet(studio.draw(FREE, GRIDS[0], SHEET_SEED), FREE, 8).save(target / "free.png")
    edits(studio, judge).save(target / "edits.png")


def edits(studio: Studio, judge: Judge | None = None) -> Image.Image:
    """A sheet of the twenty edits: before (with its mask), result, and what was wanted."""
    pictures: list[Image.Image] = []
    texts: list[str] = []
    for number, example in enumerate(EDITS):
        before, wanted = (render(scene).image for scene in (example.before, example.after))
        result = apply(studio, example, before, wanted)
        pictures += [_shown(example, before, wanted), result, wanted]
        title = f"{number + 1}. {example.kind}, judged {_verdict(judge, example, result)}"
        texts += [title, example.text, "wanted"]
        if example.kind == "fill":
            kept = change_outside(before, result, mask_of(before, wanted))
            print(f"edit {number + 1}: {kept:.2f} of 255 changed outside the mask", flush=True)
    return sheet(pictures, texts, 9)


def apply(
    studio: Studio, example: Example, before: Image.Image, wanted: Image.Image
) -> Image.Image:
    """The result of one edit."""
    if example.kind == "order":
        return studio.edit(before, example.text, SHEET_SEED)
    if example.kind == "fill":
        return studio.fill(before, mask_of(before, wanted), example.text, SHEET_SEED)
    return studio.redraw(before, example.text, seed=SHEET_SEED)


def mask_of(before: Image.Image, wanted: Image.Image) -> Image.Image:
    """An L mask as somebody would paint it: the box around all that differs, and a margin."""
    box = ImageChops.difference(before, wanted).getbbox() or (0, 0, 1, 1)
    mask = Image.new("L", before.size, 0)
    grown = (*(side - MASK_MARGIN for side in box[:2]), *(side + MASK_MARGIN for side in box[2:]))
    ImageDraw.Draw(mask).rectangle(grown, fill=255)
    return mask


def change_outside(before: Image.Image, after: Image.Image, mask: Image.Image) -> float:
    """The mean difference of levels, 0..255, where the mask is black."""
    levels = np.abs(np.asarray(before, np.float32) - np.asarray(after.convert("RGB"), np.float32))
    outside = np.asarray(mask) < 128
    return float(levels[outside].mean()) if outside.any() else 0.0


def sheet(pictures: Sequence[Image.Image], texts: Sequence[str], columns: int) -> Image.Image:
    """Pictures of one size in rows, each over its text."""
    width, height = pictures[0].size
    cell = (width + GAP, height + GAP + TEXT_LINES * LINE)
    rows = -(-len(pictures) // columns)
    result = Image.new("RGB", (cell[0] * columns, cell[1] * rows), "white")
    draw = ImageDraw.Draw(result)
    for number, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        x, y = number % columns * cell[0], number // columns * cell[1]
        result.paste(picture, (x, y))
        lines = textwrap.wrap(text, width // 6)[:TEXT_LINES]
        draw.multiline_text((x + 1, y + height), "\n".join(lines), "black", spacing=1)
    return result


def _shown(example: Example, before: Image.Image, wanted: Image.Image) -> Image.Image:
    """`before`, with the masked place lightened in an edit that fills one."""
    if example.kind != "fill":
        return before
    mask = mask_of(before, wanted).point(lambda value: value // 2)
    return Image.composite(Image.new("RGB", before.size, "white"), before, mask)


def _verdict(judge: Judge | None, example: Example, result: Image.Image) -> str:
    """Attributes that the judge reads differently."""
    if judge is None:
        return "by nobody"
    score = Score()
    score.add([example.after], judge.read([result]))
    wrong = score.mistakes[0]["read"] if score.mistakes else {}
    return (
        "not " + ", ".join(f"{key} {value}" for key, value in wrong.items()) if wrong else "right"
    )
