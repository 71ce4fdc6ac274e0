"""The controls of a request, looked up and checked against its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput, ModelMissing
from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.control_use import ControlUse

if TYPE_CHECKING:
    from core.models.library.control_file import ControlFile
    from core.models.library.model import Model


@dataclass(frozen=True, slots=True)
class ControlChoice:
    """The controls that will run, and their files; those without strength have none."""

    uses: tuple[ControlUse, ...]
    files: tuple[ControlFile | None, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """For the snapshot; nothing where no control is active."""
        controls = [
            {
                "id": file.id,
                "label": file.label,
                **use.model_dump(include={"type", "strength", "start", "end"}),
                "fingerprint": file.fingerprint,
            }
            for use, file in zip(self.uses, self.files, strict=True)
            if file is not None
        ]
        return {"controls": controls} if controls else {}

    @property
    def fingerprints(self) -> dict[str, str]:
        """Their contents, for `Resolved.fingerprints`."""
        return {f"control/{file.id}": file.fingerprint for file in self.files if file is not None}

    def warnings(self, mode: str, true_cfg_scale: float | None) -> tuple[Warning, ...]:
        """A parameter that the pipeline with controls has no use for."""
        ignored = any(
            "true_cfg_scale" in file.kind.pipelines[mode].ignored for file in self.files if file
        )
        if not ignored or (true_cfg_scale or 1) <= 1:
            return ()
        detail = "No pipeline with an image and a control takes it; it was ignored."
        return (Warning("parameter_ignored", detail, "true_cfg_scale"),)


def choose_controls(
    uses: Sequence[ControlUse], model: Model, mode: str, ctx: ResolveContext
) -> ControlChoice:
    """Look the controls up. Raises `InvalidInput` or `ModelMissing` naming the control."""
    files: list[ControlFile | None] = []
    chosen: list[ControlUse] = []
    for index, use in enumerate(uses):
        file = _find(index, use, model, mode, ctx) if use.active else None
        chosen.append(use.model_copy(update={"model": file.id}) if file else use)
        files.append(file)
    _check_together(files)
    return ControlChoice(tuple(chosen), tuple(files))


def _find(index: int, use: ControlUse, model: Model, mode: str, ctx: ResolveContext) -> ControlFile:
    place = f"control.{index}"
    try:
        file = ctx.controls.find(use.model)
    except ModelMissing as error:
        raise ModelMissing(error.detail, field=f"{place}.model", fix=error.fix) from error
    reason = file.refusal(model, mode)
    if reason is not None:
        fitting = [other.label for other in ctx.controls.all() if not other.refusal(model, mode)]
        raise InvalidInput(
            f"{file.label} cannot be used with {model.label}: {reason}.",
            field=f"{place}.model",
            fix=f"These fit: {', '.join(fitting)}."
            if fitting
            else f"No ControlNet on this machine fits {model.label}.",
        )
    if file.types and use.type not in file.types:
        wrong = f"no type {use.type!r}" if use.type else "several types, and none is named"
        raise InvalidInput(
            f"{file.label} has {wrong}.",
            field=f"{place}.type",
            fix=f"Choose one of: {', '.join(file.types)}.",
        )
    return file


def _check_together(files: Sequence[ControlFile | None]) -> None:
    first = next((file for file in files if file is not None), None)
    for index, file in enumerate(files):
        if first is not None and file is not None and not file.acts_beside(first):
            raise InvalidInput(
                f"{file.label} cannot act beside {first.label}.",
                field=f"control.{index}.model",
                fix=f"Use {first.label} for every control, or controls of one kind.",
            )
