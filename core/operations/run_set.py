"""The brick that runs a set."""

from __future__ import annotations

from pydantic import Field

from core.configuration.declaration import SEED_MAX
from core.operations.declaration.base import View
from core.operations.declaration.fields import ui
from core.operations.diffusion.sized import SIZE_MAX, SIZE_MIN

OF_SET = "As the set"


class RunSet(View):
    """Runs a set as a batch, from its own button; it takes no part in a run of the workflow."""

    name = "run_set"
    title = "Set"
    summary = "Draws every row of a set as a batch."
    category = "generator"

    set_name: str = Field(
        "",
        max_length=200,
        title="Set",
        description="ID of the set; empty: the first.",
        json_schema_extra=ui("hidden"),
    )
    theme: str = Field(
        "",
        max_length=2_000,
        title="Theme",
        description="Theme of every row.",
        json_schema_extra=ui("hidden"),
    )
    model: str | None = Field(
        None,
        max_length=300,
        title="Model",
        description="Model of every row; empty: that of the set.",
        json_schema_extra=ui("model", mode="generate", placeholder=OF_SET),
    )
    width: int | None = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Width",
        description="Empty: that of the set.",
        json_schema_extra=ui("size", step=16, unit="px", placeholder=OF_SET),
    )
    height: int | None = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Height",
        description="Empty: that of the set.",
        json_schema_extra=ui("size", step=16, unit="px", placeholder=OF_SET),
    )
    seed: int | None = Field(
        None,
        ge=0,
        le=SEED_MAX,
        title="Seed",
        description="The seed of the set; empty: its own, or a random one.",
        json_schema_extra=ui("seed"),
    )
