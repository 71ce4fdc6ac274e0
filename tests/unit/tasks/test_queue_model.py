"""The queue against a model of it: random histories, with crashes, must agree step by step.

Named promises, checked after every step: each task is where the model says; a completed task never
changes again; no result of a lost claim is accepted; the counts are the model's counts.
"""

import asyncio
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from core.errors import Conflict, TaskChanged
from core.store.database import Database
from core.tasks.changes import TaskChange
from core.tasks.claim import Claim
from core.tasks.claiming import claim_together
from core.tasks.listing import TaskFilter
from core.tasks.notifier import LocalNotifier
from core.tasks.ordering import End
from core.tasks.queue import Queue
from core.tasks.reservation import Reservation
from core.tasks.states import ENDED, WAITING, Hold, Priority, Status
from core.tasks.suspicion import SUSPECT_AFTER
from core.tasks.task import Task
from tests.unit.tasks.expected import Expected
from tests.unit.tasks.making import finish, make

TRIES = 2
MAX_ATTEMPTS = 3


class QueueMachine(RuleBasedStateMachine):
    """Does the same things to the queue and to a dictionary."""

    tasks: Bundle[str] = Bundle("tasks")
    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(f"sqlite:///{Path(self.folder.name) / 'studio.db'}")
        self.database.migrate()
        self.queue = Queue(self.database, lambda task: None, LocalNotifier())
        self.model: dict[str, Expected] = {}
        self.completed: dict[str, int] = {}
        self.lone_deaths: Counter[str] = Counter()
        self.count = 0

    def teardown(self) -> None:
        self.database.close()
        self.runner.close()
        self.folder.cleanup()

    def do(self, work: Any) -> Any:
        return self.runner.run(work)

    # Rules

    @rule(target=tasks, priority=st.sampled_from(list(Priority)), held=st.booleans())
    def add(self, priority: Priority, held: bool) -> str:
        hold = Hold.USER if held else Hold.NONE
        [task] = self.do(self.queue.add([make(priority=priority, hold=hold, max_attempts=3)]))
        self.count += 1
        status = Status.HELD if held else Status.PENDING
        self.model[task.id] = Expected(task.rank, priority, status=status, hold=hold)
        return str(task.id)

    @rule(target=tasks, parent=tasks)
    def add_child(self, parent: str) -> Any:
        above = self.model[parent]
        task = make(params={"image": {"task": parent}}, max_attempts=MAX_ATTEMPTS)
        if above.status in ENDED:
            # without outputs, neither a completed nor a failed parent has anything to give
            return multiple()
        [added] = self.do(self.queue.add([task]))
        self.count += 1
        self.model[added.id] = Expected(
            added.rank, 0, parent=parent, status=Status.HELD, hold=Hold.PARENT
        )
        above.children.append(added.id)
        return str(added.id)

    @rule(target=claims)
    def claim(self) -> Any:
        owner = f"us:{self.count}"
        self.count += 1
        claimed = self.do(self.queue.claim("device", owner, 0.0))
        if claimed:
            return self._take(claimed, owner)
        assert not any(expected.status is Status.PENDING for expected in self.model.values())
        return multiple()

    @rule(target=claims, priority=st.sampled_from(list(Priority)))
    def add_to_a_free_worker(self, priority: Priority) -> Claim:
        """A new task and the claim of the next one, in one transaction."""
        owner = f"us:{self.count}"
        claimed = self.runner.get_loop().create_future()
        self.queue.reserve = lambda _: Reservation(
            "device", lambda c: claim_together(c, "device", owner, 0.0), claimed
        )
        self.add(priority, held=False)
        self.queue.reserve = lambda _: None
        return self._take(claimed.result(), owner)

    def _take(self, claimed: list[Task], owner: str) -> Claim:
        """The claim of one task, which must be the next one."""
        [task] = claimed
        waiting = [item for item in self.model.items() if item[1].status is Status.PENDING]
        first, _ = min(waiting, key=lambda item: (item[1].priority, item[1].number, item[0]))
        assert task.id == first
        expected = self.model[task.id]
        expected.status, expected.started, expected.cancel_requested = Status.RUNNING, True, False
        expected.attempt += 1
        return Claim(task.id, task.attempt, owner)

    @rule(held=consumes(claims))
    def deliver(self, held: Claim) -> None:
        stands = self._stands(held)
        accepted = self.do(finish(self.queue, held))
        assert accepted == stands
        if accepted:
            self.model[held.task_id].status = Status.COMPLETED
            self._fail_children(held.task_id, Status.FAILED)

    @rule(held=consumes(claims))
    def fail(self, held: Claim) -> None:
        stands = self._stands(held)
        self.do(self.queue.fail(held, {"code": "task_failed", "detail": "x"}))
        if stands:
            self._end(held.task_id, Status.FAILED)

    @rule(held=consumes(claims))
    def lose_worker(self, held: Claim) -> None:
        stands = self._stands(held)
        self.do(self.queue.lost(held, "killed", TRIES))
        if not stands:
            return
        expected = self.model[held.task_id]
        if expected.cancel_requested:
            self._end(held.task_id, Status.CANCELLED)
        elif expected.attempt < TRIES:
            expected.status = Status.PENDING
        else:
            self._end(held.task_id, Status.FAILED)

    @rule(held=consumes(claims))
    def release(self, held: Claim) -> None:
        stands = self._stands(held)
        self.do(self.queue.release(held))
        if stands:
            expected = self.model[held.task_id]
            expected.status = Status.PENDING
            expected.attempt -= 1

    @rule(task_id=tasks)
    def cancel(self, task_id: str) -> None:
        self.do(self.queue.cancel(task_id))
        expected = self.model[task_id]
        if expected.status in WAITING:
            self._end(task_id, Status.CANCELLED)
        elif expected.status is Status.RUNNING:
            expected.cancel_requested = True

    @rule(task_id=tasks, reason=st.sampled_from([Hold.USER, Hold.BUDGET]))
    def hold(self, task_id: str, reason: Hold) -> None:
        expected = self.model[task_id]
        try:
            self.do(self.queue.change(task_id, TaskChange(hold=reason)))
        except Conflict:
            assert expected.status not in WAITING
            return
        expected.hold |= reason
        expected.status = Status.HELD

    @rule(task_id=tasks, reason=st.sampled_from([Hold.USER, Hold.BUDGET]))
    def lift(self, task_id: str, reason: Hold) -> None:
        expected = self.model[task_id]
        try:
            self.do(self.queue.change(task_id, TaskChange(lift=reason)))
        except Conflict:
            assert expected.status not in WAITING
            return
        expected.hold &= ~reason
        if not expected.hold:
            expected.status = Status.PENDING

    @rule(task_id=tasks, other=tasks, after=st.booleans())
    def move_beside(self, task_id: str, other: str, after: bool) -> None:
        moved, neighbour = self.model[task_id], self.model[other]
        change = TaskChange(after=other) if after else TaskChange(before=other)
        try:
            self.do(self.queue.change(task_id, change))
        except Conflict:
            assert not {moved.status, neighbour.status} <= WAITING
            return
        if task_id == other:
            return
        order = [expected for _, expected in self._waiting_in(neighbour.priority, but=task_id)]
        place = order.index(neighbour) + int(after)
        moved.priority = neighbour.priority
        self._place(moved, [*order[:place], moved, *order[place:]])

    @rule(task_id=tasks, end=st.sampled_from(["top", "bottom"]))
    def move_to_end(self, task_id: str, end: End) -> None:
        moved = self.model[task_id]
        try:
            self.do(self.queue.change(task_id, TaskChange(end=end)))
        except Conflict:
            assert moved.status not in WAITING
            return
        order = [expected for _, expected in self._waiting_in(moved.priority, but=task_id)]
        self._place(moved, [moved, *order] if end == "top" else [*order, moved])

    @rule(task_id=tasks, value=st.integers(0, 9), stale=st.booleans())
    def edit(self, task_id: str, value: int, stale: bool) -> None:
        expected, task = self.model[task_id], self.do(self.queue.get(task_id))
        revised = replace(task, params={**task.params, "value": value})
        version = task.version - 1 if stale else task.version
        try:
            self.do(self.queue.change(task_id, TaskChange(revised=revised, version=version)))
        except TaskChanged:
            assert stale
            assert expected.status in WAITING
            return
        except Conflict:
            assert expected.status not in WAITING
            return
        assert not stale
        expected.params = {"value": value}

    @rule(task_id=tasks)
    def hold_all_submitted_then_release(self, task_id: str) -> None:
        """Auto-run is off for one submission; a release lifts the user's hold of all tasks."""
        self.do(self.queue.configure(auto_run=False))
        [held] = self.do(self.queue.add([make(auto_run=False, max_attempts=MAX_ATTEMPTS)]))
        self.do(self.queue.configure(auto_run=True))
        assert held.hold is Hold.USER
        self.count += 1
        self.model[held.id] = Expected(held.rank, 0, status=Status.HELD, hold=Hold.USER)
        self.do(self.queue.lift_holds(TaskFilter()))
        for expected in self.model.values():
            if expected.status is Status.HELD:
                expected.hold &= ~Hold.USER
                expected.status = Status.HELD if expected.hold else Status.PENDING

    @rule(target=tasks, task_id=tasks)
    def repeat(self, task_id: str) -> str:
        """A repetition is a new task with the parameters of the old one, without its references."""
        params = {"value": self.do(self.queue.get(task_id)).params.get("value", 0)}
        [task] = self.do(self.queue.add([make(params=params, max_attempts=MAX_ATTEMPTS)]))
        self.count += 1
        self.model[task.id] = Expected(task.rank, 0, params=params)
        return str(task.id)

    @rule(task_id=tasks)
    def retry(self, task_id: str) -> None:
        expected = self.model[task_id]
        try:
            self.do(self.queue.retry(task_id))
        except Conflict:
            assert expected.status not in (Status.FAILED, Status.CANCELLED)
            return
        self._read_anew()

    @rule()
    def crash(self) -> None:
        """kill -9: the database is opened by a new process, which recovers."""
        self.database.close()
        self.database = Database(f"sqlite:///{Path(self.folder.name) / 'studio.db'}")
        self.database.migrate()
        self.queue = Queue(self.database, lambda task: None, LocalNotifier())
        self.do(self.queue.recover())
        running = [item for item in self.model.items() if item[1].status is Status.RUNNING]
        suspect = self._suspect([task_id for task_id, _ in running])
        for task_id, expected in running:
            if expected.cancel_requested:
                self._end(task_id, Status.CANCELLED)
                continue
            expected.attempt -= 1
            if task_id == suspect:
                expected.priority = max(Priority)
                last = [other for _, other in self._waiting_in(max(Priority), but=task_id)]
                expected.status = Status.PENDING
                self._place(expected, [*last, expected])
            expected.status = Status.PENDING

    # Promises

    @invariant()
    def every_task_is_where_the_model_says(self) -> None:
        for task_id, expected in self.model.items():
            task = self.do(self.queue.get(task_id))
            assert (task.status, task.attempt) == (expected.status, expected.attempt), task
            assert (task.status is Status.HELD) == bool(task.hold)
            if task.status is Status.HELD:
                assert task.hold == expected.hold

    @invariant()
    def a_completed_task_never_changes_again(self) -> None:
        for task_id, expected in self.model.items():
            if expected.status is Status.COMPLETED:
                version = self.do(self.queue.get(task_id)).version
                assert self.completed.setdefault(task_id, version) == version

    @invariant()
    def the_counts_are_right(self) -> None:
        counted = Counter(expected.status.value for expected in self.model.values())
        assert {k: v for k, v in self.do(self.queue.counts()).items() if v} == dict(counted)

    @invariant()
    def the_order_is_that_of_the_model(self) -> None:
        page = self.do(self.queue.page(TaskFilter(status=tuple(WAITING)), 500, None, "queue"))
        expected = [
            task_id for band in Priority for task_id, _ in self._waiting_in(band, but="nothing")
        ]
        assert [task.id for task in page.items] == expected

    @invariant()
    def acknowledged_parameters_are_stored(self) -> None:
        for task_id, expected in self.model.items():
            if expected.params:
                stored = self.do(self.queue.get(task_id)).params
                assert stored["value"] == expected.params["value"]

    # The model's own steps

    def _waiting_in(self, priority: int, but: str) -> list[tuple[str, Expected]]:
        """The waiting tasks of a band in their order, without one of them."""
        waiting = [
            (task_id, expected)
            for task_id, expected in self.model.items()
            if expected.status in WAITING and expected.priority == priority and task_id != but
        ]
        return sorted(waiting, key=lambda item: item[1].number)

    def _place(self, moved: Expected, order: list[Expected]) -> None:
        """Check that the waiting tasks of a band are in an order; take over their numbers."""
        for task_id, expected in self.model.items():
            expected.number = self.do(self.queue.get(task_id)).rank
        assert [expected for _, expected in self._waiting_in(moved.priority, "nothing")] == order

    def _suspect(self, running: list[str]) -> str | None:
        """The task that ran alone at this crash and at one before it, if there is one."""
        if len(running) != 1:
            return None
        for task_id in [task for task in self.lone_deaths if self.model[task].status in ENDED]:
            del self.lone_deaths[task_id]
        self.lone_deaths.update(running)
        return running[0] if self.lone_deaths[running[0]] >= SUSPECT_AFTER else None

    def _stands(self, held: Claim) -> bool:
        task = self.do(self.queue.get(held.task_id))
        expected = self.model[held.task_id]
        return expected.status is Status.RUNNING and task.owner == held.owner

    def _end(self, task_id: str, status: Status) -> None:
        self.model[task_id].status = status
        self._fail_children(task_id, status)

    def _fail_children(self, task_id: str, status: Status) -> None:
        for child in self.model[task_id].children:
            if self.model[child].status is Status.HELD and Hold.PARENT in self.model[child].hold:
                self._end(child, status)

    def _read_anew(self) -> None:
        """A retry moves families; what it promises is checked here, the rest is taken over."""
        for task_id, expected in self.model.items():
            task = self.do(self.queue.get(task_id))
            if task.status is expected.status:
                continue
            assert expected.status in (Status.FAILED, Status.CANCELLED)
            assert task.status in WAITING
            expected.status, expected.hold, expected.attempt = task.status, task.hold, task.attempt


def test_random_histories_agree_with_the_model() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        QueueMachine,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
