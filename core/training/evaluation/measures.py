"""Measures of generated images, from embeddings: vectors as rows of an array (n, d)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

QUANTILE = 0.9
"""Of the training images' own nearest similarities: the threshold of memorisation."""


def unit(vectors: ArrayLike) -> Values:
    """The rows scaled to length 1; a row of zeros stays as it is."""
    rows = np.atleast_2d(np.asarray(vectors, np.float64))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Values = rows / np.where(lengths > 0, lengths, 1.0)
    return scaled


def cosines(vectors: ArrayLike, others: ArrayLike) -> Values:
    """The cosine of every row with every row of `others`, (n, m)."""
    products: Values = unit(vectors) @ unit(others).T
    return products


def adherence(images: ArrayLike, texts: ArrayLike) -> Values:
    """The cosine of each image with its own text, (n,). Not scaled and not squashed."""
    pairs: Values = np.sum(unit(images) * unit(texts), axis=1)
    return pairs


def fidelity(images: ArrayLike, training: ArrayLike) -> Values:
    """The mean cosine of each image to the training images, (n,)."""
    means: Values = cosines(images, training).mean(axis=1)
    return means


def nearest(images: ArrayLike, training: ArrayLike) -> tuple[NDArray[np.intp], Values]:
    """The place of the nearest training image of each image, and its cosine."""
    similarities = cosines(images, training)
    places = similarities.argmax(axis=1)
    return places, similarities[np.arange(len(places)), places]


def own_nearest(training: ArrayLike) -> Values:
    """The cosine of each training image to the nearest other one. Empty below two images."""
    similarities = cosines(training, training)
    if len(similarities) < 2:
        return np.empty(0)
    np.fill_diagonal(similarities, -np.inf)
    closest: Values = similarities.max(axis=1)
    return closest


def threshold(training: ArrayLike, quantile: float = QUANTILE) -> float | None:
    """The similarity above which an image counts as a copy; None below two training images.

    A quantile, since with many images the closest pair gets very close.
    """
    similarities = own_nearest(training)
    return float(np.quantile(similarities, quantile)) if len(similarities) else None


def mean_distance(images: ArrayLike) -> float | None:
    """1 minus the mean cosine of all pairs; None below two images."""
    similarities = cosines(images, images)
    count = len(similarities)
    if count < 2:
        return None
    return float(1 - (similarities.sum() - np.trace(similarities)) / (count * (count - 1)))


def vendi(images: ArrayLike) -> float:
    """The Vendi score: the number of different images, 1 … n.

    exp of the entropy of the eigenvalues of the cosines over n.
    """
    rows = unit(images)
    eigenvalues = np.linalg.eigvalsh(rows @ rows.T / len(rows))
    positive = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-np.sum(positive * np.log(positive))))


def leakage(images: ArrayLike, base: ArrayLike, groups: ArrayLike) -> Values:
    """The change of images against the base at equal seeds, in units of another prompt.

    0: unchanged; 1: as different as the base's images of two prompts are on average. (n,) of NaN
    below two prompts. `groups` is the number of the prompt of each row.
    """
    prompts = np.asarray(groups)
    others = prompts[:, None] != prompts[None, :]
    changed = np.maximum(1 - adherence(images, base), 0)
    if not others.any():
        return np.full(len(changed), np.nan)
    unit_distance = float(np.mean(1 - cosines(base, base)[others]))
    shares: Values = changed / max(unit_distance, 1e-9)
    return shares


def variety(images: ArrayLike, base: ArrayLike) -> float | None:
    """The share of the base's variety that is left, by Vendi scores; None where it has none."""
    known = vendi(base) - 1
    return (vendi(images) - 1) / known if known > 1e-6 else None


def distances(images: ArrayLike, originals: ArrayLike) -> Values:
    """The root mean square difference of each row to its own row of `originals`, (n,)."""
    differences = np.asarray(images, np.float64) - np.asarray(originals, np.float64)
    values: Values = np.sqrt(np.mean(differences**2, axis=1))
    return values


def gap(held: float, trained: float, base_held: float, base_trained: float) -> float | None:
    """The distance to held-out images over that to trained ones, both as shares of the base's.

    1: unseen images are met as well as trained ones; 2: trained ones are copied. The base has seen
    neither, so its own distances remove what makes one group harder to draw. None where the base
    meets one of them exactly.
    """
    if min(base_held, base_trained) <= 1e-9:
        return None
    return (held / base_held) / max(trained / base_trained, 1e-3)
