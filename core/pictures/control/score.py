"""Measures of how closely the edges and the depth of an image follow a control image."""

from __future__ import annotations

import numpy as np

from core.pictures.control.edges import Mask
from core.pictures.control.grey import Levels

FLAT = 1e-6  # standard deviation of a depth map without relief


def edge_iou(control: Mask, result: Mask, tolerance: int) -> float:
    """Intersection over union of two edge maps, each widened by `tolerance` pixels.

    1 for two maps without edges, 0 where only one has edges.
    """
    first, second = _widened(control, tolerance), _widened(result, tolerance)
    union = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / union if union else 1.0


def boundary_f(control: Mask, result: Mask, tolerance: int) -> tuple[float, float, float]:
    """F-score, precision and recall of an edge map (Martin, Fowlkes, Malik 2004).

    Precision is the share of the result's edge pixels within `tolerance` pixels of the control's;
    recall is the share of the control's within `tolerance` of the result's. Of two maps without
    edges all three are 1.
    """
    precision = _near(result, control, tolerance)
    recall = _near(control, result, tolerance)
    both = precision + recall
    return (2 * precision * recall / both if both else 0.0), precision, recall


def depth_correlation(control: Levels, result: Levels) -> float | None:
    """Pearson's correlation of two depth maps of one size; None where one is flat."""
    if min(control.std(), result.std()) < FLAT:
        return None
    return float(np.corrcoef(control.ravel(), result.ravel())[0, 1])


def _near(edges: Mask, others: Mask, tolerance: int) -> float:
    """The share of `edges` within `tolerance` pixels of `others`."""
    count = int(np.count_nonzero(edges))
    if not count:
        return 1.0 if not others.any() else 0.0
    return int(np.count_nonzero(edges & _widened(others, tolerance))) / count


def _widened(edges: Mask, tolerance: int) -> Mask:
    """The pixels within a Euclidean distance of `tolerance` from an edge."""
    from scipy import ndimage

    if not tolerance or not edges.any():
        return edges
    return np.asarray(ndimage.distance_transform_edt(~edges) <= tolerance)
