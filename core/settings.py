"""Settings: typed, from the environment (`QPYT_…`), from `.env`, or from the command line.

The only module that reads the environment. Names of fields are the names of the variables:
`port` is `QPYT_PORT`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import Field, NonNegativeInt, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LogLevel = Literal["debug", "info", "warning", "error", "critical"]
Names = Annotated[tuple[str, ...], NoDecode]


def _path(variable: str, model: str) -> Any:
    """A field for a variable that other programs use too, so it has no prefix."""
    return Field(None, validation_alias=variable, description=f"File or folder of {model}.")


class Settings(BaseSettings):
    """All settings. Every field has a working default."""

    model_config = SettingsConfigDict(
        env_prefix="QPYT_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(7860, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    open_browser: bool = Field(
        True, description="Open the page in a browser if there is a display."
    )
    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("qpyt-studio", appauthor=False)),
        description="Folder of the database and the images.",
    )
    database_url: str | None = Field(
        None, description="SQLAlchemy URL of the database; SQLite when empty."
    )
    output_dir: Path | None = Field(
        None,
        description="Folder that `save` writes to; `output` in the data folder when empty.",
    )
    workflows_dir: Path = Field(ROOT / "workflows", description="Folder of your saved workflows.")
    draft_days: int = Field(
        30, ge=1, description="Days that the draft of a canvas is kept after its last change."
    )
    presets_dir: Path = Field(ROOT / "presets", description="Folder of the presets, read-only.")
    wildcards_dir: Path | None = Field(
        None,
        description="Folder of your wildcard lists; `wildcards` in the data folder when empty.",
    )
    styles_dir: Path | None = Field(
        None,
        description="Folder of your own styles; `styles` in the data folder when empty.",
    )
    sets_dir: Path | None = Field(
        None,
        description="Folder of your own sets; `sets` in the data folder when empty.",
    )
    model_dirs: Annotated[tuple[Path, ...], NoDecode] = Field(
        (ROOT / "models",),
        description="Folders with models, separated by commas; downloads go to the first.",
    )
    extra_model_dirs: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="More folders with models, such as those of ComfyUI or A1111."
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
    allowed_hosts: Names = Field((), description="Host names of a proxy, separated by commas.")
    token: SecretStr | None = Field(None, description="Access token; generated once when needed.")
    log_level: LogLevel = Field("info", description="debug, info, warning, error or critical.")

    max_body_bytes: int = Field(32 << 20, ge=1024, description="Largest request body, bytes.")
    max_upload_bytes: int = Field(64 << 20, ge=1024, description="Largest uploaded file, bytes.")
    max_upload_pixels: int = Field(50_000_000, ge=1, description="Largest uploaded image, pixels.")

    max_attempts: int = Field(3, ge=1, description="Attempts of a task before it fails.")
    cancel_grace_seconds: float = Field(
        10.0, gt=0, description="Seconds before a worker that ignores a cancel is killed."
    )
    hang_seconds: float = Field(
        20.0,
        gt=0,
        description="Seconds without an answer before an idle worker is killed; twice as many in a "
        "task, six times while libraries or models load.",
    )
    stop_grace_seconds: float = Field(
        10.0, ge=0, description="Seconds for running tasks when the server stops."
    )
    lease_seconds: float = Field(
        60.0, gt=0, description="Seconds that a claim lasts unless renewed."
    )
    shared: bool = Field(
        False, description="Several servers share the database and the data folder."
    )
    poll_seconds: float = Field(
        1.0, gt=0, description="How often a server of several looks for changes of the others."
    )
    cpu_workers: int = Field(
        3,
        ge=1,
        description="Processes of the cpu lane; of several, one is reserved for short tasks.",
    )
    io_workers: int = Field(2, ge=1, description="Processes of the io lane.")
    executor: str = Field(
        "local",
        description="Where tasks run: `local` (processes of this machine) or `module:Class`.",
    )
    devices: Annotated[tuple[NonNegativeInt, ...], NoDecode] = Field(
        (0,),
        min_length=1,
        description="Accelerators by index, separated by commas; each gets a worker of its own.",
    )
    warm: bool = Field(True, description="Load the default model when the server starts.")
    threads: int = Field(0, ge=0, description="Threads of a device worker; 0 chooses.")
    pool_bytes: int = Field(0, ge=0, description="Memory for loaded models, bytes; 0 chooses.")
    unload_seconds: float = Field(
        0, ge=0, description="Seconds after which idle models are unloaded; 0 never unloads."
    )
    provenance: bool = Field(
        True,
        description="Mark results as made by AI: XMP, and a C2PA manifest that is signed here.",
    )
    offline: bool = Field(False, description="Never use the network; refuse downloads.")
    device_operations: Names = Field(
        (), description="Operations of the cpu lane to run on the device instead."
    )
    operation_modules: Names = Field((), description="More modules with operations to load.")

    @field_validator(
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

    @classmethod
    def variable(cls, name: str) -> str:
        """The environment variable of a setting; some have the name that other programs use."""
        return str(cls.model_fields[name].validation_alias or f"QPYT_{name.upper()}")

    def public(self) -> dict[str, Any]:
        """The settings with secrets masked, for `system settings`."""
        public = self.model_dump(mode="json")
        if self.token is not None:
            public["token"] = "********"
        if self.database_url:
            from sqlalchemy import make_url

            public["database_url"] = make_url(self.database_url).render_as_string(
                hide_password=True
            )
        return public
