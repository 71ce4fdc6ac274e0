"""Runs of workflows: compile, prepare every step, and queue them all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import StudioError
from core.identifiers import new_id
from core.operations.declaration.registry import Registry
from core.tasks.queue import Queue
from core.tasks.request_key import RequestKey
from core.tasks.states import Priority
from core.tasks.submission import Options, Submission
from core.tasks.task import Task
from core.workflows.brick_errors import OF_A_BRICK, combined, name_brick
from core.workflows.compiler import Step, compile_workflow
from core.workflows.embedding import SNAPSHOT_KEY, embedded
from core.workflows.pending import PendingBrick
from core.workflows.run_inputs import replace_props
from core.workflows.workflow import Workflow

LABEL = "workflow"  # label of tasks: the name of the workflow that they belong to


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A queued workflow: its ID, task IDs by brick, and the bricks that wait for a person."""

    run_id: str
    tasks: dict[str, str]
    waits: list[PendingBrick]

    def public(self) -> dict[str, Any]:
        """The run as JSON."""
        return asdict(self)


class WorkflowRunner:
    """Queue workflows. The queue does the rest: a run is a set of tasks."""

    def __init__(self, registry: Registry, submission: Submission, queue: Queue) -> None:
        self._registry = registry
        self._submission = submission
        self._queue = queue

    async def run(
        self,
        workflow: Workflow,
        inputs: Mapping[str, Any] | None = None,
        start: str | None = None,
        until: str | None = None,
        key: RequestKey | None = None,
    ) -> WorkflowRun:
        """Queue all steps of a workflow that can run.

        `inputs` replaces props, `start` names the brick to run anew from, `until` the last one:
        see `compile_workflow`. Raises `InvalidWorkflow`, `KeyReused`, and every error of a
        submission, with the brick in `field`.
        """
        run_id = new_id()
        plan = compile_workflow(workflow, self._registry, inputs, start, until)
        labels = {LABEL: workflow.name} if workflow.name else {}
        tasks = await self._prepare_all(plan.steps, run_id, labels, key)
        tasks = _with_documents(replace_props(workflow, inputs or {}, self._registry), tasks)
        stored = await self._queue.add(tasks, key)
        task_ids = {task.brick_id or "": task.id for task in stored}
        return WorkflowRun(stored[0].run_id or run_id, task_ids, plan.waits)

    async def _prepare_all(
        self,
        steps: Sequence[Step],
        run_id: str,
        labels: Mapping[str, str],
        key: RequestKey | None,
    ) -> list[Task]:
        """The tasks of all steps. An error names every step that cannot run."""
        tasks: list[Task] = []
        errors: list[StudioError] = []
        for step in steps:
            try:
                tasks.append(await self._prepare(step, run_id, labels, key))
            except OF_A_BRICK as error:
                errors.append(error)
        if errors:
            raise combined(errors)
        return tasks

    async def _prepare(
        self, step: Step, run_id: str, labels: Mapping[str, str], key: RequestKey | None
    ) -> Task:
        options = Options(
            priority=Priority.WORKFLOW,
            labels=labels,
            cache=step.cache,
            run_id=run_id,
            brick_id=step.brick_id,
            idempotency_key=f"{key.key}:{step.brick_id}" if key else None,
        )
        try:
            task = await self._submission.prepare(step.operation, step.params, options)
        except StudioError as error:
            name_brick(error, step.brick_id)
            raise
        ignored = [
            {"code": "prop_ignored", "field": name, "detail": f"There is no setting {name!r}."}
            for name in step.ignored
        ]
        return replace(task, id=step.task_id, warnings=[*task.warnings, *ignored])


def _with_documents(workflow: Workflow, tasks: Sequence[Task]) -> list[Task]:
    """The tasks of a run, in their order, each with the document that its images carry."""
    seeds: dict[str, int] = {}
    carrying = []
    for task in tasks:
        if isinstance(seed := task.params.get("seed"), int) and task.brick_id:
            seeds[task.brick_id] = seed
        document = embedded(workflow, seeds)
        entry = {} if document is None else {SNAPSHOT_KEY: document}
        carrying.append(replace(task, snapshot={**task.snapshot, **entry}))
    return carrying
