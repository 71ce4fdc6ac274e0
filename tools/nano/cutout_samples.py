"""Training samples of the cutout net: images with the mask of the foreground.

Three kinds: drawings as they are, drawings cut out and put before another background, and rounded
or ragged forms with a surface of their own, so that not only known outlines count as things.
"""

import random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from tools.nano.backdrops import Pixels, backdrop, levels
from tools.nano.drawing.styles import STYLES
from tools.nano.render import render
from tools.nano.scene import Scene, sample_scene

DRAWINGS, PASTED = 0.35, 0.5  # shares of the kinds; forms are the rest
GRIDS = ((128, 128), (256, 256), (192, 128), (128, 192))
WORKING = 256  # pixels a side of a drawing that is cut out


def sample(rng: random.Random, side: int) -> tuple[Image.Image, Image.Image]:
    """One RGB picture and its L mask, both side x side pixels."""
    generator = np.random.default_rng(rng.randrange(2**32))
    dice = rng.random()
    if dice < DRAWINGS:
        picture = render(sample_scene(rng), *rng.choice(GRIDS))
        image, mask = _resized(picture.image, side), _resized(picture.mask, side)
    elif dice < DRAWINGS + PASTED:
        front, mask = cut(_filled_scene(rng), rng, side)
        image = pasted(front, mask, backdrop(generator, side), generator)
    else:
        mask = form(generator, side)
        front = _as_image(backdrop(generator, side))
        image = pasted(front, mask, backdrop(generator, side), generator)
    return developed(image, rng, generator), mask


def cut(scene: Scene, rng: random.Random, side: int) -> tuple[Image.Image, Image.Image]:
    """A drawing with its mask, turned, scaled and moved a little, side x side pixels each.

    The mask loses a pixel of the larger drawing, so that no rim of the old background gives it
    away.
    """
    picture = render(scene, WORKING, WORKING)
    mask = picture.mask.filter(ImageFilter.MinFilter(3))
    scale, angle = rng.uniform(0.65, 1.25), rng.gauss(0, 12)
    matrix = _affine(side, scale, angle, rng.uniform(-0.12, 0.12), rng.uniform(-0.12, 0.12))
    kind, smooth = Image.Transform.AFFINE, Image.Resampling.BICUBIC
    size = (side, side)
    front, mask = (image.transform(size, kind, matrix, smooth) for image in (picture.image, mask))
    return (front.transpose(Image.Transpose.FLIP_LEFT_RIGHT), mask.transpose(
        Image.Transpose.FLIP_LEFT_RIGHT
    )) if rng.random() < 0.5 else (front, mask)  # fmt: skip


def pasted(
    front: Image.Image, mask: Image.Image, behind: Pixels, generator: np.random.Generator
) -> Image.Image:
    """`front` where `mask` says so, before `behind`: often with a surface, at times a shadow."""
    pixels = levels(front)
    side = front.width
    if generator.random() < 0.5:
        light = backdrop(generator, side).mean(2, keepdims=True) - 0.5
        pixels = pixels + light * np.float32(generator.uniform(0.1, 0.6))
    if generator.random() < 0.3:
        behind = behind * (1 - 0.5 * _shadow(mask, generator)[..., None])
    alpha = levels(mask)[..., None]
    return _as_image(pixels * alpha + behind * (1 - alpha))


def form(generator: np.random.Generator, side: int) -> Image.Image:
    """A mask of one or two closed forms, rounded or ragged."""
    mask = Image.new("L", (side * 2, side * 2), 0)
    draw = ImageDraw.Draw(mask)
    for _ in range(int(generator.integers(1, 3))):
        x, y = generator.uniform(0.3, 0.7, 2) * side * 2
        corners = int(generator.integers(3, 40))
        angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        reach = generator.uniform(0.5, 1.0, corners) * generator.uniform(0.2, 0.75) * side
        wide, tall = generator.uniform(0.6, 1.0, 2)
        points = [
            (x + wide * r * float(np.cos(a)), y + tall * r * float(np.sin(a)))
            for a, r in zip(angles, reach, strict=True)
        ]
        draw.polygon(points, fill=255)
    if generator.random() < 0.6:  # blurred and cut at half its height, corners become round
        blur = mask.filter(ImageFilter.GaussianBlur(generator.uniform(0.01, 0.05) * side))
        mask = blur.point(lambda value: 255 if value > 127 else 0)
    return mask.reduce(2)


def _filled_scene(rng: random.Random) -> Scene:
    """A scene whose subject is filled: an outline drawing has nothing inside to paste."""
    while True:
        scene = sample_scene(rng)
        if STYLES[scene.style].colored:
            return scene


def _affine(
    side: int, scale: float, angle: float, dx: float, dy: float
) -> tuple[float, float, float, float, float, float]:
    """The coefficients that take a point of the result to one of the WORKING-sized drawing."""
    turn = np.deg2rad(angle)
    step = WORKING / side / scale
    a, b = float(np.cos(turn)) * step, float(np.sin(turn)) * step
    middle, center = WORKING / 2, side / 2
    x, y = center + dx * side, center + dy * side
    return a, b, middle - a * x - b * y, -b, a, middle + b * x - a * y


def _shadow(mask: Image.Image, generator: np.random.Generator) -> Pixels:
    """Soft shadow of the subject, 0..1."""
    side = mask.width
    shift = tuple(int(offset) for offset in generator.uniform(-0.06, 0.06, 2) * side)
    moved = Image.new("L", mask.size, 0)
    moved.paste(mask, (shift[0], abs(shift[1])))
    soft = moved.filter(ImageFilter.GaussianBlur(generator.uniform(0.01, 0.05) * side))
    return levels(soft)


def developed(
    image: Image.Image, rng: random.Random, generator: np.random.Generator
) -> Image.Image:
    """Other colours, contrast and blur, and some noise: as cameras and models differ."""
    if rng.random() < 0.5:
        image = ImageEnhance.Color(image).enhance(rng.uniform(0.0, 1.6))
        image = ImageEnhance.Contrast(image).enhance(rng.uniform(0.6, 1.4))
        image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.7, 1.3))
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    if rng.random() < 0.5:
        noise = generator.standard_normal((image.height, image.width, 3), np.float32)
        image = _as_image(levels(image) + noise * np.float32(rng.uniform(0, 0.06)))
    return image


def _resized(image: Image.Image, side: int) -> Image.Image:
    return image.resize((side, side), Image.Resampling.LANCZOS)


def _as_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray((pixels.clip(0, 1) * 255).astype(np.uint8))
