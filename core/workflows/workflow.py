"""The workflow file: bricks and wires as JSON, format `qpyt.workflow/1`.

The older form, a bare list of `{id, type, props}`, is read too. Unknown bricks and props are kept:
this module checks the shape of the file only, independent of the declarations.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from core.errors import FieldError, InvalidWorkflow
from core.nesting import MAX_INPUT_DEPTH, too_deep

BRICKS_MAX, WIRES_MAX, TAGS_MAX = 500, 2000, 20
INERT = "unknown"
"""The type of a brick that keeps what an import had no brick for; no run includes it."""

BrickId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
End = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}\.[a-z][a-z0-9_]{0,39}$")]

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Brick(BaseModel):
    """One card on the wall. `column` and `row` count from 0, left to right and downward.

    A bypassed brick does not run; what it receives is passed on.
    """

    model_config = ConfigDict(extra="allow", defer_build=True)

    id: BrickId = Field(description="ID, unique in the workflow.")
    type: str = Field(
        min_length=1, max_length=64, description="Name of an operation, a value or a view."
    )
    props: dict[str, JsonValue] = Field(default_factory=dict, description="Fields by name.")
    column: int = Field(0, ge=0, le=1000, description="Column on the wall, from 0.")
    row: int = Field(0, ge=0, le=1000, description="Row within the column, from 0.")
    bypassed: bool = Field(False, description="Leave the brick out of runs.")
    exposed: list[FieldName] = Field(
        default_factory=list,
        max_length=100,
        description="Names of the fields that the form of the workflow shows.",
    )
    collapsed: bool = Field(False, description="Show the brick as its header with a summary.")


class Wire(BaseModel):
    """From an output port to an input port, each written `brick.port`."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, defer_build=True)

    source: End = Field(alias="from", description="Output port, as `brick.port`.")
    target: End = Field(alias="to", description="Input port, as `brick.port`.")

    @property
    def source_brick(self) -> str:
        """The ID of the brick that the wire comes from."""
        return self.source.partition(".")[0]

    @property
    def source_port(self) -> str:
        """The name of the output port."""
        return self.source.partition(".")[2]

    @property
    def target_brick(self) -> str:
        """The ID of the brick that the wire leads to."""
        return self.target.partition(".")[0]

    @property
    def target_port(self) -> str:
        """The name of the input port."""
        return self.target.partition(".")[2]


class Workflow(BaseModel):
    """Bricks and wires."""

    model_config = ConfigDict(defer_build=True, extra="allow", title="Qpyt Studio workflow")

    format: Literal["qpyt.workflow/1"] = Field("qpyt.workflow/1", description="Format of the file.")
    name: str = Field("", max_length=80, description="Name of the workflow.")
    description: str = Field("", max_length=2000, description="What the workflow does.")
    tags: list[Tag] = Field(
        default_factory=list, max_length=TAGS_MAX, description="Words to find the workflow by."
    )
    bricks: list[Brick] = Field(
        default_factory=list, max_length=BRICKS_MAX, description="Cards on the wall."
    )
    wires: list[Wire] = Field(
        default_factory=list, max_length=WIRES_MAX, description="Connections of their ports."
    )

    def json_data(self) -> dict[str, Any]:
        """The file's content."""
        return self.model_dump(mode="json", by_alias=True)

    def brick(self, brick_id: str) -> Brick | None:
        """A brick by its id."""
        return next((brick for brick in self.bricks if brick.id == brick_id), None)


def parse(data: Any) -> Workflow:
    """A workflow from JSON data; raises `InvalidWorkflow` that names the place."""
    if isinstance(data, list):
        data = {"bricks": data}
    try:
        workflow = Workflow.model_validate(data)
    except ValidationError as error:
        errors = [
            FieldError(".".join(str(part) for part in item["loc"]), item["msg"])
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InvalidWorkflow(
            f"{errors[0].field or 'workflow'}: {errors[0].detail}",
            field=errors[0].field or None,
            errors=errors[:20],
        ) from error
    try:
        json.dumps(data, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        # Python reads NaN and infinity; kept, they would come back as null
        raise InvalidWorkflow(f"The workflow is not valid JSON: {error}") from error
    if too_deep(data, MAX_INPUT_DEPTH):
        raise InvalidWorkflow(f"The workflow is nested more than {MAX_INPUT_DEPTH} levels deep.")
    seen: set[str] = set()
    for index, brick in enumerate(workflow.bricks):
        if brick.id in seen:
            raise InvalidWorkflow(
                f"Two bricks have the ID {brick.id!r}.",
                field=f"bricks.{index}.id",
                fix="Give each brick an ID of its own.",
            )
        seen.add(brick.id)
    return workflow
