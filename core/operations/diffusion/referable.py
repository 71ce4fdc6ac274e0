"""Operations whose images can follow reference pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import model_validator

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Resolved
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.controllable import Controllable
from core.operations.diffusion.generation import Generation
from core.operations.diffusion.reference import Reference, encode, part_of, with_face
from core.operations.diffusion.reference_choice import choose_references
from core.operations.diffusion.reference_use import (
    ReferenceImages,
    ReferenceMasks,
    ReferencesPort,
    ReferenceUse,
    lift_references,
)

if TYPE_CHECKING:
    from PIL.Image import Image


class ReferenceFields(Generation):
    """Fields of references with their pictures and masks."""

    reference: ReferencesPort = ()
    reference_image: ReferenceImages = ()
    reference_mask: ReferenceMasks = ()

    _lift_references = model_validator(mode="before")(lift_references)

    def reference_pictures(self, ctx: Context) -> list[tuple[ReferenceUse, Image]]:
        """The active references, each with the part of its picture that counts."""
        self.check_reference_counts()
        masks = iter(self.reference_mask)
        pictures = []
        for index, (use, asset) in enumerate(
            zip(self.reference, self.reference_image, strict=True)
        ):
            mask = next(masks) if use.masked else None
            if use.active:
                shown = ctx.image(mask) if mask is not None else None
                pictures.append((use, part_of(use, ctx.image(asset), shown, index)))
        return pictures

    def check_reference_counts(self) -> None:
        """Refuse references without their pictures or masks. Raises `InvalidInput`."""
        masked = sum(use.masked for use in self.reference)
        for wanted, images, noun in (
            (len(self.reference), len(self.reference_image), "pictures"),
            (masked, len(self.reference_mask), "masks"),
        ):
            if wanted != images:
                raise InvalidInput(
                    f"{wanted} references came with {images} {noun}.",
                    field="reference",
                    fix="Give every reference one picture, and a mask only where it is `masked`.",
                )


class Referable(Controllable, ReferenceFields):
    """Fields of references and controls, and their resolution. Each acts on every image."""

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does, with every adapter looked up."""
        resolved = super().resolve(ctx)
        if not self.reference and not self.reference_image:
            return resolved
        if all(isinstance(image, str) for image in self.reference_image):
            self.check_reference_counts()
        final = resolved.operation
        assert isinstance(final, Referable)
        model = ctx.models.get(final.model or "")
        choice = choose_references(self.reference, model, self.request.mode, ctx)
        if any(file is not None and not file.kind.as_tokens for file in choice.files):
            self._check_beside_controls(ctx)
        return replace(
            resolved,
            operation=final.model_copy(update={"reference": choice.uses}),
            warnings=(*resolved.warnings, *choice.warnings),
            facts={**resolved.facts, **choice.facts},
            fingerprints={**resolved.fingerprints, **choice.fingerprints},
        )

    def _check_beside_controls(self, ctx: ResolveContext) -> None:
        mode = self.request.mode
        for use in self.control:
            kind = ctx.controls.find(use.model).kind if use.active and use.model else None
            if kind is not None and (kind.widens or not kind.pipelines[mode].references):
                raise InvalidInput(
                    f"{kind.label} takes no references in {mode}.",
                    field="reference",
                    fix="Use the references or the controls alone, or generate without an image.",
                )

    def references(self, ctx: Context) -> Sequence[Reference]:
        """The active references, encoded. Raises `InvalidInput` naming the reference."""
        return [
            encode(use, with_face(use, picture, ctx), ctx)
            for use, picture in self.reference_pictures(ctx)
        ]
