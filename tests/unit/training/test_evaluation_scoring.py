"""The choice of a checkpoint, advice for the next training, and suites of prompts."""

import math
import random
from pathlib import Path

import pytest

from core.errors import InvalidInput, StudioError
from core.settings import ROOT
from core.training.evaluation.advice import Figures, advice
from core.training.evaluation.scoring import (
    CLIP,
    GAP_LIMIT,
    LABELS,
    SHARE_LIMIT,
    TIE,
    VARIETY_LIMIT,
    Candidate,
    Term,
    choose,
    gates_of,
    term,
    terms_of,
)
from core.training.evaluation.suites import TRIGGER, WITHOUT, find_suite, suites

NAN = math.nan
RISING = [Figures(10, validation_loss=0.4), Figures(20, validation_loss=0.6)]
COPYING = [Figures(10, copies=0.0), Figures(20, copies=0.4)]
GOOD = Figures(20, 0.0, 1.0, 0.1, 2.0, 0.3, 8, 7.0)
NEARER = [Figures(10, gap=1.0), Figures(20, 0.0, gap=2.5)]


def candidate(score: float, step: int, gates: tuple[str, ...] = ()) -> Candidate:
    return Candidate(f"Step {step}", step, (Term("fidelity", 0.5, 0.4, score),), gates)


def test_a_z_score_is_the_difference_in_standard_deviations_of_the_base() -> None:
    measured = term("fidelity", [0.7, 0.9], [0.4, 0.6])
    assert measured is not None
    assert (measured.value, measured.base) == pytest.approx((0.8, 0.5))
    assert measured.z == pytest.approx(0.3 / math.sqrt(0.02))


def test_only_prompts_and_seeds_that_both_have_are_compared() -> None:
    measured = term("adherence", [0.9, NAN, 0.5], [0.5, 0.1, NAN])
    assert measured is not None
    assert (measured.value, measured.base) == pytest.approx((0.9, 0.5))
    assert term("adherence", [NAN], [0.5]) is None


def test_more_variety_than_the_base_is_no_merit_and_less_is_a_fault() -> None:
    more, less = (term("diversity", values, [0.5, 0.7]) for values in ([0.9, 0.9], [0.1, 0.1]))
    assert more is not None
    assert less is not None
    assert more.z == 0.0
    assert less.z == -CLIP


def test_leakage_is_measured_in_its_own_unit() -> None:
    measured = term("leakage", [0.4, 0.6], [0.0, 0.0])
    assert measured is not None
    assert measured.z == pytest.approx(-0.5 * CLIP)


def test_no_term_counts_more_than_the_limit_whatever_was_measured() -> None:
    rng = random.Random(5)
    for _ in range(200):
        values = [rng.uniform(-50, 50) for _ in range(4)]
        base = [rng.uniform(-1, 1) for _ in range(4)]
        for name in LABELS:
            measured = term(name, values, base)
            assert measured is not None
            assert -CLIP <= measured.z <= CLIP


def test_the_best_is_never_refused_never_beaten_and_the_earliest_of_equals() -> None:
    rng = random.Random(7)
    for _ in range(300):
        candidates = [
            candidate(rng.uniform(-1, 1), step, ("refused",) if rng.random() < 0.4 else ())
            for step in rng.sample(range(1000), rng.randint(1, 6))
        ]
        choice = choose(candidates)
        allowed = [entry for entry in candidates if not entry.gates]
        if choice.place is None:
            assert not allowed
            continue
        best = candidates[choice.place]
        assert not best.gates
        top = max(entry.score for entry in allowed)
        equal = [entry.step for entry in allowed if top - entry.score < TIE]
        assert best.step == min(equal)
        assert best.label in choice.explanation
        shuffled = rng.sample(candidates, len(candidates))
        place = choose(shuffled).place
        assert place is not None
        assert shuffled[place] == best


def test_the_explanation_shows_every_term_the_tie_and_the_refused() -> None:
    values = {name: [0.5, 0.6] for name in LABELS}
    terms = terms_of(values, {name: [0.4, 0.5] for name in LABELS})
    early = Candidate("Step 40", 40, terms, copies=0.1)
    late = Candidate("Step 80", 80, terms, copies=0.2)
    copied = Candidate("Step 120", 120, terms, gates_of(0.75, ()), 0.75)
    text = choose([late, early, copied]).explanation
    assert text.startswith("Step 40 is the best")
    assert all(label.lower() in text for label in LABELS.values())
    assert "Step 80 scored the same" in text
    assert "Step 120 (75% of its images" in text


def test_a_best_checkpoint_below_the_base_says_so() -> None:
    assert "below the base" in choose([candidate(-0.5, 40)]).explanation
    assert "below the base" not in choose([candidate(0.5, 40)]).explanation


def test_copies_and_broken_weights_refuse_a_checkpoint() -> None:
    assert gates_of(SHARE_LIMIT - 0.01, ()) == ()
    assert gates_of(None, ()) == ()
    assert gates_of(None, (), VARIETY_LIMIT) == ()
    assert gates_of(0.0, (), 0.2) == (
        "its images of the trigger alone keep 20% of the base's variety",
    )
    assert gates_of(0.0, (), 1.0, GAP_LIMIT - 0.01) == ()
    assert gates_of(0.0, (), 1.0, 2.46) == (
        "it draws held-out images 2.5 times as far off as trained ones",
    )
    assert len(gates_of(SHARE_LIMIT, ("a.lora_A",))) == 2
    refused = choose([candidate(1.0, 5, gates_of(1.0, ()))])
    assert refused.place is None
    assert "100% of its images" in refused.explanation


@pytest.mark.parametrize(
    ("figures", "images", "codes", "figure"),
    [
        (RISING, 30, ["fewer_steps"], "0.400"),
        (COPYING, 30, ["fewer_steps"], "40%"),
        (COPYING, 5, ["fewer_steps", "more_images"], "5 images"),
        (NEARER, 5, ["fewer_steps", "more_images"], "2.5 times as far off"),
        ([Figures(10, copies=0.5)], 30, ["dropout"], "images at step 10 already"),
        ([Figures(10, leakage=0.8)], 30, ["prior_preservation"], "0.80"),
        ([Figures(10, rank=32, effective_rank=6.0)], 30, ["lower_rank"], "6.0 of 32"),
        ([Figures(10, fidelity_z=0.1)], 30, ["more_steps"], "+0.10"),
        ([GOOD], 30, [], ""),
        ([], 0, [], ""),
    ],
)
def test_advice_has_the_figure_that_triggered_it(
    figures: list[Figures], images: int, codes: list[str], figure: str
) -> None:
    given = advice(figures, images)
    assert [entry.code for entry in given] == codes
    assert not codes or figure in given[-1].figure


def test_the_shipped_suites_test_a_concept_and_what_should_stay() -> None:
    shipped = suites(ROOT / "presets")
    assert {suite.id for suite in shipped} == {"general", "nano"}
    known = {TRIGGER, "basic", "position", "composition", "complexity", "negative", WITHOUT}
    for suite in shipped:
        assert set(suite.categories) == known
        for prompt in suite.of("robot"):
            assert ("robot" in prompt.prompt) == prompt.concept
            assert bool(prompt.negative_prompt) == (prompt.category == "negative")


def test_a_model_has_its_suite_and_others_the_general_one() -> None:
    presets = ROOT / "presets"
    assert find_suite(presets, "", "nano").id == "nano"
    assert find_suite(presets, "", "flux2-klein").id == "general"
    assert find_suite(presets, "general", "nano").id == "general"
    with pytest.raises(InvalidInput, match="no suite 'odd'"):
        find_suite(presets, "odd", "nano")
    with pytest.raises(InvalidInput, match="no category 'odd'"):
        find_suite(presets, "", "nano").of("robot", ["basic", "odd"])


def test_a_file_that_is_no_suite_is_named(tmp_path: Path) -> None:
    (tmp_path / "evaluation").mkdir()
    path = tmp_path / "evaluation" / "odd.yaml"
    path.write_text("title: Odd\ncategories: 3\n", encoding="utf-8")
    with pytest.raises(StudioError, match=r"odd\.yaml"):
        suites(tmp_path)
