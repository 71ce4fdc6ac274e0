"""The poses of the people in an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from core.operations.control.preprocessor import check_pixels
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import ImagePort, Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.picture_sizes import check_not_strip

DETECTOR = "rt-detr-r50"  # finds the people; an auxiliary model of the task `pose_detector`


class Pose(Operation):
    """Find the people of an image and draw their bodies as OpenPose does: no hands, no faces.

    What is transparent counts as white.
    """

    name = "pose"
    title = "Pose"
    summary = "Draws the skeletons of the people in an image, for a control model."
    category = "generator"
    lane = "cpu"
    on_gpu = True
    outputs = (Port("image", "image"),)

    image: ImagePort = Field(title="Image")
    model: str = Field(
        "vitpose-base",
        max_length=100,
        title="Model",
        description="The id of an auxiliary model.",
        json_schema_extra=ui("companion", task="pose"),
    )
    detector: str = Field(
        DETECTOR,
        max_length=100,
        title="Person detector",
        description="The id of an auxiliary model.",
        json_schema_extra=ui("companion", task="pose_detector", advanced=True),
    )
    person_threshold: float = Field(
        0.5,
        ge=0.05,
        le=0.95,
        title="Person threshold",
        description="Least confidence of a person.",
        json_schema_extra=ui("slider", step=0.05),
    )
    joint_threshold: float = Field(
        0.3,
        ge=0,
        le=0.95,
        title="Joint threshold",
        description="Least confidence of a joint.",
        json_schema_extra=ui("slider", step=0.05),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse at once where a model is missing, with the way to get it."""
        names = (self.model, self.detector)
        contents = {f"auxiliary/{name}": ctx.auxiliary.fingerprint(name) for name in names}
        return Resolved(self, fingerprints=contents)

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Refuse a too large image, and a strip, in which the networks find nobody."""
        check_pixels(sizes)
        for size in sizes.get("image", ()):
            check_not_strip(size, "image")

    def run(self, ctx: Context) -> None:
        """One image in, its skeletons on black out."""
        from core.engine.auxiliary.pose import PersonDetector, PoseEstimator
        from core.pictures.control.skeleton import draw_skeletons

        picture = ctx.image(self.image)
        self.check_sizes({"image": [picture.size]})
        ctx.progress("loading")
        detector = ctx.auxiliary_models.get(self.detector, PersonDetector.load)
        estimator = ctx.auxiliary_models.get(self.model, PoseEstimator.load)
        ctx.progress("finding people")
        boxes = detector.people(picture, self.person_threshold)
        people = estimator.joints(picture, boxes, self.joint_threshold)
        if not people:
            ctx.warn(
                "control_empty",
                "Nobody was found, so the image is black. Lower the person threshold.",
                "person_threshold",
            )
        ctx.add_image(draw_skeletons(people, picture.size))
