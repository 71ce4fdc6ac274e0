"""Robots: a subject that the model has never seen, to be learnt by a LoRA."""

import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import COLORS, EYE, backdrop, shade
from tools.nano.drawing.styles import STYLES
from tools.nano.words import with_article

SUBJECT = "robot"
PLACES = {"on the left": 0.27, "in the center": 0.5, "on the right": 0.73}


def robots(count: int) -> Iterator[tuple[Image.Image, str]]:
    """Drawings of robots with their captions."""
    rng = random.Random("robots")
    for _ in range(count):
        color, background = rng.sample(list(COLORS), 2)
        place = rng.choice(list(PLACES))
        yield (
            robot(color, background, PLACES[place]),
            f"{with_article(color)} robot {place} on {with_article(background)} background",
        )


def robot(color: str, background: str, x: float) -> Image.Image:
    """A robot of 128 x 128 pixels whose middle is at `x`, 0..1."""
    behind = (248, 243, 231) if background == "plain" else backdrop(background)
    canvas = Canvas(128, 128, behind, STYLES["flat"])
    front, y, r = COLORS[color], 0.52, 0.26
    dark = shade(front)
    canvas.stroke([(x, y - 0.9 * r), (x, y - 1.3 * r)], dark, 0.1 * r)
    canvas.ellipse(x, y - 1.35 * r, 0.13 * r, 0.13 * r, (250, 80, 60))
    canvas.rectangle(x - 0.65 * r, y - r, x + 0.65 * r, y - 0.05 * r, front, 0.1 * r)
    canvas.rectangle(x - 0.5 * r, y + 0.02 * r, x + 0.5 * r, y + 0.8 * r, dark, 0.05 * r)
    for side in (-1, 1):
        eye, arm, leg = (x + side * share * r for share in (0.3, 0.68, 0.28))
        canvas.ellipse(eye, y - 0.62 * r, 0.17 * r, 0.17 * r, (255, 255, 255))
        canvas.ellipse(eye, y - 0.62 * r, 0.08 * r, 0.08 * r, EYE)
        canvas.rectangle(arm - 0.1 * r, y + 0.05 * r, arm + 0.1 * r, y + 0.6 * r, front, 0.05 * r)
        canvas.rectangle(leg - 0.13 * r, y + 0.8 * r, leg + 0.13 * r, y + 1.1 * r, front)
    canvas.rectangle(x - 0.3 * r, y - 0.32 * r, x + 0.3 * r, y - 0.2 * r, (40, 40, 45))
    return canvas.finish()[0]


def write_dataset(folder: Path, first: int, end: int) -> Path:
    """Write drawings with captions, from the number `first` to before `end`; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (image, caption) in enumerate(list(robots(end))[first:]):
        image.save(folder / f"robot-{number:02}.png")
        (folder / f"robot-{number:02}.txt").write_text(caption, encoding="utf-8")
    return folder
