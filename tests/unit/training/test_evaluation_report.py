"""The report of an evaluation, of images whose embeddings are known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.training.evaluation.health import health
from core.training.evaluation.report import Column, Embeddings, Evaluation, Row, report_of
from core.training.evaluation.suites import HELD_OUT, TRAINED, TRIGGER, WITHOUT

TRAINING = np.eye(6)[:3] + 0.5  # alike, and none a copy of another
NEW = np.eye(6)[4:]


def row(category: str, seed: int, group: int) -> Row:
    negative = "red" if category == "negative" else ""
    return Row(f"{category} {group}", negative, category, category != WITHOUT, seed, group)


ROWS = (
    row(TRIGGER, 1, 0),
    row(TRIGGER, 2, 0),
    row("negative", 1, 1),
    row(WITHOUT, 1, 2),
    row(WITHOUT, 1, 3),
)


@pytest.fixture
def evaluation() -> Evaluation:
    """A base, a good checkpoint and one that draws a training image whatever the seed."""
    base = np.stack([NEW[0], NEW[1], NEW[0], NEW[0], NEW[1]])
    good = np.stack([TRAINING[0] + 4 * NEW[0], TRAINING[1] + 4 * NEW[1], *base[2:]])
    copied = np.stack([TRAINING[0], TRAINING[0], TRAINING[0], NEW[1], NEW[0]])
    images = Embeddings(np.stack([base, good, copied]), TRAINING)
    judged = np.array([[0.5, 0.5, 0.5, 0.9, 0.9], [0.6, 0.6, 0.5, 0.9, 0.9], [0.6] * 5])
    weights = health({"a.lora_A.weight": np.eye(2, 3), "a.lora_B.weight": np.eye(3, 2)})
    columns = (
        Column("Base model"),
        Column("Step 40", "40", 40, 1.0, 0.3, weights),
        Column("Step 80", "80", 80, 1.0, 0.5, weights),
    )
    avoided = np.full((3, 5), np.nan)
    avoided[:, 2] = (0.2, 0.4, 0.8)
    return Evaluation(
        columns, ROWS, {"reader": judged}, avoided, images, images, ("a.png", "b.png", "c.png")
    )


def test_a_copying_checkpoint_is_refused_and_the_other_is_the_best(evaluation: Evaluation) -> None:
    report = report_of(evaluation)
    base, good, copied = report["columns"]
    assert (base["terms"], base["score"]) == ([], None)
    assert good["memorisation"]["share"] == 0.0
    assert copied["memorisation"] == {
        "variety": pytest.approx(0.0), "trained": None, "held_out": None, "gap": None,
        "share": 1.0, "images": 2, "row": 0, "similarity": pytest.approx(1.0), "nearest": 0,
    }  # fmt: skip
    assert copied["gates"] == [
        "100% of its images of the trigger alone copy a training image",
        "its images of the trigger alone keep 0% of the base's variety",
    ]
    assert report["best"] == 1
    assert report["explanation"].startswith("Step 40 is the best")
    assert [entry["code"] for entry in report["advice"]] == [
        "fewer_steps",
        "more_images",
        "prior_preservation",
    ]


def test_a_checkpoint_that_meets_only_trained_images_is_refused(evaluation: Evaluation) -> None:
    """By hand: the base is 2 from all images; then 1 from both, and 0.5 from trained and 2 from
    held-out ones."""
    captions = (
        replace(row(TRAINED, 1, 4), original="a"),
        replace(row(HELD_OUT, 1, 5), original="b"),
    )
    drawn = np.array([[2.0, 2.0], [1.0, 1.0], [0.5, 2.0]])[:, :, None] * np.ones(6)
    images = np.concatenate([evaluation.latents.images, drawn], axis=1)
    paired = replace(
        evaluation,
        rows=(*ROWS, *captions),
        adherence={"reader": np.hstack([evaluation.adherence["reader"], np.full((3, 2), 0.9)])},
        avoidance=None,
        latents=replace(evaluation.latents, images=images),
        subject=replace(evaluation.subject, images=images),
        originals=np.vstack([np.full((len(ROWS), 6), np.nan), np.zeros((2, 6))]),
    )
    report = report_of(paired)
    gaps = [column["memorisation"]["gap"] for column in report["columns"]]
    assert gaps == pytest.approx([1.0, 1.0, 4.0])
    assert report["columns"][2]["memorisation"]["trained"] == pytest.approx(0.5)
    assert report["columns"][2]["gates"][-1].startswith("it draws held-out images 4.0 times")
    assert report["columns"][1]["gates"] == []
    plain = report_of(evaluation)
    for column, alone in zip(report["columns"], plain["columns"], strict=True):
        assert column["terms"] == alone["terms"]  # captions of the dataset are not scored


def test_leakage_of_unchanged_images_is_none_and_of_swapped_prompts_one(
    evaluation: Evaluation,
) -> None:
    _, good, copied = report_of(evaluation)["columns"]
    assert good["leakage"] == pytest.approx(0.0)
    assert copied["leakage"] == pytest.approx(1.0)


def test_diversity_falls_where_every_seed_draws_the_same(evaluation: Evaluation) -> None:
    report = report_of(evaluation)
    terms = {term["name"]: term for term in report["columns"][2]["terms"]}
    assert terms["diversity"]["z"] < 0
    assert report["columns"][0]["vendi"] == pytest.approx(2.0)


def test_each_category_has_its_means(evaluation: Evaluation) -> None:
    table = {
        entry["category"]: entry for entry in report_of(evaluation)["columns"][1]["categories"]
    }
    assert table[TRIGGER]["adherence"] == pytest.approx(0.6)
    assert table[TRIGGER]["avoidance"] is None
    assert table["negative"]["avoidance"] == pytest.approx(0.4)
    assert table[WITHOUT]["fidelity"] is None
    assert table[WITHOUT]["images"] == 2


def test_every_cell_has_its_figures_and_nearest_training_image(evaluation: Evaluation) -> None:
    report = report_of(evaluation)
    assert [len(cells) for cells in report["cells"]] == [5, 5, 5]
    cell = report["cells"][2][0]
    assert (cell["nearest"], cell["copy"]) == (0, True)
    assert cell["similarity"] > report["threshold"]
    json.dumps(report, allow_nan=False)


def test_without_training_images_neither_fidelity_nor_copies_are_measured(
    evaluation: Evaluation,
) -> None:
    empty = replace(evaluation.subject, training=np.empty((0, 6)))
    bare = replace(evaluation, subject=empty, latents=empty, training_images=())
    report = report_of(bare)
    assert report["threshold"] is None
    for column in report["columns"][1:]:
        assert column["memorisation"]["share"] is None
        assert "fidelity" not in [term["name"] for term in column["terms"]]
    assert report["best"] is not None
