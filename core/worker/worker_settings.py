"""The settings that a worker process receives in its first message."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt

from core.settings import LogLevel, Settings


class WorkerSettings(BaseModel):
    """A frozen copy of what a worker needs of `Settings`.

    No field has a default and no other field is accepted, so a misspelt or forgotten setting fails
    in the process that builds the record.
    """

    # Built at first use: the server answers before it starts any worker.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    data_dir: Path
    output_dir: Path
    presets_dir: Path
    wildcards_dir: Path
    styles_dir: Path
    model_dirs: tuple[Path, ...]
    model_words: dict[Path, str]
    operation_modules: tuple[str, ...]
    warm: bool
    threads: NonNegativeInt
    pool_bytes: NonNegativeInt
    unload_seconds: NonNegativeFloat
    provenance: bool
    watermark: bool
    offline: bool
    log_level: LogLevel

    @classmethod
    def of(cls, settings: Settings) -> WorkerSettings:
        """The record for the workers of a studio with these settings."""
        return cls(
            data_dir=settings.data_dir,
            output_dir=settings.outputs,
            presets_dir=settings.presets_dir,
            wildcards_dir=settings.own_wildcards,
            styles_dir=settings.own_styles,
            model_dirs=settings.model_places,
            model_words=settings.model_words,
            operation_modules=settings.operation_modules,
            warm=settings.warm,
            threads=settings.threads,
            pool_bytes=settings.pool_bytes,
            unload_seconds=settings.unload_seconds,
            provenance=settings.provenance,
            watermark=settings.watermark,
            offline=settings.offline,
            log_level=settings.log_level,
        )
