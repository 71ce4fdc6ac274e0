"""The sources of settings beside the environment, and the source that each value came from.

Order: option, environment, `.env`, the user's file, the profile, the default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from core.configuration import setting_file
from core.errors import InvalidInput

PROFILE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


class Source(StrEnum):
    """The origin of a value, the strongest first."""

    OPTION = "option"
    ENVIRONMENT = "environment"
    ENV_FILE = "env_file"
    USER_FILE = "user_file"
    PROFILE = "profile"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origins:
    """The source of each value that is no default, and what the sources were."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    user_file: Path | None = None
    profile_file: Path | None = None

    def of(self, name: str) -> Source:
        """The source of a setting."""
        return self.sources.get(name, Source.DEFAULT)


latest: ContextVar[Origins] = ContextVar("latest", default=Origins())  # noqa: B039 (frozen)
"""The origins of the settings that this context read last, also where they were refused."""


class _FileSource(PydanticBaseSettingsSource):
    """A source that is a file. `locate` finds it from the values of the stronger sources."""

    path: Path | None = None

    def __init__(
        self,
        settings: type[BaseSettings],
        locate: Callable[[Mapping[str, Any]], Path | None],
        left_out: frozenset[str],
    ) -> None:
        super().__init__(settings)
        self._locate = locate
        self._left_out = left_out

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Required by the base class; `__call__` reads all fields at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The values of the file."""
        self.path = self._locate(self.current_state)
        if self.path is None:
            return {}
        known = self.settings_cls.model_fields.keys() - self._left_out
        values = setting_file.read(self.path)
        return {name: value for name, value in values.items() if name in known}


class UserFile(_FileSource):
    """The user's file in the data directory, which it cannot move."""

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings, self._find, frozenset({"data_dir"}))

    def _find(self, state: Mapping[str, Any]) -> Path:
        default = self.settings_cls.model_fields["data_dir"].get_default(call_default_factory=True)
        folder = Path(state.get("data_dir") or default).expanduser().resolve()
        return setting_file.user_file(folder)


class Profile(_FileSource):
    """The profile that the stronger sources name: `presets/profiles/<name>.toml`."""

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings, self._find, frozenset({"data_dir", "presets_dir", "profile"}))

    def _find(self, state: Mapping[str, Any]) -> Path | None:
        name = state.get("profile")
        if not name:
            return None
        default = self.settings_cls.model_fields["presets_dir"].get_default()
        folder = Path(state.get("presets_dir") or default).expanduser() / "profiles"
        path = folder / f"{name}.toml"
        if not PROFILE_NAME.fullmatch(str(name)) or not path.is_file():
            known = ", ".join(sorted(file.stem for file in folder.glob("*.toml"))) or "none"
            raise InvalidInput(
                f"There is no profile {str(name)[:60]!r}.",
                field="profile",
                fix=f"Choose one of: {known}.",
            )
        return path


class Recorder(PydanticBaseSettingsSource):
    """The last source: it adds nothing, and records which of the others each value came from."""

    def __init__(
        self, settings: type[BaseSettings], read: Mapping[Source, PydanticBaseSettingsSource]
    ) -> None:
        super().__init__(settings)
        self._read = read

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Required by the base class."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Nothing; sets `latest`."""
        names = {
            str(field.validation_alias or name): name
            for name, field in self.settings_cls.model_fields.items()
        }
        sources: dict[str, Source] = {}
        values: dict[Source, dict[str, Any]] = {}
        for source, reader in self._read.items():
            values[source] = self.settings_sources_data.get(type(reader).__name__, {})
            for key in values[source]:
                name = names.get(key, key)
                if name in self.settings_cls.model_fields:
                    sources.setdefault(name, source)
        files = (self._read[Source.USER_FILE], self._read[Source.PROFILE])
        latest.set(
            Origins(
                sources, values[Source.OPTION], *(getattr(file, "path", None) for file in files)
            )
        )
        return {}
