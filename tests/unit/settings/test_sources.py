"""The precedence of sources, the user's file, and the profiles."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.configuration import changes, setting_file
from core.configuration.declaration import GROUPS, traits_of
from core.configuration.description import describe
from core.configuration.sources import Source
from core.errors import Conflict, InvalidInput, SettingGuarded
from core.settings import ROOT, Settings
from core.store import user_settings
from tests.unit.settings.sources import clear

PROFILES = sorted((ROOT / "presets" / "profiles").glob("*.toml"))
ORDER = list(Source)
GUARDED = [name for name, field in Settings.model_fields.items() if traits_of(field).guarded]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clear(monkeypatch, tmp_path)


def settings_in(folder: Path, **options: Any) -> Settings:
    """The settings of a start with this data directory."""
    return Settings(data_dir=folder, **options)


@pytest.mark.parametrize("strongest", ORDER)
def test_a_value_comes_from_the_strongest_source_that_has_it(
    strongest: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    present = ORDER[ORDER.index(strongest) :]
    presets = tmp_path / "presets"
    (presets / "profiles").mkdir(parents=True)
    (presets / "profiles" / "own.toml").write_text(
        "threads = 5\n" if Source.PROFILE in present else "", encoding="utf-8"
    )
    if Source.USER_FILE in present:
        (tmp_path / "settings.toml").write_text("threads = 4\n", encoding="utf-8")
    if Source.ENV_FILE in present:
        (tmp_path / ".env").write_text("QPYT_THREADS=3\n", encoding="utf-8")
    if Source.ENVIRONMENT in present:
        monkeypatch.setenv("QPYT_THREADS", "2")
    options = {"threads": 1} if Source.OPTION in present else {}
    settings = settings_in(tmp_path, presets_dir=presets, profile="own", **options)
    assert settings.origins.of("threads") is strongest
    assert settings.threads == (0 if strongest is Source.DEFAULT else ORDER.index(strongest) + 1)


def test_the_user_file_may_choose_the_profile_and_overrides_it(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('profile = "qa"\nfixed_seed = 9\n', encoding="utf-8")
    settings = settings_in(tmp_path)
    assert (settings.profile, settings.fixed_seed, settings.strict) == ("qa", 9, True)
    assert settings.origins.of("strict") is Source.PROFILE


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: str(path.stem))
def test_each_profile_holds_settings_that_differ_from_no_profile(
    path: Path, tmp_path: Path
) -> None:
    values = setting_file.read(path)
    assert values
    assert values.keys() <= Settings.model_fields.keys()
    settings = settings_in(tmp_path, profile=path.stem)
    assert {name: getattr(settings, name) for name in values} == values
    assert settings != settings_in(tmp_path)


@pytest.mark.parametrize("name", ["nope", "../qa", "QA", "a/b", "q" * 100, "\n"])
def test_an_unknown_profile_is_refused_with_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refusal:
        settings_in(tmp_path, profile=name)
    assert refusal.value.fix == "Choose one of: dev, prod, qa."


@pytest.mark.parametrize("text", ["a = ", "threads = 1\nthreads = 2", "\x00", "[a", b"\xff\xfe"])
def test_a_broken_user_file_is_named(text: str | bytes, tmp_path: Path) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "settings.toml").write_bytes(data)
    with pytest.raises(InvalidInput, match=r"settings\.toml"):
        settings_in(tmp_path)


def test_an_invalid_value_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("max_attempts = 0\n", encoding="utf-8")
    settings = Settings()
    with pytest.raises(InvalidInput) as refusal:
        changes.reread(_with_options(settings, data_dir=tmp_path))
    assert refusal.value.errors[0].field == f"max_attempts in {tmp_path / 'settings.toml'}"


def _with_options(settings: Settings, **options: Any) -> Settings:
    object.__setattr__(settings.origins, "options", options)
    return settings


def test_the_user_file_does_not_move_the_data_directory(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('data_dir = "/elsewhere"\n', encoding="utf-8")
    assert settings_in(tmp_path).data_dir == tmp_path
    with pytest.raises(InvalidInput, match="cannot move it"):
        user_settings.write(settings_in(tmp_path), {"data_dir": "/elsewhere"})


# Writing

NUMBERS = st.integers(1, 90)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "max_attempts": NUMBERS,
        "warm": st.booleans(),
        "log_level": st.sampled_from(["debug", "info", "warning", "error", "critical"]),
        "max_memory_percent": st.floats(1, 100),
        "stale_queue_seconds": st.floats(0.001, 1e12),
        "fixed_seed": st.none() | st.integers(0, 2**32 - 1),
        "devices": st.lists(NUMBERS, min_size=1, max_size=4, unique=True),
        "device_operations": st.lists(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), max_size=3
        ),
        "operation_modules": st.lists(st.just("a\r\nthreads = 9"), max_size=1),
    },
)


@given(VALUES, VALUES)
def test_written_values_are_read_back_and_nothing_else_changes(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, Any], second: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("data")
    path = folder / "settings.toml"
    path.write_text("# mine\n\nio_workers = 5\ncpu_workers = 7 # why\n", encoding="utf-8")
    user_settings.write(settings_in(folder), first)
    user_settings.write(settings_in(folder), second)
    settings = settings_in(folder)
    for name, value in {**first, **second}.items():
        expected = tuple(value) if isinstance(value, list) else value
        assert getattr(settings, name) == expected
    assert (settings.io_workers, settings.cpu_workers, settings.threads) == (5, 7, 0)
    assert path.read_text(encoding="utf-8").startswith("# mine\n\nio_workers = 5\ncpu_workers = 7")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_value_over_several_lines_is_replaced_and_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("# mine\ndevices = [\n  0,\n  1,\n]\nthreads = 2\n", encoding="utf-8")
    user_settings.write(settings_in(tmp_path), {"devices": "2,3"})
    assert settings_in(tmp_path).devices == (2, 3)
    assert settings_in(tmp_path).threads == 2
    assert path.read_text(encoding="utf-8").startswith("# mine\n")


def test_none_removes_a_value(tmp_path: Path) -> None:
    settings = user_settings.write(settings_in(tmp_path), {"threads": 3})
    assert settings.threads == 3
    assert user_settings.write(settings, {"threads": None}).threads == 0
    assert "threads" not in (tmp_path / "settings.toml").read_text(encoding="utf-8")


def test_a_refused_value_names_its_setting_and_leaves_the_file(tmp_path: Path) -> None:
    settings = user_settings.write(settings_in(tmp_path), {"threads": 3})
    before = (tmp_path / "settings.toml").read_bytes()
    for value in (-1, "x", [], {}, 1e400, float("nan"), "\ud800"):
        with pytest.raises(InvalidInput) as refusal:
            user_settings.write(settings, {"threads": value})
        assert refusal.value.field == "threads"
        assert refusal.value.fix
    assert (tmp_path / "settings.toml").read_bytes() == before


def test_a_secret_in_a_refused_value_is_not_repeated(tmp_path: Path) -> None:
    for name in ("token", "database_url"):
        with pytest.raises(InvalidInput) as refusal:
            user_settings.write(settings_in(tmp_path), {name: ["hunter2"]})
        assert "hunter2" not in repr(refusal.value.record())


# Permission


def test_what_decides_security_is_guarded() -> None:
    access = {"host", "port", "token", "allowed_hosts", "database_url", "settings_read_only"}
    runs_code = {"operation_modules", "executor"}
    paths = {name for name in Settings.model_fields if name.endswith(("_dir", "_dirs", "_path"))}
    assert access | runs_code | paths <= set(GUARDED)


@pytest.mark.parametrize("name", GUARDED)
def test_a_guarded_setting_is_refused_with_the_other_way(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingGuarded) as refusal:
        changes.check_allowed(settings_in(tmp_path), {"threads": 1, name: "x"})
    assert refusal.value.field == name
    assert f"system set {name}" in str(refusal.value.fix)


def test_every_setting_is_refused_where_settings_are_read_only(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, settings_read_only=True)
    for name in Settings.model_fields:
        with pytest.raises(SettingGuarded):
            changes.check_allowed(settings, {name: None})


def test_a_setting_of_a_stronger_source_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QPYT_THREADS", "2")
    with pytest.raises(Conflict) as refusal:
        changes.check_allowed(settings_in(tmp_path), {"threads": 3})
    assert "QPYT_THREADS in the environment" in str(refusal.value.fix)


# The list


def test_every_setting_is_listed_with_its_group_source_and_schema(tmp_path: Path) -> None:
    items = {item["name"]: item for item in describe(settings_in(tmp_path))}
    assert items.keys() == Settings.model_fields.keys()
    for item in items.values():
        assert item["group"] in GROUPS
        assert item["source"] in set(Source)
        assert item["schema"].keys() & {"type", "anyOf", "enum"}
        assert item["description"]
        assert item["editable"] is (item["obstacle"] is None)
    assert items["stale_queue_seconds"]["unit"] == "seconds"
    assert items["min_free_disk_bytes"]["unit"] == "bytes"


@given(secret=st.text("abcdef0123456789/@:", min_size=12, max_size=20).map("s3cr".__add__))
def test_no_listed_value_holds_a_secret(tmp_path_factory: Any, secret: str) -> None:
    folder = tmp_path_factory.mktemp("data")
    url = f"postgresql+psycopg://me:{secret.replace('@', '%40')}@localhost/studio"
    settings = settings_in(folder, token=secret, database_url=f"{url}?sslpassword={secret}")
    following = settings_in(folder, token=f"{secret}2")
    assert secret not in repr(describe(settings, following))
    assert secret not in repr(settings.origins.sources)


def test_live_settings_are_adopted_and_others_wait(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    following = user_settings.write(settings, {"max_attempts": 7, "threads": 3})
    assert settings.adopt(following) == ["max_attempts"]
    assert (settings.max_attempts, settings.threads) == (7, 0)
    assert settings.origins.of("max_attempts") is Source.USER_FILE
    items = {item["name"]: item for item in describe(settings, following)}
    assert (items["threads"]["pending"], items["threads"]["next_value"]) == (True, 3)
    assert items["max_attempts"]["pending"] is False
