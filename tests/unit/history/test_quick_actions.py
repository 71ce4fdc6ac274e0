"""Quick actions: the last destructive action undone, and rows of ended tasks removed."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from core.errors import NotFound
from core.gallery.curation import Choice, Curation
from core.gallery.gallery import Gallery
from core.history.quick_actions import QuickActions
from core.tasks.dispatcher import Dispatcher
from core.tasks.states import Status
from core.tasks.transient import Transients
from core.workflows.library import Workflows
from core.workflows.workflow import Workflow
from tests.desk import Desk
from tests.unit.tasks.making import add


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.close()


class Previews:
    """A dispatcher with two previews, and transient runs with three results."""

    def __init__(self) -> None:
        self.previews = self

    def clear(self) -> int:
        return 2

    def forget(self) -> int:
        return 3


@pytest.fixture
def curation(desk: Desk) -> Curation:
    def ignore(*_change: object) -> None: ...

    return Curation(desk.database, Gallery(desk.database), desk.assets, ignore, ignore)


@pytest.fixture
def workflows(desk: Desk, tmp_path: Path) -> Workflows:
    return Workflows(tmp_path / "workflows", desk.presets)


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def actions(desk: Desk, curation: Curation, workflows: Workflows, calls: list[str]) -> QuickActions:
    async def before() -> None:
        calls.append("before")

    held = Previews()
    dispatcher, transients = cast("Dispatcher", held), cast("Transients", held)
    return QuickActions(
        desk.queue,
        curation,
        workflows,
        dispatcher,
        transients,
        before,
        lambda: calls.append("after"),
    )


async def test_without_an_action_nothing_is_undone(actions: QuickActions) -> None:
    assert await actions.last_action() is None
    with pytest.raises(NotFound):
        await actions.undo()


async def test_cancelled_tasks_are_one_action_and_wait_again(
    desk: Desk, actions: QuickActions
) -> None:
    tasks = [await add(desk.queue), await add(desk.queue)]
    for task in tasks:
        await desk.queue.cancel(task.id)
    action = await actions.undo()
    assert (action.kind, action.label) == ("tasks", "Cancel 2 tasks")
    assert action.ids == tuple(task.id for task in tasks)
    assert [(await desk.queue.get(task.id)).status for task in tasks] == [Status.PENDING] * 2


async def test_the_newest_of_several_kinds_is_undone_and_nothing_else(
    desk: Desk, actions: QuickActions, curation: Curation, workflows: Workflows
) -> None:
    image = await desk.image()
    await curation.trash(Choice((image.id,)))
    await workflows.put("castle", Workflow())
    await workflows.delete("castle")
    action = await actions.undo()
    assert (action.kind, action.name) == ("workflow", "castle")
    assert (await workflows.get("castle")).bricks == []
    action = await actions.undo()
    assert (action.kind, action.label, action.ids) == ("images", "Delete 1 image", (image.id,))
    assert await actions.last_action() is None


async def test_a_cleared_studio_keeps_tasks_that_are_noted_or_needed(
    desk: Desk, actions: QuickActions, calls: list[str]
) -> None:
    ended = [await add(desk.queue), await add(desk.queue, note="the good one")]
    for task in ended:
        await desk.queue.cancel(task.id)
    waiting = await add(desk.queue)
    cleared = await actions.clear()
    assert cleared.public() == {"tasks": 1, "kept": 1, "previews": 5}
    assert calls == ["before", "after"]
    assert (await desk.queue.get(ended[1].id)).note == "the good one"
    assert (await desk.queue.get(waiting.id)).status is Status.PENDING
    with pytest.raises(NotFound):
        await desk.queue.get(ended[0].id)
