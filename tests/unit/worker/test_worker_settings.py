"""The settings of a worker: complete, frozen, and without a default that hides a misspelt name."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.settings import Settings
from core.worker.protocol import Hello, decode_request, encode
from core.worker.worker_settings import WorkerSettings


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    values: dict[str, Any] = {
        "data_dir": tmp_path / "data",
        "model_dirs": f"{tmp_path / 'one'},{tmp_path / 'two'}",
        "klein_4b_base_model_path": tmp_path / "base.safetensors",
        "threads": 3,
        "offline": True,
        "log_level": "WARNING",
    }
    return WorkerSettings.of(Settings(**values, _env_file=None))


def test_no_field_has_a_default() -> None:
    assert all(field.is_required() for field in WorkerSettings.model_fields.values())


@pytest.mark.parametrize("name", WorkerSettings.model_fields)
def test_a_missing_setting_is_refused_by_name(settings: WorkerSettings, name: str) -> None:
    values = settings.model_dump()
    del values[name]
    with pytest.raises(ValidationError, match=name):
        WorkerSettings.model_validate(values)


def test_a_misspelt_setting_is_refused(settings: WorkerSettings) -> None:
    with pytest.raises(ValidationError, match="thread_count"):
        WorkerSettings.model_validate({**settings.model_dump(), "thread_count": 1})


def test_the_worker_receives_what_was_set(settings: WorkerSettings, tmp_path: Path) -> None:
    hello = Hello(lane="device", settings=settings)
    received = decode_request(encode(hello))
    assert received == hello
    assert settings.model_dirs[:2] == (tmp_path / "one", tmp_path / "two")
    assert settings.model_words == {tmp_path / "base.safetensors": "base"}
    assert (settings.threads, settings.offline, settings.log_level) == (3, True, "warning")
    assert settings.output_dir == tmp_path / "data" / "output"


def test_an_unknown_log_level_is_refused() -> None:
    with pytest.raises(ValidationError, match="log_level"):
        Settings(log_level="loud", _env_file=None)
