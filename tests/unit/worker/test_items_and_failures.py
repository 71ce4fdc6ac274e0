"""Runs per item, and errors in plain words."""

import pytest

from core.errors import InvalidInput, ModelMissing
from core.worker.failures import as_studio_error
from core.worker.items import split_lists
from tests.operations.counting import Counting, Measuring


def test_one_item_is_one_run() -> None:
    assert split_lists(Measuring, {"image": "a"}) == [{"image": "a"}]


def test_a_list_at_a_picture_port_is_a_run_per_item() -> None:
    assert split_lists(Measuring, {"image": ["a", "b"]}) == [{"image": "a"}, {"image": "b"}]


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Nothing arrived"):
        split_lists(Measuring, {"image": []})


def test_lists_elsewhere_are_left_alone() -> None:
    assert split_lists(Counting, {"until": [1, 2]}) == [{"until": [1, 2]}]


def test_our_errors_stay_what_they_are() -> None:
    error = ModelMissing("gone")
    assert as_studio_error(error) is error


@pytest.mark.parametrize(
    ("error", "code", "detail"),
    [
        (MemoryError(), "out_of_memory", "memory"),
        (RuntimeError("[enforce fail] can't allocate memory: 9 bytes"), "out_of_memory", "memory"),
        (RuntimeError("first\nsecond"), "task_failed", "RuntimeError: first"),
        (KeyError(), "task_failed", "KeyError."),
    ],
)
def test_other_errors_become_ours(error: BaseException, code: str, detail: str) -> None:
    translated = as_studio_error(error)
    assert translated.code == code
    assert detail in translated.detail
