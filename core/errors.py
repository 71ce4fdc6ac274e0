"""Every error the studio raises on purpose: one tree, stable codes, plain words.

A class fixes the `code` (stable, clients rely on it), the HTTP `status` and a `title`; an
instance says what is wrong (`detail`), where (`field`) and what to do (`fix`). Translation to
HTTP happens in one place, `api/problems.py`; the worker sends errors as records and the server
stores them on the task. This module knows no framework.

    StudioError
    ├── InvalidInput          a parameter, a body or a file is wrong
    │   ├── BadUpload
    │   └── InvalidWorkflow
    ├── NotFound
    ├── Conflict
    │   ├── DataDirectoryBusy
    │   └── Superseded
    ├── Refused               the caller may not do this
    │   └── TokenRequired
    ├── ModelMissing
    ├── ModelBroken
    ├── TaskFailure           a task ended badly
    │   ├── DownloadFailed
    │   ├── WorkerLost
    │   ├── OutOfMemory
    │   └── ParentFailed
    └── StorageUnavailable
        ├── StorageFull
        └── SchemaMismatch
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is a dotted path."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Download:
    """An entry of the catalogue that would help; `bytes` is about its size."""

    id: str
    label: str
    bytes: int


class StudioError(Exception):
    """Something went wrong inside the studio."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    fix: str | None = None

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        fix: str | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.fix = fix if fix is not None else type(self).fix
        self.errors = tuple(errors)

    def record(self) -> dict[str, Any]:
        """The error as JSON: what a task row, a worker report and a problem document hold."""
        found: dict[str, Any] = {
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
            "field": self.field,
            "fix": self.fix,
        }
        if self.errors:
            found["errors"] = [asdict(error) for error in self.errors]
        return found


class InvalidInput(StudioError):
    """A parameter is out of range, of the wrong type or unknown."""

    code = "invalid_input"
    status = 422
    title = "The input is not valid"


class BadUpload(InvalidInput):
    """An uploaded file is not a picture the studio accepts."""

    code = "bad_upload"
    title = "The file cannot be used"


class InvalidWorkflow(InvalidInput):
    """A workflow cannot be run as it is."""

    code = "invalid_workflow"
    title = "The workflow cannot run"


class TooLarge(StudioError):
    """A body or a file is over its limit."""

    code = "too_large"
    status = 413
    title = "Too large"


class NotFound(StudioError):
    """Nothing has this name or id."""

    code = "not_found"
    status = 404
    title = "Not found"


class Conflict(StudioError):
    """The state of things does not allow this now."""

    code = "conflict"
    status = 409
    title = "Not possible now"


class DataDirectoryBusy(Conflict):
    """Another process owns the data directory."""

    code = "data_directory_busy"
    title = "The data directory is in use"
    pid: int | None = None
    address: str | None = None


class Superseded(Conflict):
    """A newer request of the same slot took the place of this one."""

    code = "superseded"
    title = "Overtaken"


class Refused(StudioError):
    """The request comes from where requests are not taken."""

    code = "refused"
    status = 403
    title = "Refused"


class TokenRequired(Refused):
    """The studio is reachable from other machines, so requests need its token."""

    code = "token_required"
    status = 401
    title = "Sign in"
    fix = (
        "Send `Authorization: Bearer <token>`; the token is in the file `token` of the data folder."
    )


class ModelMissing(StudioError):
    """The model is not on this machine."""

    code = "model_missing"
    status = 409
    title = "The model is missing"

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        fix: str | None = None,
        pull: Sequence[Download] = (),
    ) -> None:
        """`pull`: what of the catalogue would bring it, by `POST /api/models/{id}/pull`."""
        super().__init__(detail, field=field, fix=fix)
        self.pull = tuple(pull)

    def record(self) -> dict[str, Any]:
        """The error with the way out that one click can go."""
        ways = {"pull": [asdict(download) for download in self.pull]} if self.pull else {}
        return {**super().record(), **ways}


class ModelBroken(StudioError):
    """A model's files are corrupt, truncated or not what they claim."""

    code = "model_broken"
    status = 422
    title = "The model cannot be loaded"


class TaskFailure(StudioError):
    """A task failed while it ran."""

    code = "task_failed"
    title = "The task failed"


class WorkerLost(TaskFailure):
    """The worker process died under the task."""

    code = "worker_lost"
    title = "The worker stopped"


class OutOfMemory(TaskFailure):
    """The device or the machine ran out of memory."""

    code = "out_of_memory"
    title = "Out of memory"
    fix = "Choose a smaller size or a smaller model, or close other programs."


class ParentFailed(TaskFailure):
    """A task this one waits for did not complete."""

    code = "parent_failed"
    title = "An earlier step failed"
    fix = "Retry the earlier step; this one follows."


class DownloadFailed(TaskFailure):
    """A file could not be brought from the hub."""

    code = "download_failed"
    title = "The download failed"


class StorageUnavailable(StudioError):
    """The data directory cannot be read or written."""

    code = "storage_unavailable"
    status = 503
    title = "The data folder is not available"


class StorageFull(StorageUnavailable):
    """The disk has no room for what is to be written."""

    code = "storage_full"
    status = 507
    title = "The disk is full"
    fix = "Free some space, then retry."


class SchemaMismatch(StorageUnavailable):
    """The database belongs to a newer version, or to something else."""

    code = "schema_mismatch"
    title = "The database does not fit this version"
    fix = "Use the version that wrote it, or choose another data folder."


def from_record(record: Mapping[str, Any]) -> StudioError:
    """The error that `record()` wrote, of its class where that is known here."""
    kinds = [StudioError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    found = next((kind for kind in kinds if kind.code == record.get("code")), TaskFailure)
    return found(str(record.get("detail", "")), field=record.get("field"), fix=record.get("fix"))
