"""Settings: where a value comes from, which values are refused, and what is derived from them."""

import os
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.settings import LOOPBACK, ROOT, LogLevel, Settings

FIELDS = Settings.model_fields
NUMBERS = [name for name, field in FIELDS.items() if field.annotation in (int, float)]
FLAGS = [name for name, field in FIELDS.items() if field.annotation is bool]
LISTS = ["allowed_hosts", "device_operations", "operation_modules"]
SHARED_VARIABLES = [name for name, field in FIELDS.items() if field.validation_alias]


def given_as(**values: Any) -> Settings:
    """Settings of arguments in any form that is accepted."""
    return Settings(**values)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment and a working folder without settings."""
    for name in (*os.environ, *map(Settings.variable, FIELDS)):
        if name.startswith("QPYT_") or name in map(Settings.variable, FIELDS):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_read_from_its_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = getattr(Settings(), name) + 1
    monkeypatch.setenv(Settings.variable(name), str(value))
    assert getattr(Settings(), name) == value


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_below_its_limit_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        given_as(**{name: -1})
    assert refusal.value.errors()[0]["loc"] == (name,)


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize(("text", "value"), [("true", True), ("0", False), ("yes", True)])
def test_a_flag_is_read_in_its_usual_spellings(
    name: str, text: str, value: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(Settings.variable(name), text)
    assert getattr(Settings(), name) is value


def test_an_argument_comes_before_a_variable_and_a_variable_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        "QPYT_PORT=1\nQPYT_THREADS=1\nQPYT_IO_WORKERS=7\n", encoding="utf-8"
    )
    monkeypatch.setenv("QPYT_PORT", "2")
    monkeypatch.setenv("QPYT_THREADS", "2")
    settings = given_as(port=3)
    assert (settings.port, settings.threads, settings.io_workers) == (3, 2, 7)


def test_a_variable_of_another_program_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Settings()
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("QPYT_OF_ANOTHER_VERSION", "1")
    assert Settings() == before


@pytest.mark.parametrize("name", SHARED_VARIABLES)
def test_a_model_path_is_read_from_the_variable_that_other_programs_use(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variable = Settings.variable(name)
    assert variable == name.upper()
    monkeypatch.setenv(variable, str(tmp_path))
    settings = Settings()
    assert getattr(settings, name) == tmp_path
    assert settings.model_places[-1] == tmp_path


names = st.text("abcdefgh.-_", min_size=1, max_size=8)


@pytest.mark.parametrize("name", LISTS)
@given(values=st.lists(names, max_size=5))
def test_a_list_is_separated_by_commas_whatever_the_spaces(name: str, values: list[str]) -> None:
    written = " , ".join([*values, ""])
    assert getattr(given_as(**{name: written}), name) == tuple(values)
    assert getattr(given_as(**{name: values}), name) == tuple(values)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_devices_are_distinct_indices(devices: list[int]) -> None:
    written = ",".join(map(str, devices))
    if len(set(devices)) == len(devices):
        assert given_as(devices=written).devices == tuple(devices)
    else:
        with pytest.raises(ValidationError, match="name each device once"):
            given_as(devices=written)


@pytest.mark.parametrize("level", get_args(LogLevel))
def test_a_log_level_is_read_in_any_case(level: str) -> None:
    assert given_as(log_level=level.upper()).log_level == level


@pytest.mark.parametrize(("field", "limit"), [("port", 65536), ("port", -1), ("max_attempts", 0)])
def test_a_value_out_of_range_is_refused(field: str, limit: int) -> None:
    with pytest.raises(ValidationError):
        given_as(**{field: limit})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", ["data_dir", "workflows_dir", "presets_dir"])
def test_a_folder_is_absolute_and_may_begin_at_home(name: str, tmp_path: Path) -> None:
    assert getattr(given_as(**{name: "here"}), name) == tmp_path / "here"
    assert getattr(given_as(**{name: "~/here"}), name) == Path.home() / "here"


def test_folders_of_the_data_directory_follow_it_unless_they_are_set(tmp_path: Path) -> None:
    settings = given_as(data_dir=tmp_path)
    assert settings.outputs == tmp_path / "output"
    assert settings.own_wildcards == tmp_path / "wildcards"
    assert settings.own_styles == tmp_path / "styles"
    assert settings.own_sets == tmp_path / "sets"
    assert settings.database == f"sqlite:///{tmp_path / 'studio.db'}"
    moved = given_as(
        data_dir=tmp_path, output_dir="~/out", wildcards_dir="~/lists", styles_dir="~/s"
    )
    assert moved.outputs == Path.home() / "out"
    assert moved.own_wildcards == Path.home() / "lists"
    assert moved.own_styles == Path.home() / "s"


@pytest.mark.parametrize(
    ("changes", "embedded"),
    [
        ({}, True),
        ({"shared": True}, False),
        ({"database_url": "postgresql+psycopg://localhost/x"}, False),
        ({"database_url": "sqlite:////tmp/x.db"}, True),
    ],
)
def test_one_process_owns_a_database_file_that_is_not_shared(
    changes: dict[str, Any], embedded: bool
) -> None:
    assert given_as(**changes).embedded is embedded


@pytest.mark.parametrize("host", [*sorted(LOOPBACK), "0.0.0.0", "192.168.1.5", "::", "studio"])
def test_only_loopback_is_reached_without_a_token(host: str) -> None:
    assert given_as(host=host).on_loopback is (host in LOOPBACK)


def test_downloads_go_to_the_first_model_folder(tmp_path: Path) -> None:
    settings = given_as(model_dirs=f"{tmp_path / 'a'},{tmp_path / 'b'}", extra_model_dirs="c")
    assert settings.models_dir == tmp_path / "a"
    assert settings.model_places == (tmp_path / "a", tmp_path / "b", Path("c"))
    assert given_as(model_dirs="").models_dir == ROOT / "models"


def test_base_models_are_marked_by_their_variable() -> None:
    settings = given_as(klein_4b_base_model_path="~/four", klein_9b_model_path="/nine")
    assert settings.model_words == {Path.home() / "four": "base"}


@given(secret=st.text("abcdef0123456789", min_size=12, max_size=20))
def test_what_is_shown_never_holds_a_secret(secret: str) -> None:
    url = f"postgresql+psycopg://me:{secret}@localhost/studio"
    public = given_as(token=secret, database_url=url).public()
    assert public.keys() == FIELDS.keys()
    assert secret not in repr(public)
    assert public["database_url"].startswith("postgresql+psycopg://me:***@localhost")


def test_a_missing_secret_is_shown_as_missing() -> None:
    public = Settings().public()
    assert public["token"] is None
    assert public["database_url"] is None


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_says_what_it_is_for(name: str) -> None:
    assert FIELDS[name].description
    variable = Settings.variable(name)
    assert variable == variable.upper()
