"""Settings: typed, from the command line, the environment (`QPYT_…`), `.env`, the user's file and
the profile, in this order of precedence.

The only module that reads the environment. Names of fields are the names of the variables:
`port` is `QPYT_PORT`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import NonNegativeInt, SecretStr, field_validator
from pydantic_core import PydanticUndefined
from pydantic_settings import NoDecode, SettingsConfigDict

from core.configuration.declaration import SEED_MAX, setting
from core.configuration.sourced import SourcedSettings

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LogLevel = Literal["debug", "info", "warning", "error", "critical"]
Names = Annotated[tuple[str, ...], NoDecode]


def _path(variable: str, model: str) -> Any:
    """A field for a variable that other programs use too, so it has no prefix."""
    description = f"File or folder of {model}."
    return setting(None, description, "models", guarded=True, validation_alias=variable)


class Settings(SourcedSettings):
    """All settings. Every field has a working default."""

    model_config = SettingsConfigDict(
        env_prefix="QPYT_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        allow_inf_nan=False,
    )

    profile: str | None = setting(
        None, "Set of defaults, a file of presets/profiles: dev, qa or prod.", "profile"
    )
    fixed_seed: int | None = setting(
        None,
        "Seed of requests without one, so that they give the same image; random when empty.",
        "profile",
        live=True,
        ge=0,
        le=SEED_MAX,
    )
    strict: bool = setting(
        False,
        "Refuse requests that would run with a warning, such as an unsupported parameter.",
        "profile",
        live=True,
    )
    keep_reports: bool = setting(
        False,
        "Keep a report of each failed task in `reports` in the data folder.",
        "profile",
        live=True,
    )
    settings_read_only: bool = setting(
        False, "Settings cannot be changed over REST or on the page.", "profile", guarded=True
    )
    metrics: bool = setting(True, "Answer `/metrics`, for monitors.", "profile", live=True)

    min_free_disk_bytes: int = setting(
        2 << 30, "Free space below which the disk is reported as low.", "health", live=True, ge=0
    )
    max_memory_percent: float = setting(
        95, "Memory in use above which it is reported as low.", "health", live=True, ge=1, le=100
    )
    stale_queue_seconds: float = setting(
        120,
        "Age of the oldest pending task from which a queue without a running task is stale.",
        "health",
        live=True,
        gt=0,
    )
    max_failures_per_hour: int = setting(
        0, "Failed tasks within an hour above which they are reported.", "health", live=True, ge=0
    )

    host: str = setting("127.0.0.1", "Address to listen on.", "server", guarded=True)
    port: int = setting(
        7860, "Port to listen on; 0 picks a free one.", "server", guarded=True, ge=0, le=65535
    )
    open_browser: bool = setting(
        True, "Open the page in a browser if there is a display.", "server"
    )
    data_dir: Path = setting(
        PydanticUndefined,
        "Folder of the database and the images.",
        "folders",
        guarded=True,
        default_factory=lambda: Path(platformdirs.user_data_dir("qpyt-studio", appauthor=False)),
    )
    database_url: str | None = setting(
        None, "SQLAlchemy URL of the database; SQLite when empty.", "folders", guarded=True
    )
    output_dir: Path | None = setting(
        None,
        "Folder that `save` writes to; `output` in the data folder when empty.",
        "folders",
        guarded=True,
    )
    time_zone: str | None = setting(
        None,
        "Time zone of the session log, such as Europe/Berlin; that of this machine when empty.",
        "server",
    )
    workflows_dir: Path = setting(
        ROOT / "workflows", "Folder of your saved workflows.", "folders", guarded=True
    )
    draft_days: int = setting(
        30,
        "Days that the draft of a canvas is kept after its last change.",
        "tasks",
        ge=1,
        le=3650,
    )
    training_days: int = setting(
        30,
        "Days that the state of a failed or cancelled training, and unused encodings, are kept.",
        "tasks",
        ge=1,
        le=3650,
    )
    presets_dir: Path = setting(
        ROOT / "presets", "Folder of the presets, read-only.", "folders", guarded=True
    )
    wildcards_dir: Path | None = setting(
        None,
        "Folder of your wildcard lists; `wildcards` in the data folder when empty.",
        "folders",
        guarded=True,
    )
    styles_dir: Path | None = setting(
        None,
        "Folder of your own styles; `styles` in the data folder when empty.",
        "folders",
        guarded=True,
    )
    sets_dir: Path | None = setting(
        None,
        "Folder of your own sets; `sets` in the data folder when empty.",
        "folders",
        guarded=True,
    )
    import_dirs: Annotated[tuple[Path, ...], NoDecode] = setting(
        (),
        "Folders that REST may import images from and train on, by commas; none when empty.",
        "folders",
        guarded=True,
    )
    model_dirs: Annotated[tuple[Path, ...], NoDecode] = setting(
        (ROOT / "models",),
        "Folders with models, separated by commas; downloads go to the first.",
        "models",
        guarded=True,
    )
    extra_model_dirs: Annotated[tuple[Path, ...], NoDecode] = setting(
        (), "More folders with models, such as those of ComfyUI or A1111.", "models", guarded=True
    )
    flux2_model_path: Path | None = _path("FLUX2_MODEL_PATH", "FLUX.2 dev")
    klein_4b_model_path: Path | None = _path("KLEIN_4B_MODEL_PATH", "FLUX.2 klein 4B")
    klein_4b_base_model_path: Path | None = _path(
        "KLEIN_4B_BASE_MODEL_PATH", "FLUX.2 klein base 4B"
    )
    klein_9b_model_path: Path | None = _path("KLEIN_9B_MODEL_PATH", "FLUX.2 klein 9B")
    klein_9b_base_model_path: Path | None = _path(
        "KLEIN_9B_BASE_MODEL_PATH", "FLUX.2 klein base 9B"
    )
    ae_model_path: Path | None = _path("AE_MODEL_PATH", "the VAE of FLUX.1 or FLUX.2")
    allowed_hosts: Names = setting(
        (), "Host names of a proxy, separated by commas.", "server", guarded=True
    )
    token: SecretStr | None = setting(
        None, "Access token; generated once when needed.", "server", guarded=True
    )
    log_level: LogLevel = setting(
        "info", "debug, info, warning, error or critical.", "logs", live=True
    )
    log_file_bytes: int = setting(
        4 << 20, "Size at which a new log file is begun.", "logs", ge=1 << 16, le=1 << 30
    )
    log_files: int = setting(5, "Log files that are kept.", "logs", ge=1, le=100)
    sample_seconds: float = setting(
        5, "Seconds between two measurements of the machine.", "logs", live=True, ge=1, le=3600
    )
    history_hours: float = setting(
        6, "Hours of measurements kept in memory; older ones by the minute.", "logs", gt=0, le=48
    )
    max_body_bytes: int = setting(
        32 << 20, "Largest request body, bytes.", "limits", live=True, ge=1024
    )
    max_upload_bytes: int = setting(
        64 << 20, "Largest uploaded file, bytes.", "limits", live=True, ge=1024
    )
    max_upload_pixels: int = setting(
        50_000_000, "Largest uploaded image, pixels.", "limits", live=True, ge=1
    )
    max_attempts: int = setting(
        3, "Attempts of a task before it fails.", "tasks", live=True, ge=1, le=100
    )
    cancel_grace_seconds: float = setting(
        10.0, "Seconds before a worker that ignores a cancel is killed.", "tasks", gt=0
    )
    hang_seconds: float = setting(
        20.0,
        "Seconds without an answer before an idle worker is killed; twice as many in a task, six "
        "times while libraries or models load.",
        "tasks",
        gt=0,
    )
    stop_grace_seconds: float = setting(
        10.0, "Seconds for running tasks when the server stops.", "tasks", live=True, ge=0
    )
    lease_seconds: float = setting(
        60.0, "Seconds that a claim lasts unless renewed.", "tasks", gt=0
    )
    shared: bool = setting(
        False, "Several servers share the database and the data folder.", "server", guarded=True
    )
    poll_seconds: float = setting(
        1.0, "How often a server of several looks for changes of the others.", "tasks", gt=0
    )
    cpu_workers: int = setting(
        3,
        "Processes of the cpu lane; of several, one is reserved for short tasks.",
        "tasks",
        ge=1,
        le=256,
    )
    io_workers: int = setting(2, "Processes of the io lane.", "tasks", ge=1, le=64)
    executor: str = setting(
        "local",
        "Where tasks run: `local` (processes of this machine) or `module:Class`.",
        "tasks",
        guarded=True,
    )
    devices: Annotated[tuple[NonNegativeInt, ...], NoDecode] = setting(
        (0,),
        "Accelerators by index, separated by commas; each gets a worker of its own.",
        "device",
        min_length=1,
    )
    warm: bool = setting(True, "Load the default model when the server starts.", "device")
    threads: int = setting(0, "Threads of a device worker; 0 chooses.", "device", ge=0, le=1024)
    pool_bytes: int = setting(0, "Memory for loaded models, bytes; 0 chooses.", "device", ge=0)
    unload_seconds: float = setting(
        0, "Seconds after which idle models are unloaded; 0 never unloads.", "device", ge=0
    )
    provenance: bool = setting(
        True,
        "Mark results as made by AI: XMP, and a C2PA manifest that is signed here.",
        "images",
    )
    watermark: bool = setting(
        False,
        "Mark generated images in their pixels too, imperceptibly.",
        "images",
    )
    offline: bool = setting(
        False, "Never use the network; refuse downloads.", "server", guarded=True
    )
    device_operations: Names = setting(
        (), "Operations of the cpu lane to run on the device instead.", "device", live=True
    )
    operation_modules: Names = setting(
        (), "More modules with operations to load.", "server", guarded=True
    )

    @field_validator(
        "import_dirs",
        "model_dirs",
        "extra_model_dirs",
        "allowed_hosts",
        "device_operations",
        "operation_modules",
        "devices",
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return (value,) if isinstance(value, int) else value

    @field_validator("devices", mode="after")
    @classmethod
    def _distinct(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("name each device once")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url", mode="after")
    @classmethod
    def _well_formed(cls, value: str | None) -> str | None:
        if value:
            from sqlalchemy import make_url
            from sqlalchemy.exc import ArgumentError

            try:
                make_url(value)
            except ArgumentError:  # its text has the password
                raise ValueError("this is not a database URL: dialect+driver://…") from None
        return value

    @field_validator("data_dir", "workflows_dir", "presets_dir", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("profile", "fixed_seed", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @cached_property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'studio.db'}"

    @property
    def own_wildcards(self) -> Path:
        """The folder of the user's wildcard lists."""
        return (self.wildcards_dir or self.data_dir / "wildcards").expanduser()

    @property
    def own_styles(self) -> Path:
        """The folder of the user's own styles."""
        return (self.styles_dir or self.data_dir / "styles").expanduser()

    @property
    def own_sets(self) -> Path:
        """The folder of the user's own sets."""
        return (self.sets_dir or self.data_dir / "sets").expanduser()

    @property
    def models_dir(self) -> Path:
        """The folder for downloaded models."""
        return self.model_dirs[0] if self.model_dirs else ROOT / "models"

    @property
    def model_words(self) -> dict[Path, str]:
        """Words that recognition adds to the name of a file: `base` for base models."""
        bases = (self.klein_4b_base_model_path, self.klein_9b_base_model_path)
        return {path.expanduser(): "base" for path in bases if path is not None}

    @property
    def model_places(self) -> tuple[Path, ...]:
        """Places of models: directories first, then the named files and folders."""
        named = (
            self.flux2_model_path,
            self.klein_4b_model_path,
            self.klein_4b_base_model_path,
            self.klein_9b_model_path,
            self.klein_9b_base_model_path,
            self.ae_model_path,
        )
        return (*self.model_dirs, *self.extra_model_dirs, *filter(None, named))

    @property
    def outputs(self) -> Path:
        """The folder that `save` writes to."""
        chosen = self.output_dir
        return self.data_dir / "output" if chosen is None else chosen.expanduser().resolve()

    @property
    def embedded(self) -> bool:
        """True where one process owns the database, false where several servers share it."""
        return self.database.startswith("sqlite") and not self.shared

    @property
    def on_loopback(self) -> bool:
        """True where only this machine can reach the server."""
        return self.host in LOOPBACK
