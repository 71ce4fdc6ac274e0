"""Validation of a workflow without running it: all faults, each at its brick."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import Download, InvalidWorkflow, ModelMissing, StudioError
from core.operations.declaration.registry import Registry
from core.tasks.submission import Options, Submission
from core.workflows.brick_errors import name_brick
from core.workflows.compiler import CompiledWorkflow, compile_workflow, is_ignored_prop
from core.workflows.pending import PendingBrick
from core.workflows.requirements import Missing, missing_models
from core.workflows.selection import order_of
from core.workflows.wiring import problems
from core.workflows.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a brick; of the whole workflow where `brick` is empty.

    A workflow with a fault of severity `error` does not run. `pull`: downloads that resolve it.
    """

    brick: str
    field: str
    severity: Literal["error", "warning"]
    code: str
    detail: str
    fix: str = ""
    pull: tuple[Download, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """The faults of a workflow, the bricks that would run, and those that wait for a person."""

    faults: list[Fault]
    runs: list[str]
    waits: list[PendingBrick]

    @property
    def valid(self) -> bool:
        """True if a run would be accepted."""
        return not any(fault.severity == "error" for fault in self.faults)


class Validator:
    """Validates workflows as a run would, and stores nothing."""

    def __init__(self, registry: Registry, submission: Submission) -> None:
        self._registry = registry
        self._submission = submission

    async def validate(
        self, workflow: Workflow, inputs: Mapping[str, Any] | None = None
    ) -> Validation:
        """All faults of a workflow, with `inputs` in place of its props."""
        faults = list(self._structure(workflow))
        plan = CompiledWorkflow([], [])
        if not any(fault.severity == "error" for fault in faults):
            try:
                plan = compile_workflow(workflow, self._registry, inputs)
            except InvalidWorkflow as error:
                faults += _faults(error)
        for step in plan.steps:
            try:
                await self._submission.prepare(step.operation, step.params, Options())
            except StudioError as error:
                name_brick(error, step.brick_id)
                faults += _faults(error)
        known = {fault.brick for fault in faults if fault.code == ModelMissing.code}
        for missing in await self.missing_models(workflow):
            if missing.brick not in known:
                faults.append(_missing(missing))
        return Validation(faults, [step.brick_id for step in plan.steps], plan.waits)

    async def missing_models(self, workflow: Workflow) -> list[Missing]:
        """The models that a workflow names and this machine lacks."""
        return (await self.missing_models_of({"": workflow}))[""]

    async def missing_models_of(
        self, workflows: Mapping[str, Workflow]
    ) -> dict[str, list[Missing]]:
        """The missing models of many workflows, by the same names."""
        context = self._submission.resolve_context()

        def work() -> dict[str, list[Missing]]:
            return {
                name: missing_models(workflow, self._registry, context)
                for name, workflow in workflows.items()
            }

        return await asyncio.to_thread(work)

    def _structure(self, workflow: Workflow) -> Iterator[Fault]:
        """Unknown bricks and props, wrong wires, circles."""
        for problem in problems(workflow, self._registry):
            ignored = is_ignored_prop(problem, workflow, self._registry)
            yield Fault(
                problem.brick,
                problem.field,
                "warning" if ignored else "error",
                "prop_ignored" if ignored else InvalidWorkflow.code,
                problem.detail,
                "" if ignored else "Remove it from the workflow, or wire it anew.",
            )
        try:
            order_of(workflow)
        except InvalidWorkflow as error:
            yield from _faults(error)
        except KeyError:
            return  # a wire names a brick that is not there, which is a fault above


def _faults(error: StudioError) -> list[Fault]:
    """An error of a run as faults: one for each field that it names."""
    pull = error.pull if isinstance(error, ModelMissing) else ()
    places = [
        (item.field, item.detail) for item in error.errors if item.field.startswith("bricks.")
    ]
    faults = []
    for field, detail in places or [(error.field or "", error.detail)]:
        parts = field.split(".", 2)
        named = parts[1] if parts[0] == "bricks" and len(parts) > 1 else ""
        inner = parts[2] if len(parts) > 2 else ""
        fault = Fault(named, inner, "error", error.code, detail, error.fix or "", tuple(pull))
        faults.append(fault)
    return faults


def _missing(missing: Missing) -> Fault:
    return Fault(
        missing.brick,
        missing.field,
        "error",
        ModelMissing.code,
        missing.detail,
        missing.fix,
        missing.pull,
    )
