"""The errors of the studio: one tree with stable codes.

A class fixes the `code` (clients rely on it), the HTTP `status` and a `title`; an instance holds
what is wrong (`detail`), where (`field`) and what to do (`fix`). `api/problems.py` translates them
to HTTP; the worker sends them as records, and the server stores the records on tasks. This module
depends on no framework.

    StudioError
    ├── InvalidInput          a parameter, a body or a file is wrong
    │   ├── BadUpload
    │   ├── InvalidDataset
    │   ├── InvalidWorkflow
    │   └── KeyReused
    ├── TooLarge
    ├── NotFound
    ├── Conflict
    │   ├── DataDirectoryBusy
    │   ├── WorkflowChanged
    │   ├── TaskChanged
    │   └── Superseded
    ├── Refused               the caller may not do this
    │   ├── SettingGuarded
    │   └── TokenRequired
    ├── ModelMissing
    ├── ModelBroken
    ├── TaskFailure           a task ended badly
    │   ├── WorkerLost
    │   ├── OutOfMemory
    │   ├── ParentFailed
    │   └── DownloadFailed
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
    """A fault of one field; `field` is a dotted path."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Download:
    """An entry of the catalogue that supplies what is missing; `bytes` is its approximate size."""

    id: str
    label: str
    bytes: int


class StudioError(Exception):
    """An internal error of the studio."""

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
        """The error as JSON, for task rows, worker reports and problem documents."""
        record: dict[str, Any] = {
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
            "field": self.field,
            "fix": self.fix,
        }
        if self.errors:
            record["errors"] = [asdict(error) for error in self.errors]
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> StudioError:
        """The error that `record()` wrote; a `TaskFailure` where its code is unknown here."""
        classes: list[type[StudioError]] = [StudioError]
        for known in classes:
            classes += known.__subclasses__()
        code = record.get("code")
        error_class = next((known for known in classes if known.code == code), TaskFailure)
        return error_class(str(record.get("detail", "")), **error_class._arguments(record))

    @classmethod
    def _arguments(cls, record: Mapping[str, Any]) -> dict[str, Any]:
        """The keyword arguments of an error of this class."""
        return {
            "field": record.get("field"),
            "fix": record.get("fix"),
            "errors": [FieldError(**error) for error in record.get("errors", ())],
        }


class InvalidInput(StudioError):
    """A parameter is out of range, of the wrong type or unknown."""

    code = "invalid_input"
    status = 422
    title = "The input is not valid"


class BadUpload(InvalidInput):
    """An uploaded file is not an image that the studio accepts."""

    code = "bad_upload"
    title = "The file cannot be used"


class InvalidDataset(InvalidInput):
    """Images or captions of a dataset cannot be trained on as they are."""

    code = "invalid_dataset"
    title = "The dataset cannot be used"


class InvalidWorkflow(InvalidInput):
    """A workflow cannot be run as it is."""

    code = "invalid_workflow"
    title = "The workflow cannot run"


class KeyReused(InvalidInput):
    """The idempotency key was sent with another route or body before."""

    code = "idempotency_key_reused"
    title = "The idempotency key is taken"
    fix = "Send each request with a key of its own, and repeat it with the same body."


class TooLarge(StudioError):
    """A body or a file is over its limit."""

    code = "too_large"
    status = 413
    title = "Too large"


class NotFound(StudioError):
    """Nothing has this name or ID."""

    code = "not_found"
    status = 404
    title = "Not found"


class Conflict(StudioError):
    """The current state does not allow this."""

    code = "conflict"
    status = 409
    title = "Not possible now"


class DataDirectoryBusy(Conflict):
    """Another process owns the data directory."""

    code = "data_directory_busy"
    title = "The data directory is in use"
    pid: int | None = None
    address: str | None = None


class WorkflowChanged(Conflict):
    """Another version of the workflow was saved meanwhile."""

    code = "workflow_changed"
    title = "Another version was saved"


class TaskChanged(Conflict):
    """The task has another version than the change was made for."""

    code = "task_changed"
    title = "The task has changed"
    fix = "Read the task again, and send the change with its version."


class Superseded(Conflict):
    """A newer request of the same slot replaced this one."""

    code = "superseded"
    title = "Superseded"


class Refused(StudioError):
    """Requests from this origin or host are not accepted."""

    code = "refused"
    status = 403
    title = "Refused"


class SettingGuarded(Refused):
    """The setting decides security, or settings are read-only: REST does not change it."""

    code = "setting_guarded"
    title = "The setting is guarded"


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
        errors: Sequence[FieldError] = (),
        pull: Sequence[Download] = (),
    ) -> None:
        """`pull`: the entries of the catalogue whose download supplies the model."""
        super().__init__(detail, field=field, fix=fix, errors=errors)
        self.pull = tuple(pull)

    def record(self) -> dict[str, Any]:
        """The error with the downloads that resolve it."""
        downloads = {"pull": [asdict(download) for download in self.pull]} if self.pull else {}
        return {**super().record(), **downloads}

    @classmethod
    def _arguments(cls, record: Mapping[str, Any]) -> dict[str, Any]:
        pull = [Download(**download) for download in record.get("pull", ())]
        return {**super()._arguments(record), "pull": pull}


class ModelBroken(StudioError):
    """A model's files are corrupt, truncated or of another format than they claim."""

    code = "model_broken"
    status = 422
    title = "The model cannot be loaded"


class TaskFailure(StudioError):
    """A task failed while it ran."""

    code = "task_failed"
    title = "The task failed"


class WorkerLost(TaskFailure):
    """The worker process ended while it ran the task."""

    code = "worker_lost"
    title = "The worker stopped"


class OutOfMemory(TaskFailure):
    """The device or the machine ran out of memory."""

    code = "out_of_memory"
    title = "Out of memory"
    fix = "Choose a smaller size or a smaller model, or close other programs."


class ParentFailed(TaskFailure):
    """A task that this one depends on did not complete."""

    code = "parent_failed"
    title = "An earlier step failed"
    fix = "Retry the earlier step; this one then runs by itself."


class DownloadFailed(TaskFailure):
    """A file could not be downloaded from the hub."""

    code = "download_failed"
    title = "The download failed"


class StorageUnavailable(StudioError):
    """The data directory cannot be read or written."""

    code = "storage_unavailable"
    status = 503
    title = "The data folder is not available"


class StorageFull(StorageUnavailable):
    """The disk has too little free space."""

    code = "storage_full"
    status = 507
    title = "The disk is full"
    fix = "Free some space, then retry."


class SchemaMismatch(StorageUnavailable):
    """The database belongs to a newer version or to another program."""

    code = "schema_mismatch"
    title = "The database does not fit this version"
    fix = "Use the version that wrote it, or choose another data folder."
