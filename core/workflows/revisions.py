"""Revisions of saved workflows: hashes of their files, so that no save replaces another unseen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import WorkflowChanged
from core.workflows.files import file_errors, name_of

LENGTH = 16  # digits of a revision


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A workflow that was saved; `new` where its name had no file."""

    revision: str
    new: bool


def revision_of(path: Path) -> str:
    """The revision of a saved workflow. Raises `NotFound` or `StorageUnavailable`."""
    with file_errors(name_of(path)):
        return _revision(path.read_bytes())


def check_revision(path: Path, content: bytes, expected: str | None) -> None:
    """Refuse to replace a file by `content` where it has another revision than `expected`.

    An empty one stands for no file, None for any. Equal content replaces nothing, and neither does
    a file that was deleted meanwhile. Raises `WorkflowChanged`.
    """
    if expected is None or not path.exists():
        return
    with file_errors(name_of(path)):
        saved = path.read_bytes()
    if saved == content or _revision(saved) == expected:
        return
    if not expected:
        raise WorkflowChanged(
            f"There is a workflow {name_of(path)!r} already.",
            field="name",
            fix="Choose another name, or overwrite it by a request without `If-None-Match`.",
        )
    raise WorkflowChanged(
        f"Another version of the workflow {name_of(path)!r} was saved after this one was opened.",
        field="name",
        fix="Save under another name, or overwrite it by a request without `If-Match`.",
    )


def _revision(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:LENGTH]
