"""Errors that name their bricks, and one error for many."""

import pytest

from core.errors import Download, FieldError, InvalidInput, ModelMissing, StudioError
from core.workflows.brick_errors import OF_A_BRICK, combined, name_brick

DOWNLOADS = [Download("a", "A", 1), Download("b", "B", 2)]


@pytest.mark.parametrize("error_class", OF_A_BRICK)
@pytest.mark.parametrize(
    ("field", "named"), [("width", "bricks.it.width"), (None, "bricks.it"), ("", "bricks.it")]
)
def test_every_field_of_an_error_names_its_brick(
    error_class: type[StudioError], field: str | None, named: str
) -> None:
    error = error_class("It is wrong.", field=field, errors=[FieldError(field or "", "Wrong.")])
    name_brick(error, "it")
    assert error.field == named
    assert error.errors == (FieldError(named, "Wrong."),)


def test_one_error_is_combined_as_it_is() -> None:
    error = InvalidInput("It is wrong.", field="bricks.a.width")
    assert combined([error]) is error
    assert error.errors == ()


@pytest.mark.parametrize("error_class", OF_A_BRICK)
def test_the_first_of_many_errors_names_the_fields_of_all(
    error_class: type[StudioError],
) -> None:
    parts = [FieldError("bricks.b.x", "Bad."), FieldError("bricks.b.y", "Worse.")]
    errors = [
        error_class("First.", field="bricks.a.width", fix="Mend it."),
        InvalidInput("Second.", field="bricks.b", errors=parts),
        InvalidInput("Third."),
    ]
    error = combined(errors)
    assert (error, error.detail, error.fix) == (errors[0], "First.", "Mend it.")
    expected = [FieldError("bricks.a.width", "First."), *parts, FieldError("", "Third.")]
    assert list(error.errors) == expected


def test_the_downloads_of_all_missing_models_are_offered_once() -> None:
    errors = [
        ModelMissing("First.", pull=DOWNLOADS[:1]),
        InvalidInput("Not a model."),
        ModelMissing("Second.", pull=DOWNLOADS),
    ]
    error = combined(errors)
    assert isinstance(error, ModelMissing)
    assert list(error.pull) == DOWNLOADS
