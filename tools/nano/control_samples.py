"""Training data of the control adapter: drawings as latents, and control images of them.

Half of the drawings are placed at random. A control image is made by one of the studio's
pre-processors, from a drawing of the same outline at one of the sizes that people draw at, a
third of them in other colours and another style.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2
from numpy.typing import NDArray
from PIL import Image

from core.engine.canvas.pictures import cover
from core.engine.control_picture import grey_levels
from core.operations.canny import Canny
from core.operations.control.preprocessor import Preprocessor
from core.operations.lineart import LineArt
from core.operations.scribble import Scribble
from core.operations.softedge import SoftEdge
from tools.nano.drawing.buildings import GROUNDS, SKIES
from tools.nano.drawing.styles import STYLES
from tools.nano.latents import GRIDS, PIXELS_AT_ONCE, encode_pixels, to_pixels
from tools.nano.parallel import Group, StopSignal
from tools.nano.placing import Placement, draw_placed, sample_placement, without_place
from tools.nano.scene import COLOR_NAMES, Scene, sample_scene

PART = 512  # scenes in a part
SIDES = {128: 0.5, 256: 0.3, 512: 0.2}  # of the drawing that a control image is made from
KINDS: Mapping[type[Preprocessor], float] = {
    Canny: 0.55,
    Scribble: 0.15,
    SoftEdge: 0.15,
    LineArt: 0.15,
}
RESTYLED = 0.35  # share of control images from the same outline in other colours
PLACED = 0.5  # share of drawings
AT_ONCE = PIXELS_AT_ONCE // (GRIDS[0].width * GRIDS[0].height)


@dataclass
class Samples:
    """Drawings on disk: scenes, tokens [n, tokens, channels] and control levels [n, side, side]."""

    scenes: list[Scene]
    tokens: NDArray[np.float16]
    controls: NDArray[np.uint8]

    @staticmethod
    def read(folder: Path) -> "Samples":
        """All parts of a folder, without drawings whose control image is black.

        Raises `FileNotFoundError` where there is none.
        """
        records = sorted(folder.glob("*.jsonl"))
        if not records:
            raise FileNotFoundError(f"no drawings in {folder}")
        lines = [line for path in records for line in path.read_bytes().splitlines()]
        tokens = np.concatenate([np.load(path.with_suffix(".tokens.npy")) for path in records])
        controls = np.concatenate([np.load(path.with_suffix(".controls.npy")) for path in records])
        lit = np.flatnonzero(controls.any((1, 2)))
        scenes = [Scene.read(json.loads(lines[row])) for row in lit.tolist()]
        return Samples(scenes, tokens[lit], controls[lit])


def fill(group: Group, vae_folder: Path, folder: Path, count: int) -> None:
    """Draw, encode and write the missing parts, dealt out among the processes."""
    vae = AutoencoderKLFlux2.from_pretrained(vae_folder).eval().to(group.device)
    folder.mkdir(parents=True, exist_ok=True)
    group.wait()
    with StopSignal() as stop:
        for part in range(-(-count // PART))[group.rank :: group.size]:
            path = folder / f"{part:05d}.jsonl"
            if not path.exists():
                _write_part(group, vae, path, part, stop)
                print(f"part {part}", flush=True)


def _write_part(
    group: Group, vae: AutoencoderKLFlux2, path: Path, part: int, stop: StopSignal
) -> None:
    rng = random.Random(f"control {part}")
    drawings = [sample_drawing(rng) for _ in range(PART)]
    tokens, controls = [], []
    for start in range(0, PART, AT_ONCE):
        stop.check()
        some = drawings[start : start + AT_ONCE]
        pixels = to_pixels([draw_placed(*drawing, GRIDS[0].width) for drawing in some])
        tokens.append(encode_pixels(group, vae, pixels).cpu().numpy().astype(np.float16))
        controls += [_levels(control_image(*drawing, rng)) for drawing in some]
    np.save(path.with_suffix(".tokens.npy"), np.concatenate(tokens))
    np.save(path.with_suffix(".controls.npy"), np.stack(controls))
    unfinished = path.with_suffix(".partial")
    lines = "".join(json.dumps(scene.record()) + "\n" for scene, _ in drawings)
    unfinished.write_text(lines, encoding="utf-8")
    unfinished.rename(path)


def sample_drawing(rng: random.Random) -> tuple[Scene, Placement | None]:
    """A scene with its placement; captions say nothing about the place of a placed one."""
    scene = sample_scene(rng)
    if rng.random() >= PLACED:
        return scene, None
    placement = sample_placement(scene, rng)
    return without_place(scene), placement


def control_image(scene: Scene, placement: Placement | None, rng: random.Random) -> Image.Image:
    """A control image of a drawing's outline, of a kind and a size at random."""
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    side = rng.choices(list(SIDES), list(SIDES.values()))[0]
    shown = restyled(scene, rng) if rng.random() < RESTYLED else scene
    return kind.model_construct(image="").control_image(draw_placed(shown, placement, side))


def restyled(scene: Scene, rng: random.Random) -> Scene:
    """The same outline in other colours and perhaps another style."""
    colors = rng.sample(COLOR_NAMES, 4)
    names = ("color", "background", "roof", "second_color")
    changed: dict[str, Any] = {
        name: color for name, color in zip(names, colors, strict=True) if getattr(scene, name)
    }
    if scene.kind == "building":
        changed |= {"sky": rng.choice(tuple(SKIES)), "ground": rng.choice(tuple(GROUNDS))}
    style = rng.choice(("flat", "flat", *STYLES))
    return replace(scene, style=style, **changed)


def _levels(image: Image.Image) -> NDArray[np.uint8]:
    levels = grey_levels(cover(image, GRIDS[0].width, GRIDS[0].height))
    rounded: NDArray[np.uint8] = (levels.numpy() * 255).round().astype(np.uint8)
    return rounded


def to_pictures(controls: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> torch.Tensor:
    """Control levels as the adapter reads them, float32 [n, 1, side, side]."""
    return torch.from_numpy(np.stack(list(controls)).astype(np.float32) / 255)[:, None]
