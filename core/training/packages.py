"""Optional packages that settings of a training need, refused by name where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from core.errors import InvalidInput
from core.training.configuration.schema import TrainingConfig

BITSANDBYTES = "bitsandbytes"
OPTIMIZERS = {
    "adamw8bit": BITSANDBYTES,
    "prodigy": "prodigyopt",
    "schedule_free": "schedulefree",
}


def installed(package: str) -> bool:
    """True where a package can be imported; it is not imported here."""
    return find_spec(package) is not None


def check_packages(config: TrainingConfig) -> None:
    """Raises `InvalidInput` with the setting whose package is missing, and the way to get it."""
    for key, value, package in _needed(config):
        if not installed(package):
            raise InvalidInput(
                f"`{key}` is {value}, which needs the package {package}.",
                field=key,
                fix=f"Install it with `pip install {package}`, or choose another value.",
            )


def _needed(config: TrainingConfig) -> Iterator[tuple[str, str, str]]:
    """Keys of settings with their values and the packages that they need."""
    if package := OPTIMIZERS.get(config.training.optimizer):
        yield "training.optimizer", config.training.optimizer, package
    if config.model.quantization == "nf4":
        yield "model.quantization", config.model.quantization, BITSANDBYTES
    if config.logging.wandb != "disabled":
        yield "logging.wandb", config.logging.wandb, "wandb"
