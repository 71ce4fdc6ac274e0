"""Finish an image: bring it from the size that a model draws to the size of the request.

A model whose record names a finisher draws at the sizes that it was trained on. The finisher, a
network of its folder, enlarges the result. Independent of torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.engine.auxiliary.enlarging import Network, Size, by_network, lanczos

PIECE, OVERLAP = 256, 32  # pixels of the tiles in which a large image is enlarged again
SAME_SHAPE = 0.02  # difference of two shapes up to which an image is scaled to the other
EDGE = 3  # pixels whose mean continues the background
MEDIAN = 8  # the share of an edge, one in so many, that its median looks at in each direction
FADE = 5  # pixels

Levels = NDArray[np.uint8]


def finish(
    picture: Image.Image, size: Size, network: Network, report: Callable[[], None]
) -> Image.Image:
    """The RGB image at `size`.

    Enlarged by the network, as often as needed and each time from the smallest size that it makes
    `size` of; reduced by Lanczos resampling. An image of another shape is not
    stretched: its background is continued. `report` is called before each part and may raise.
    """
    shaped = continued(picture, size)
    if size[0] <= shaped.width and size[1] <= shaped.height:
        return shaped if shaped.size == size else lanczos(shaped, size)
    before = math.ceil(size[0] / network.scale), math.ceil(size[1] / network.scale)
    if before[0] > shaped.width or before[1] > shaped.height:
        shaped = finish(shaped, before, network, report)
    return by_network(shaped, size, network, PIECE, OVERLAP, lambda _piece, _count: report())


def continued(picture: Image.Image, size: Size) -> Image.Image:
    """The image in the shape of `size`, in the middle, with its edges continued on two sides."""
    wanted = size[0] / size[1] * picture.height / picture.width
    if abs(wanted - 1) <= max(SAME_SHAPE, 2 / min(size)):  # sides are whole pixels
        return picture
    pixels = np.asarray(picture)
    if wanted > 1:
        return Image.fromarray(_widened(pixels, round(picture.width * wanted)))
    higher = _widened(pixels.swapaxes(0, 1), round(picture.height / wanted))
    return Image.fromarray(higher.swapaxes(0, 1))


def _widened(pixels: Levels, width: int) -> Levels:
    """Levels (height, width, channels) with the background continued on the left and right."""
    left = (width - pixels.shape[1]) // 2
    right = width - pixels.shape[1] - left
    before = _continuation(pixels[:, :EDGE], left)[:, ::-1]
    return np.concatenate([before, pixels, _continuation(pixels[:, -EDGE:], right)], axis=1)


def _continuation(edge: Levels, width: int) -> Levels:
    """Levels (height, width, channels) beside an edge: its mean, which fades into its median.

    The median along the edge leaves out what is small there, such as a part of a cloud.
    """
    profile = edge.mean(1)
    reach = len(profile) // MEDIAN
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(profile, ((reach, reach), (0, 0)), "edge"), 2 * reach + 1, axis=0
    )
    share = np.minimum(1, np.arange(width) / FADE)[None, :, None]
    median = np.median(windows, axis=-1)
    levels = profile[:, None] * (1 - share) + median[:, None] * share
    continuation: Levels = levels.round().astype(np.uint8)
    return continuation
