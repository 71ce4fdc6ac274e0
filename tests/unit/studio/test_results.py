"""Results in a Python session, and errors on a terminal."""

import pytest

from core.cli.mistakes import print_error
from core.errors import FieldError, InvalidInput
from core.studio.results import Picture, TaskResult


def test_the_text_of_a_result_is_short() -> None:
    picture = Picture("01AB", b"\x89PNG" * 1000, 7)
    result = TaskResult({"id": "t", "params": {"prompt": "a house" * 100}}, [picture])
    assert repr(result) == (
        "TaskResult(images=[Picture(asset_id='01AB', seed=7, ending='png', port='image')])"
    )


def test_a_fix_that_a_fault_names_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    fix = "Did you mean 'prompt'?"
    fault = FieldError("promt", f"There is no input 'promt'. {fix}")
    print_error(InvalidInput("There is no such input.", errors=[fault], fix=fix))
    assert capsys.readouterr().err == f"promt: There is no input 'promt'. {fix}\n"
    print_error(InvalidInput("Too small.", field="width", fix="Use 64."))
    assert capsys.readouterr().err == "width: Too small.\nUse 64.\n"
