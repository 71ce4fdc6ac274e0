"""Random changes of saved workflows, by the studio and by other programs, against a plain model.

The model holds what a person may expect: a list of names, each with its content and its earlier
versions, and the deleted ones. No content that was saved is lost before its limit.
"""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.errors import Conflict, InvalidWorkflow, NotFound, StudioError, WorkflowChanged
from core.settings import ROOT
from core.workflows import trash, versions
from core.workflows.files import find_file, name_of
from core.workflows.library import Workflows
from core.workflows.workflow import Workflow

T = TypeVar("T")
KEPT, DELETED_KEPT = 3, 4  # versions and deleted workflows, in place of 20 and 100
NAMES = st.sampled_from(["house", "tree", "Château", "dog (1)", "tree 2"])
TAGS = st.lists(st.sampled_from(["red", "night", "é"]), unique=True)
PICK = st.integers(0, 10)


@dataclass(frozen=True)
class Content:
    """The content of a file. `name` is the one that it was written under. None is no workflow."""

    text: str | None
    tags: tuple[str, ...] = ()
    name: str = ""


@dataclass
class Saved:
    """A workflow: its content, and the earlier ones, newest first."""

    content: Content
    earlier: list[Content] = field(default_factory=list)

    def save(self, content: Content) -> None:
        """Replace the content; keep the one before."""
        if content == self.content:
            return
        if self.earlier[:1] != [self.content]:
            self.earlier.insert(0, self.content)
        self.content = content
        del self.earlier[KEPT:]

    @property
    def versions(self) -> list[Content]:
        """The versions that are listed: those that are workflows, and not the present content."""
        same = self.earlier[:1] == [self.content]
        return [content for content in self.earlier[same:] if content.text is not None]


class LibraryMachine(RuleBasedStateMachine):
    """One folder, one library, and the model of both."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.events: list[tuple[str, str]] = []
        self.library = self.opened()
        self.saved: dict[str, Saved] = {}
        self.left: dict[str, Saved] = {}  # another program removed their files
        self.deleted: list[tuple[str, Saved]] = []  # newest first
        self.texts = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def opened(self) -> Workflows:
        return Workflows(
            self.folder, ROOT / "presets", lambda name, change: self.events.append((name, change))
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def refused(self, work: Coroutine[Any, Any, object], error: type[StudioError]) -> None:
        """Expect an error that is a sentence, and no event."""
        before = list(self.events)
        with pytest.raises(error) as caught:
            self.run(work)
        assert caught.value.detail.endswith(".") or isinstance(caught.value, InvalidWorkflow)
        assert self.events == before

    def new_text(self) -> str:
        self.texts += 1
        return f"text {self.texts}"

    # Changes by the studio

    @rule(name=NAMES)
    def save(self, name: str) -> None:
        content = Content(self.new_text(), (), name)
        saved = self.run(self.library.put(name, Workflow(description=content.text or "")))
        assert saved.new == (name not in self.saved)
        self.put(name, content)

    def put(self, name: str, content: Content) -> None:
        """The model of a save: a file that comes back has its versions again."""
        if name in self.saved:
            self.saved[name].save(content)
        else:
            left = self.left.pop(name, None)
            self.saved[name] = Saved(content, left.earlier if left else [])

    @precondition(lambda self: self.readable())
    @rule(pick=PICK, changed=st.booleans())
    def save_over_the_revision_that_was_opened(self, pick: int, changed: bool) -> None:
        name = self.picked(pick)
        workflow, revision = self.run(self.library.read(name))
        if changed:
            self.save(name)
            work = self.library.put(name, Workflow(description="unseen"), revision)
            self.refused(work, WorkflowChanged)
            return
        content = Content(self.new_text(), (), name)
        after = workflow.model_copy(update={"description": content.text, "tags": []})
        assert self.run(self.library.put(name, after, revision)).revision != revision
        self.put(name, content)

    @precondition(lambda self: self.readable())
    @rule(pick=PICK)
    def save_the_same_again(self, pick: int) -> None:
        name = self.picked(pick)
        workflow = self.run(self.library.get(name))
        self.run(self.library.put(name, workflow))
        before = self.saved[name].content
        self.put(name, Content(before.text, before.tags, name))

    @precondition(lambda self: self.saved)
    @rule(pick=PICK, new=NAMES)
    def rename(self, pick: int, new: str) -> None:
        name = sorted(self.saved)[pick % len(self.saved)]
        work = self.library.rename(name, new)
        saved = self.saved[name]
        if saved.content.text is None:
            self.refused(work, InvalidWorkflow)
        elif new in self.saved and new != name:
            self.refused(work, Conflict)
        else:
            self.run(work)
            self.free(new)
            del self.saved[name]
            renamed = Content(saved.content.text, saved.content.tags, new)
            self.saved[new] = Saved(renamed, saved.earlier)

    def free(self, name: str) -> None:
        """The model of a name that gets another workflow: the former one is in the trash."""
        left = self.left.pop(name, None)
        if left is not None and left.earlier:
            newest, *earlier = left.earlier
            self.discard(name, Saved(newest, earlier))

    def discard(self, name: str, saved: Saved) -> None:
        self.deleted.insert(0, (name, saved))
        del self.deleted[DELETED_KEPT:]

    @precondition(lambda self: self.saved)
    @rule(pick=PICK, copy=st.none() | NAMES)
    def duplicate(self, pick: int, copy: str | None) -> None:
        name = sorted(self.saved)[pick % len(self.saved)]
        work = self.library.duplicate(name, copy)
        content = self.saved[name].content
        if content.text is None:
            self.refused(work, InvalidWorkflow)
        elif copy in self.saved:
            self.refused(work, Conflict)
        else:
            made = self.run(work)
            assert made not in self.saved
            assert copy in (None, made)
            self.free(made)
            self.saved[made] = Saved(Content(content.text, content.tags, made))

    @precondition(lambda self: self.saved)
    @rule(pick=PICK, tags=TAGS)
    def tag(self, pick: int, tags: list[str]) -> None:
        name = sorted(self.saved)[pick % len(self.saved)]
        content = self.saved[name].content
        work = self.library.tag(name, tags)
        if content.text is None:
            self.refused(work, InvalidWorkflow)
            return
        self.run(work)
        self.put(name, Content(content.text, tuple(tags), name))

    @precondition(lambda self: self.saved)
    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        name = sorted(self.saved)[pick % len(self.saved)]
        self.run(self.library.delete(name))
        self.discard(name, self.saved.pop(name))

    @precondition(lambda self: self.deleted)
    @rule(pick=PICK)
    def restore_a_deleted_workflow(self, pick: int) -> None:
        place = pick % len(self.deleted)
        name, saved = self.deleted[place]
        trash_id = self.run(self.library.deleted())[place]["id"]
        restored = self.run(self.library.restore_deleted(name, trash_id))
        assert restored not in self.saved
        assert (restored == name) == (name not in self.saved)
        adopted = self.left.get(restored) if restored == name and not saved.earlier else None
        if adopted is None:
            self.free(restored)
        else:
            del self.left[restored]
        del self.deleted[next(i for i, entry in enumerate(self.deleted) if entry[1] is saved)]
        self.saved[restored] = Saved(saved.content, adopted.earlier if adopted else saved.earlier)

    @precondition(lambda self: any(saved.versions for saved in self.saved.values()))
    @rule(pick=PICK, which=PICK)
    def restore_a_version(self, pick: int, which: int) -> None:
        names = sorted(name for name, saved in self.saved.items() if saved.versions)
        name = names[pick % len(names)]
        place = which % len(self.saved[name].versions)
        version = self.saved[name].versions[place]
        version_id = self.run(self.library.versions(name))[place]["id"]
        self.run(self.library.restore_version(name, version_id))
        self.put(name, Content(version.text, version.tags, name))

    # Changes by other programs

    @rule(name=NAMES, broken=st.booleans(), by_hand=st.booleans())
    def write_a_file(self, name: str, broken: bool, by_hand: bool) -> None:
        file = find_file(self.folder, name)
        if by_hand and not file.exists():
            file = self.folder / f"{name}.json"
        content = Content(None if broken else self.new_text(), (), "elsewhere")
        data = Workflow(name="elsewhere", description=content.text or "").json_data()
        text = f"{{ {self.new_text()}" if broken else json.dumps(data)
        file.write_text(text, encoding="utf-8")
        content = content if not broken else Content(None, (), text)
        if name in self.saved:
            self.saved[name].content = content
        else:
            self.put(name, content)

    @precondition(lambda self: self.saved)
    @rule(pick=PICK)
    def remove_a_file(self, pick: int) -> None:
        name = sorted(self.saved)[pick % len(self.saved)]
        find_file(self.folder, name).unlink()
        self.left[name] = self.saved.pop(name)

    @rule()
    def restart(self) -> None:
        self.library = self.opened()

    # Answers

    @rule(name=NAMES)
    def a_name_without_a_file_is_not_found(self, name: str) -> None:
        if name in self.saved:
            return
        library = self.library
        for work in (library.get(name), library.delete(name), library.rename(name, "other")):
            self.refused(work, NotFound)

    @invariant()
    def the_list_has_every_workflow_once_and_no_broken_file(self) -> None:
        entries = self.run(self.library.all())
        listed = sorted((entry["name"], entry["description"], entry["tags"]) for entry in entries)
        contents = {name: self.saved[name].content for name in self.readable()}
        assert listed == sorted((n, c.text, list(c.tags)) for n, c in contents.items())
        times = [entry["updated_at"] for entry in entries]
        assert times == sorted(times, reverse=True)

    @invariant()
    def every_version_is_listed_newest_first(self) -> None:
        for name, saved in self.saved.items():
            ids = [entry["id"] for entry in self.run(self.library.versions(name))]
            contents = [self.run(self.library.version(name, version)) for version in ids]
            assert [content.description for content in contents] == [
                content.text for content in saved.versions
            ]

    @invariant()
    def the_trash_has_the_deleted_workflows_newest_first(self) -> None:
        entries = self.run(self.library.deleted())
        assert [entry["name"] for entry in entries] == [name for name, _ in self.deleted]

    @invariant()
    def nothing_lies_beside_the_files_of_the_names(self) -> None:
        files = {name_of(path) for path in self.folder.iterdir() if path.suffix == ".json"}
        assert files == self.saved.keys()
        assert not list(self.folder.rglob("*.partial"))
        for history in self.folder.glob(f"{versions.FOLDER}/*"):
            assert len(list(history.iterdir())) <= KEPT

    def readable(self) -> list[str]:
        """The names of the files that are workflows."""
        return sorted(name for name, saved in self.saved.items() if saved.content.text is not None)

    def picked(self, pick: int) -> str:
        names = self.readable()
        return names[pick % len(names)]


LibraryMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25)


@pytest.fixture(autouse=True)
def few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small limits, so that random changes reach them, and no waiting for the disk."""
    monkeypatch.setattr(versions, "KEPT", KEPT)
    monkeypatch.setattr(trash, "KEPT", DELETED_KEPT)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


TestLibrary = LibraryMachine.TestCase
