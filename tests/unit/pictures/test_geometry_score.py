"""Scores of drawn pairs, computed by hand."""

import numpy as np
import pytest

from core.pictures.control.score import boundary_f, depth_correlation, edge_iou


def column(x: int, rows: int = 10) -> np.ndarray:
    """One vertical edge at `x`, 10 × 20, from the top over `rows`."""
    edges = np.zeros((10, 20), bool)
    edges[:rows, x] = True
    return edges


def test_equal_edges_score_one() -> None:
    assert edge_iou(column(5), column(5), 0) == 1
    assert edge_iou(column(5), column(5), 3) == 1
    assert boundary_f(column(5), column(5), 0) == (1, 1, 1)


def test_edges_two_pixels_apart_meet_within_a_tolerance_of_two() -> None:
    assert edge_iou(column(5), column(7), 0) == 0
    assert boundary_f(column(5), column(7), 1) == (0, 0, 0)
    assert boundary_f(column(5), column(7), 2) == (1, 1, 1)
    # Widened by 1: columns 4 to 6 and 6 to 8 share one of five.
    assert edge_iou(column(5), column(7), 1) == pytest.approx(1 / 5)


def test_half_an_edge_has_full_precision_and_half_the_recall() -> None:
    f_score, precision, recall = boundary_f(column(5), column(5, rows=5), 0)
    assert (precision, recall) == (1, 0.5)
    assert f_score == pytest.approx(2 / 3)
    assert edge_iou(column(5), column(5, rows=5), 0) == 0.5


def test_an_added_edge_costs_precision() -> None:
    f_score, precision, recall = boundary_f(column(5), column(5) | column(15), 1)
    assert (precision, recall) == (0.5, 1)
    assert f_score == pytest.approx(2 / 3)


def test_maps_without_edges_are_equal_to_each_other_only() -> None:
    none = np.zeros((10, 20), bool)
    assert edge_iou(none, none, 2) == 1
    assert boundary_f(none, none, 2) == (1, 1, 1)
    assert edge_iou(column(5), none, 2) == 0
    assert boundary_f(column(5), none, 2) == (0, 0, 0)
    assert boundary_f(none, column(5), 2) == (0, 0, 0)


def test_depth_follows_up_to_scale_and_offset() -> None:
    ramp = np.tile(np.linspace(0, 1, 20, dtype=np.float32), (10, 1))
    assert depth_correlation(ramp, ramp * 0.4 + 0.1) == pytest.approx(1)
    assert depth_correlation(ramp, 1 - ramp) == pytest.approx(-1)
    assert depth_correlation(ramp, ramp.T.repeat(2, 1)[:10, :20]) == pytest.approx(0, abs=1e-6)
    assert depth_correlation(ramp, np.full_like(ramp, 0.5)) is None
