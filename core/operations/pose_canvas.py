"""Skeletons of people, placed in the page."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from core.operations.control.canvas import Canvas
from core.operations.declaration.fields import ui

PEOPLE_MAX = 12


class PoseCanvas(Canvas):
    """People as OpenPose draws them, for ControlNets of poses."""

    name = "pose_canvas"
    title = "Pose editor"
    summary = "Pose skeletons of people, as a control image."
    user_action = "Pose the people"

    pose: dict[str, Any] | None = Field(
        None,
        title="Pose",
        description="The people as OpenPose's JSON.",
        json_schema_extra=ui("hidden"),
    )

    @field_validator("pose")
    @classmethod
    def _is_openpose(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        people = [] if value is None else value.get("people")
        if not isinstance(people, list) or len(people) > PEOPLE_MAX:
            raise ValueError(f"Input should have a list `people` of at most {PEOPLE_MAX}")
        return value
