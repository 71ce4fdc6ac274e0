"""An operation that uses an auxiliary model, and delivers how often it was loaded."""

from pathlib import Path

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import Port

LOADED: list[Path] = []


def load(place: Path, device: str) -> Path:
    LOADED.append(place)
    return place


class Keeping(Operation):
    """Uses the upscaler `mine`."""

    name = "keeping"
    title = "Keeping"
    category = "setting"
    lane = "cpu"
    outputs = (Port("loads", "json"),)

    def run(self, ctx: Context) -> None:
        ctx.auxiliary_models.get("mine", load)
        ctx.add_value(len(LOADED), port="loads")
