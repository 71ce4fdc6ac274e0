"""The base class of settings: their sources, their origins, and changes without a restart."""

from __future__ import annotations

from typing import Any, Self

from pydantic import PrivateAttr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from core.configuration.declaration import is_secret, traits_of
from core.configuration.masking import MASK, mask_value
from core.configuration.sources import Origins, Profile, Recorder, Source, UserFile, latest


class SourcedSettings(BaseSettings):
    """Settings that keep where each value came from."""

    _origins: Origins = PrivateAttr(default_factory=Origins)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the strongest first."""
        sources = {
            Source.OPTION: init_settings,
            Source.ENVIRONMENT: env_settings,
            Source.ENV_FILE: dotenv_settings,
            Source.USER_FILE: UserFile(settings_cls),
            Source.PROFILE: Profile(settings_cls),
        }
        return (*sources.values(), Recorder(settings_cls, sources))

    def model_post_init(self, context: Any, /) -> None:
        """Keep the origins of the values."""
        self._origins = latest.get()

    @property
    def origins(self) -> Origins:
        """The source of each value."""
        return self._origins

    def adopt(self, newer: Self) -> list[str]:
        """Take the values of `newer` that apply without a restart; return the names that changed.

        All holders of these settings read the new values. Settings are frozen for everybody else.
        """
        changed = []
        sources = dict(self._origins.sources)
        for name, field in type(self).model_fields.items():
            if not traits_of(field).live:
                continue
            if getattr(self, name) != getattr(newer, name):
                self.__dict__[name] = getattr(newer, name)
                changed.append(name)
            sources[name] = newer.origins.of(name)
        self._origins = Origins(
            sources, self._origins.options, self._origins.user_file, self._origins.profile_file
        )
        return changed

    @classmethod
    def variable(cls, name: str) -> str:
        """The environment variable of a setting; some have the name that other programs use."""
        return str(cls.model_fields[name].validation_alias or f"QPYT_{name.upper()}")

    def public(self) -> dict[str, Any]:
        """The settings as JSON, with secrets masked."""
        values = self.model_dump(mode="json")
        for name, field in type(self).model_fields.items():
            if is_secret(field) and values[name] is not None:
                values[name] = MASK
        return {name: mask_value(value) for name, value in values.items()}
