"""The likeness of the subjects of many images, by a metric network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from core.errors import ModelMissing
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, PortField, TaskOutput, as_list, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.evaluate_lora import READER, SUBJECT_NETWORK, TEXT_NETWORKS, load_network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUBJECTS_MAX = 400
PART = 16  # images in memory at once


class CompareSubjects(Operation):
    """Compare each image with all others by what it shows.

    The network is that of the model that drew the images, else DINOv2, CLIP or SigLIP2 where it was
    downloaded.
    """

    name = "compare_subjects"
    title = "Compare subjects"
    summary = "Finds the likest other image of each image, by a metric network."
    category = "output"
    lane = "cpu"
    has_brick = False
    outputs = (Port("report", "json"),)

    images: Annotated[
        tuple[str | TaskOutput, ...],
        Field(min_length=1, max_length=SUBJECTS_MAX),
        BeforeValidator(as_list),
        PortField("image", many=True),
        Field(
            title="Images",
            json_schema_extra=ui("image"),
            description="The images in order: asset ids, data URIs or task outputs.",
        ),
    ]
    model: str = Field(
        "",
        max_length=300,
        title="Model",
        description="ID of the model that drew them; it may have a metric network of its own.",
        json_schema_extra=ui("text"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The network. Raises `ModelMissing` where none is on this machine."""
        if self.model and (model := ctx.models.get(self.model)).reader is not None:
            content = {f"model/{model.id}": model.fingerprint}
            return Resolved(self, facts={"network": READER}, fingerprints=content)
        offered = (SUBJECT_NETWORK, *TEXT_NETWORKS)
        name = next((name for name in offered if _is_here(ctx, name)), SUBJECT_NETWORK)
        content = {f"auxiliary/{name}": ctx.auxiliary.fingerprint(name)}
        return Resolved(self, facts={"network": name}, fingerprints=content)

    def run(self, ctx: Context) -> None:
        """Report `network`, and for each image its `likeness` (-1 to 1) to the `nearest` other."""
        from core.engine.evaluation.likeness import nearest

        name = ctx.facts["network"]
        ctx.progress("loading")
        model = ctx.resolver.models.get(self.model) if name == READER else None
        network = load_network(ctx, model, name)
        likeness, places = nearest(self._vectors(ctx, network))
        ctx.add_value({"network": name, "likeness": likeness, "nearest": places}, port="report")

    def _vectors(self, ctx: Context, network: Any) -> NDArray[np.float64]:
        import numpy as np

        parts = []
        for first in range(0, len(self.images), PART):
            ctx.progress("comparing", step=first, steps=len(self.images))
            chosen: Sequence[Any] = self.images[first : first + PART]
            parts.append(network.vectors([ctx.image(image) for image in chosen]))
        return np.concatenate(parts)


def _is_here(ctx: ResolveContext, name: str) -> bool:
    try:
        ctx.auxiliary.path(name)
    except ModelMissing:
        return False
    return True
