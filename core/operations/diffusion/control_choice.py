"""The controls of a request, looked up and checked against its model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput, ModelMissing
from core.models.library.control_file import ControlFile
from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.control_use import ControlUse

if TYPE_CHECKING:
    from core.models.library.model import Model


@dataclass(frozen=True, slots=True)
class ControlChoice:
    """The controls that will run, and their files; those without strength have none."""

    uses: tuple[ControlUse, ...]
    files: tuple[ControlFile | Model | None, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """For the snapshot; nothing where no control is active."""
        controls = [
            {
                "id": file.id,
                "label": file.label,
                **use.model_dump(include={"type", "mode", "strength", "start", "end"}),
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

    def warnings(self, mode: str, given: Collection[str]) -> tuple[Warning, ...]:
        """The settings that the pipeline with these controls has no use for; `given` are the
        parameters of the request that would have an effect without them."""
        detail = "The pipeline with this control does not take it; it was ignored."
        nets = [file for file in self.files if isinstance(file, ControlFile)]
        warnings = [
            Warning("parameter_ignored", detail, name)
            for name in given
            if any(name in net.kind.pipelines[mode].ignored for net in nets)
        ]
        for index, (use, file) in enumerate(zip(self.uses, self.files, strict=True)):
            for name in _unused(use, file):
                detail = f"{file.label if file else ''} takes no {name}; it was ignored."
                warnings.append(Warning("parameter_ignored", detail, f"control.{index}.{name}"))
        return tuple(warnings)


def _unused(use: ControlUse, file: ControlFile | Model | None) -> list[str]:
    """The settings of a control that its network has no use for, and that are not the defaults."""
    if file is None:
        return []
    names = ["start", "end"]
    if isinstance(file, ControlFile):
        names = [] if file.kind.timed else names
    else:
        names.append("strength")
    fields = ControlUse.model_fields
    return [name for name in names if getattr(use, name) != fields[name].default]


def choose_controls(
    uses: Sequence[ControlUse], model: Model, mode: str, ctx: ResolveContext
) -> ControlChoice:
    """Look the controls up. Raises `InvalidInput` or `ModelMissing` naming the control."""
    if model.family.own_control:
        return _own(uses, model)
    files: list[ControlFile | None] = []
    chosen: list[ControlUse] = []
    for index, use in enumerate(uses):
        file = _find(index, use, model, mode, ctx) if use.active else None
        chosen.append(use.model_copy(update={"model": file.id}) if file else use)
        files.append(file)
    _check_together(files)
    _check_modes(chosen, files)
    return ControlChoice(tuple(chosen), tuple(files))


def _own(uses: Sequence[ControlUse], model: Model) -> ControlChoice:
    """The control of a model that takes one control image itself. Raises `InvalidInput`."""
    active = [index for index, use in enumerate(uses) if use.active]
    if not active:
        raise InvalidInput(
            f"{model.label} draws from a control image, and there is none.",
            field="control",
            fix="Send one control with its image and a strength above 0, or choose another model.",
        )
    if len(active) > 1:
        raise InvalidInput(
            f"{model.label} takes one control image, not {len(active)}.",
            field=f"control.{active[1]}",
            fix="Leave the other controls out.",
        )
    (index,) = active
    if uses[index].model not in (None, model.id, model.label):
        raise InvalidInput(
            f"{model.label} takes its control image itself; no ControlNet fits it.",
            field=f"control.{index}.model",
            fix="Leave the ControlNet of this control out.",
        )
    chosen = [use.model_copy(update={"model": None}) if use.active else use for use in uses]
    return ControlChoice(
        tuple(chosen), tuple(model if position == index else None for position in range(len(uses)))
    )


def _find(index: int, use: ControlUse, model: Model, mode: str, ctx: ResolveContext) -> ControlFile:
    place, name = f"control.{index}", use.model or _own_adapter(model, ctx)
    if name is None:
        raise InvalidInput(
            f"Control {index + 1} names no ControlNet, and {model.label} needs one.",
            field=f"{place}.model",
            fix=_fix(model, mode, ctx),
        )
    try:
        file = ctx.controls.find(name)
    except ModelMissing as error:
        error.field = f"{place}.model"
        raise
    reason = file.refusal(model, mode)
    if reason is not None:
        raise InvalidInput(
            f"{file.label} cannot be used with {model.label}: {reason}.",
            field=f"{place}.model",
            fix=_fix(model, mode, ctx),
        )
    if use.mode not in file.kind.modes:
        raise InvalidInput(
            f"{file.label} has no mode {use.mode!r}: {file.kind.label} acts balanced only.",
            field=f"{place}.mode",
            fix="Choose `balanced`, and a lower strength or an earlier end.",
        )
    if file.types and use.type not in file.types:
        wrong = f"no type {use.type!r}" if use.type else "several types, and none is named"
        raise InvalidInput(
            f"{file.label} has {wrong}.",
            field=f"{place}.type",
            fix=f"Choose one of: {', '.join(file.types)}.",
        )
    return file


def _own_adapter(model: Model, ctx: ResolveContext) -> str | None:
    """The id of the control adapter in the folder of a model."""
    return next((file.id for file in ctx.controls.all() if file.path.parent == model.path), None)


def _fix(model: Model, mode: str, ctx: ResolveContext) -> str:
    """The controls that a model can use in a mode."""
    fitting = [other.label for other in ctx.controls.all() if not other.refusal(model, mode)]
    if not fitting:
        return f"No ControlNet on this machine fits {model.label}."
    return f"These fit: {', '.join(fitting)}."


def _check_together(files: Sequence[ControlFile | None]) -> None:
    active = [(index, file) for index, file in enumerate(files) if file is not None]
    for index, file in active[1:]:
        first = active[0][1]
        if not file.acts_beside(first):
            raise InvalidInput(
                f"{file.label} cannot act beside {first.label}.",
                field=f"control.{index}.model",
                fix=f"Use {first.label} alone, or controls of one kind.",
            )


def _check_modes(uses: Sequence[ControlUse], files: Sequence[ControlFile | None]) -> None:
    """Refuse modes that one call cannot mix: the images of one net share a mode, and `control` is
    an argument of the whole call."""
    active = [(i, use, file) for i, (use, file) in enumerate(zip(uses, files, strict=True)) if file]
    for index, use, file in active[1:]:
        _, first, other = active[0]
        shared = file is other or "control" in (use.mode, first.mode)
        if shared and use.mode != first.mode:
            raise InvalidInput(
                f"Control {index + 1} has the mode {use.mode!r}, and another {first.mode!r}.",
                field=f"control.{index}.mode",
                fix="Give these controls the same mode.",
            )
