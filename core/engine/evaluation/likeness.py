"""The likeness of images of one deck by the vectors of a metric network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COMMON_MIN = 4  # images from which on the part that all share is left out


def nearest(vectors: NDArray[np.float64]) -> tuple[list[float], list[int]]:
    """The highest cosine of each vector with another one, and the place of that one.

    What all images share, such as the style of the deck, is left out. `vectors`: (n, d), n >= 2.
    """
    own = vectors - np.median(vectors, axis=0) if len(vectors) >= COMMON_MIN else vectors
    lengths = np.linalg.norm(own, axis=1, keepdims=True)
    scaled = own / np.maximum(lengths, 1e-9)
    cosines = scaled @ scaled.T
    np.fill_diagonal(cosines, -1)
    places = cosines.argmax(axis=1)
    likeness = cosines[np.arange(len(places)), places]
    return [round(float(value), 4) for value in likeness], [int(place) for place in places]
