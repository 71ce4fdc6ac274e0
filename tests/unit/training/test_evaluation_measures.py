"""Measures of evaluations against answers computed by hand."""

import math

import numpy as np
import pytest

from core.training.evaluation import measures
from core.training.evaluation.health import effective_rank, health, singular_values

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]
NORTH_EAST = [1.0, 1.0]
HALF = math.sqrt(0.5)


def test_adherence_is_the_plain_cosine_of_image_and_text() -> None:
    values = measures.adherence([[3, 0], [0, 2], [1, 1]], [EAST, EAST, EAST])
    assert values == pytest.approx([1.0, 0.0, HALF])


def test_a_vector_of_zeros_is_like_nothing() -> None:
    assert measures.adherence([[0, 0]], [EAST]) == pytest.approx([0.0])


def test_fidelity_is_the_mean_cosine_to_all_training_images() -> None:
    assert measures.fidelity([EAST, NORTH_EAST], [EAST, NORTH]) == pytest.approx([0.5, HALF])


def test_the_nearest_training_image_is_named_with_its_similarity() -> None:
    places, similarities = measures.nearest([[2, 0.0], NORTH_EAST], [NORTH, EAST, NORTH_EAST])
    assert places.tolist() == [1, 2]
    assert similarities == pytest.approx([1.0, 1.0])


def test_the_threshold_is_a_quantile_of_the_similarities_between_training_images() -> None:
    training = [EAST, NORTH_EAST, [-1.0, 0.0]]
    assert measures.own_nearest(training) == pytest.approx([HALF, HALF, -HALF])
    assert measures.threshold(training, 1.0) == pytest.approx(HALF)
    assert measures.threshold(training, 0.25) == pytest.approx(0.0)
    assert measures.threshold([EAST]) is None


def test_diversity_is_one_minus_the_mean_cosine_of_pairs() -> None:
    assert measures.mean_distance([EAST, EAST]) == pytest.approx(0.0)
    assert measures.mean_distance([EAST, NORTH, NORTH_EAST]) == pytest.approx(1 - 2 * HALF / 3)
    assert measures.mean_distance([EAST]) is None


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((8,), 1.0), ((1,) * 8, 8.0), ((4, 4), 2.0), ((6, 2), 0.75**-0.75 * 0.25**-0.25)],
)
def test_the_vendi_score_counts_different_images(counts: tuple[int, ...], expected: float) -> None:
    rows = np.repeat(np.eye(len(counts)), counts, axis=0)
    assert measures.vendi(rows) == pytest.approx(expected)


def test_leakage_is_the_change_in_units_of_the_distance_between_prompts() -> None:
    base = [EAST, NORTH, EAST, EAST]  # of two prompts: their images differ by 0.5 on average
    images = [EAST, NORTH_EAST, NORTH, EAST]
    values = measures.leakage(images, base, [0, 0, 1, 1])
    assert values == pytest.approx([0.0, 2 * (1 - HALF), 2.0, 0.0])
    assert np.isnan(measures.leakage(images, base, [0, 0, 0, 0])).all()


def test_variety_is_the_share_of_different_images_that_is_left() -> None:
    four = np.eye(4)
    pairs = np.repeat(np.eye(2, 4), 2, axis=0)
    assert measures.variety(pairs, four) == pytest.approx(1 / 3)
    assert measures.variety(four, four) == pytest.approx(1.0)
    assert measures.variety(four, np.ones((4, 4))) is None


def test_singular_values_are_those_of_the_product() -> None:
    generator = np.random.default_rng(0)
    down, up = generator.normal(size=(3, 7)), generator.normal(size=(5, 3))
    expected = np.linalg.svd(up @ down, compute_uv=False)[:3]
    assert singular_values(down, up) == pytest.approx(expected)


def test_the_effective_rank_of_equal_singular_values_is_their_number() -> None:
    assert effective_rank(np.array([2.0, 2.0, 2.0, 0.0])) == pytest.approx(3.0)
    assert effective_rank(np.array([3.0, 1.0])) == pytest.approx(0.75**-0.75 * 0.25**-0.25)
    assert effective_rank(np.zeros(4)) == 0.0


def test_the_health_of_a_file_has_norms_dead_layers_and_broken_tensors() -> None:
    tensors = {
        "transformer.a.lora_A.weight": np.eye(2, 3),
        "transformer.a.lora_B.weight": 3 * np.eye(3, 2),
        "transformer.b.lora_A.weight": np.ones((2, 3)),
        "transformer.b.lora_B.weight": np.zeros((3, 2)),
        "transformer.c.lora_A.weight": np.full((2, 3), np.nan),
        "transformer.c.lora_B.weight": np.zeros((3, 2)),
        "lora_unet_d.lora_down.weight": np.eye(2, 3),
        "lora_unet_d.lora_up.weight": np.eye(3, 2),
        "lora_unet_d.alpha": np.array(1.0),
    }
    file_health = health(tensors, scale=2.0)
    norms = {layer.name: layer.norm for layer in file_health.layers}
    assert norms["transformer.a"] == pytest.approx(6 * math.sqrt(2))
    assert norms["lora_unet_d"] == pytest.approx(math.sqrt(2) / 2)  # its own alpha, not the scale
    assert file_health.dead == ("transformer.b",)
    assert file_health.broken == ("transformer.c.lora_A.weight",)
    assert file_health.public()["effective_rank"] == pytest.approx(2.0)


def test_the_gap_is_the_distance_to_unseen_images_over_that_to_trained_ones() -> None:
    assert measures.distances([[0, 0], [3, 4]], [[0, 2], [3, 4]]) == pytest.approx(
        [math.sqrt(2), 0.0]
    )
    assert measures.gap(0.6, 0.2, 1.0, 1.0) == pytest.approx(3.0)
    assert measures.gap(0.6, 0.2, 1.2, 0.4) == pytest.approx(1.0)  # as hard for the base as well
    assert measures.gap(0.5, 0.0, 1.0, 1.0) == pytest.approx(500)  # a perfect copy is no gap of 0
    assert measures.gap(0.5, 0.5, 0.0, 1.0) is None
