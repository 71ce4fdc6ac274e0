"""Training samples of the layout network: drawings with the class and the depth of each pixel.

Some are moved, scaled, turned or mirrored, some stand before another background.
"""

import random
from dataclasses import replace

import numpy as np
from PIL import Image

from tools.nano.backdrops import backdrop
from tools.nano.cutout_samples import developed, pasted
from tools.nano.drawing.styles import STYLES
from tools.nano.placing import sample_placement
from tools.nano.render import Picture, render
from tools.nano.scene import sample_scene

PLACED, PASTED = 0.3, 0.15  # shares of the kinds; the others are drawings as they are
GRIDS = ((128, 128), (256, 256), (192, 128), (128, 192))
FINE = 256  # pixels a side of a drawing that is placed
EXACT = Image.Resampling.NEAREST  # for classes and depths: there is nothing between two


def sample(rng: random.Random, side: int) -> Picture:
    """A drawing with its truth, side x side pixels each."""
    generator = np.random.default_rng(rng.randrange(2**32))
    scene, dice = sample_scene(rng), rng.random()
    if dice < PLACED:
        placement = sample_placement(scene, rng)
        fine = render(scene, FINE, FINE)
        picture = Picture(
            placement.apply(fine.image),
            placement.apply(fine.mask),
            placement.apply(fine.parts, EXACT),
            placement.apply(fine.depth, EXACT),
        )
    else:
        picture = render(scene, *rng.choice(GRIDS))
    picture = resized(picture, side)
    if dice > 1 - PASTED and STYLES[scene.style].colored:
        picture = before(picture, generator)
    return replace(picture, image=developed(picture.image, rng, generator))


def resized(picture: Picture, side: int) -> Picture:
    """The picture and its truth in another size."""
    size = (side, side)
    return Picture(
        picture.image.resize(size, Image.Resampling.LANCZOS),
        picture.mask.resize(size, Image.Resampling.LANCZOS),
        picture.parts.resize(size, EXACT),
        picture.depth.resize(size, EXACT),
    )


def before(picture: Picture, generator: np.random.Generator) -> Picture:
    """The subject of the picture before another background, which is far."""
    image = pasted(picture.image, picture.mask, backdrop(generator, picture.mask.width), generator)
    front = picture.mask.point(lambda level: 255 if level > 127 else 0)
    far = Image.new("L", picture.mask.size, 0)  # also the class of the background
    parts, depth = (Image.composite(truth, far, front) for truth in (picture.parts, picture.depth))
    return Picture(image, picture.mask, parts, depth)
