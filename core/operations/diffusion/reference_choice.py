"""The references of a request, looked up and checked against its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput, ModelMissing
from core.models.library.reference_file import PARAMETER
from core.operations.control.objects import DETECTOR
from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.reference_use import ReferenceUse

if TYPE_CHECKING:
    from core.models.library.model import Model
    from core.models.library.reference_file import ReferenceFile


@dataclass(frozen=True, slots=True)
class ReferenceChoice:
    """The references that will run, and their adapters; those without weight have none."""

    uses: tuple[ReferenceUse, ...]
    files: tuple[ReferenceFile | None, ...]
    encoders: dict[str, str]  # id → fingerprint, of face detectors too
    warnings: tuple[Warning, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """For the snapshot; nothing where no adapter is active."""
        references = [
            {
                "id": file.id,
                "label": file.label,
                "role": use.role,
                "weight": use.weight,
                "encoder": file.encoder,
                "fingerprint": file.fingerprint,
            }
            for use, file in zip(self.uses, self.files, strict=True)
            if file is not None
        ]
        return {"references": references} if references else {}

    @property
    def fingerprints(self) -> dict[str, str]:
        """Their contents, for `Resolved.fingerprints`."""
        files = {f"reference/{file.id}": file.fingerprint for file in self.files if file}
        return {**files, **{f"encoder/{name}": value for name, value in self.encoders.items()}}


def choose_references(
    uses: Sequence[ReferenceUse], model: Model, mode: str, ctx: ResolveContext
) -> ReferenceChoice:
    """Look the adapters up. Raises `InvalidInput` or `ModelMissing` naming the reference."""
    check_supported(model, mode)
    architecture = model.family.architecture
    files: list[ReferenceFile | None] = []
    chosen: list[ReferenceUse] = []
    encoders: dict[str, str] = {}
    warnings: list[Warning] = []
    for index, use in enumerate(uses):
        file = _find(index, use, model, mode, ctx) if use.active else None
        if file is not None:
            _check_role(index, use, file.roles(architecture), file.label)
            encoders[file.encoder] = _encoder(index, file, ctx)
        detector = use.detector or DETECTOR if file is not None and use.seeks_face else None
        if detector is not None:
            try:
                encoders[detector] = ctx.auxiliary.fingerprint(detector)
            except ModelMissing as error:
                if use.detector is not None:
                    error.field = f"reference.{index}.detector"
                    raise
                warnings.append(_whole_picture(index, error))
                detector = None
        use = use.model_copy(update={"detector": detector})
        chosen.append(use.model_copy(update={"model": file.id}) if file else use)
        files.append(file)
    return ReferenceChoice(tuple(chosen), tuple(files), encoders, tuple(warnings))


def _whole_picture(index: int, error: ModelMissing) -> Warning:
    """The warning where no detector finds the face of a reference."""
    detail = f"The whole picture of reference {index + 1} is read as a face. {error.detail}"
    field = f"reference.{index}.crop"
    return Warning("face_not_found", f"{detail} {error.fix or ''}".strip(), field)


def check_pictures(uses: Sequence[ReferenceUse], model: Model) -> None:
    """Refuse what a model that reads pictures itself cannot do. Raises `InvalidInput`."""
    for index, use in enumerate(uses):
        _check_role(index, use, ("subject",), model.label)
        if use.weight not in (0, 1):
            raise InvalidInput(
                f"{model.label} cannot weigh references, and this one has weight {use.weight:g}.",
                field=f"reference.{index}.weight",
                fix="Use 1, or 0 to leave it out; say in the prompt how to use each picture.",
            )
        if use.model is not None:
            raise InvalidInput(
                f"{model.label} reads references itself and uses no IP-Adapter.",
                field=f"reference.{index}.model",
                fix="Leave it out.",
            )


def check_supported(model: Model, mode: str) -> None:
    """Refuse references in a mode that takes none. Raises `InvalidInput`."""
    if model.supports(mode, PARAMETER):
        return
    able = [name for name in model.modes if model.supports(name, PARAMETER)]
    raise InvalidInput(
        f"{model.label} takes no references in {mode}.",
        field="reference",
        fix=f"It takes them in {', '.join(able)}."
        if able
        else "Choose a model of SD1.5, SDXL or FLUX.1 with an IP-Adapter, or one that edits.",
    )


def _find(
    index: int, use: ReferenceUse, model: Model, mode: str, ctx: ResolveContext
) -> ReferenceFile:
    place = f"reference.{index}.model"
    fitting = [file for file in ctx.references.all() if not file.refusal(model, mode)]
    if use.model is None:
        return _usual(place, use, model, fitting)
    try:
        file = ctx.references.find(use.model)
    except ModelMissing as error:
        raise ModelMissing(error.detail, field=place, fix=error.fix) from error
    reason = file.refusal(model, mode)
    if reason is not None:
        labels = ", ".join(other.label for other in fitting)
        raise InvalidInput(
            f"{file.label} cannot be used with {model.label}: {reason}.",
            field=place,
            fix=f"These fit: {labels}."
            if labels
            else f"No IP-Adapter on this machine fits {model.label}.",
        )
    return file


def _usual(
    place: str, use: ReferenceUse, model: Model, fitting: Sequence[ReferenceFile]
) -> ReferenceFile:
    """The first adapter of the role, else the first that fits."""
    architecture = model.family.architecture
    for file in (*(file for file in fitting if use.role in file.roles(architecture)), *fitting):
        return file
    raise ModelMissing(
        f"There is no IP-Adapter for {model.label} on this machine.",
        field=place,
        fix="Put its file into models/ipadapter.",
    )


def _check_role(index: int, use: ReferenceUse, roles: Sequence[str], label: str) -> None:
    if use.active and use.role not in roles:
        raise InvalidInput(
            f"{label} has no role {use.role!r}.",
            field=f"reference.{index}.role",
            fix=f"Choose one of: {', '.join(roles)}.",
        )


def _encoder(index: int, file: ReferenceFile, ctx: ResolveContext) -> str:
    try:
        return ctx.auxiliary.fingerprint(file.encoder)
    except ModelMissing as error:
        raise ModelMissing(
            f"{file.label} needs an image encoder. {error.detail}",
            field=f"reference.{index}.model",
            fix=error.fix,
            pull=error.pull,
        ) from error
