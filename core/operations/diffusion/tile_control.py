"""Control of the tiles of an upscaled image: each tile is its own control image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import InvalidInput, ModelMissing
from core.models.library.control_file import ControlFile
from core.operations.declaration.base import Context, Resolved
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.control_choice import ControlChoice, choose_controls
from core.operations.diffusion.control_use import ControlUse

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.library.model import Model

FIELD = "tile_control"
MODE = "img2img"
TYPE = "tile"  # of a union model


class TileControl(NamedTuple):
    """The ControlNet of all tiles."""

    use: ControlUse
    choice: ControlChoice


def find_tile_control(
    reference: str, strength: float, model: Model, ctx: ResolveContext
) -> TileControl:
    """The ControlNet for the tiles of a model. Raises `InvalidInput` or `ModelMissing`."""
    use = ControlUse(model=reference, type=TYPE, strength=strength)
    try:
        choice = choose_controls([use], model, MODE, ctx)
    except (InvalidInput, ModelMissing) as error:
        error.field = FIELD
        raise
    _check_takes_tiles(choice)
    return TileControl(choice.uses[0], choice)


def _check_takes_tiles(choice: ControlChoice) -> None:
    """Refuse an adapter that was trained for other control images. Raises `InvalidInput`."""
    for file in choice.files:
        if isinstance(file, ControlFile) and file.takes and TYPE not in file.takes:
            raise InvalidInput(
                f"{file.label} was trained for {', '.join(file.takes)} and not for tiles.",
                field=FIELD,
                fix="Leave the control of the tiles out, or choose a tile ControlNet.",
            )


def with_tile_control(resolved: Resolved, control: TileControl | None) -> Resolved:
    """A resolved upscale with its ControlNet in facts and fingerprints."""
    if control is None:
        return resolved
    use, choice = control
    return replace(
        resolved,
        operation=resolved.operation.model_copy(update={FIELD: use.model}),
        facts={**resolved.facts, **choice.facts, FIELD: use.model_dump()},
        fingerprints={**resolved.fingerprints, **choice.fingerprints},
    )


def controls_of_tile(ctx: Context, tile: Image) -> Sequence[dict[str, Any]]:
    """The control of one tile, as the engine reads it; none where the snapshot has none."""
    use = ctx.facts.get(FIELD)
    return [{**use, "image": tile}] if isinstance(use, dict) else []
