"""The poses of the people in an image."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from core.operations.control.preprocessor import NetworkPreprocessor
from core.operations.declaration.base import Context
from core.operations.declaration.fields import Port, ui

DETECTOR = "rt-detr-r50"  # finds the people; an auxiliary model of the task `pose_detector`


class Pose(NetworkPreprocessor):
    """Find the people of an image and draw them as OpenPose does.

    Hands and faces need DWPose or another whole-body network. What is transparent counts as white.
    """

    name = "pose"
    title = "Pose"
    summary = "Draws the skeletons of the people in an image, for a control model."
    outputs = (Port("image", "image"), Port("pose", "json"))

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
    hands: bool = Field(
        True,
        title="Hands",
        description="Draw them, where the model finds them.",
        json_schema_extra=ui("toggle"),
    )
    face: bool = Field(
        True,
        title="Faces",
        description="Draw them, where the model finds them.",
        json_schema_extra=ui("toggle"),
    )
    joint_threshold: float = Field(
        0.3,
        ge=0,
        le=0.95,
        title="Joint threshold",
        description="Least confidence of a joint.",
        json_schema_extra=ui("slider", step=0.05),
    )

    @property
    def networks(self) -> tuple[str, ...]:
        """The ids of its auxiliary models."""
        return (self.model, self.detector)

    def run(self, ctx: Context) -> None:
        """One image in; its skeletons on black and OpenPose's JSON out."""
        from core.engine.auxiliary.whole_body import load_detector, load_pose
        from core.pictures.control.skeleton import draw_skeletons, to_openpose

        picture = ctx.image(self.image)
        self.check_sizes({"image": [picture.size]})
        ctx.progress("loading")
        detector = ctx.auxiliary_models.get(self.detector, load_detector)
        estimator = ctx.auxiliary_models.get(self.model, load_pose)
        ctx.progress("finding people")
        boxes = detector.people(picture, self.person_threshold)
        people = [
            replace(
                person,
                left=person.left if self.hands else (),
                right=person.right if self.hands else (),
                face=person.face if self.face else (),
            )
            for person in estimator.joints(picture, boxes, self.joint_threshold)
        ]
        if not people:
            ctx.warn(
                "control_empty",
                "Nobody was found, so the image is black. Lower the person threshold.",
                "person_threshold",
            )
        ctx.add_image(draw_skeletons(people, picture.size))
        ctx.add_value(to_openpose(people, picture.size), port="pose")
