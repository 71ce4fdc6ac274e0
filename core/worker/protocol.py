"""The messages between server and worker: one JSON object per line, version 4.

Every message is a frozen record with a `type`; `encode` and `decode` are the only way to and from
bytes. Both sides import this module, so it imports nothing heavy.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.worker.worker_settings import WorkerSettings

JobKey = tuple[str, int]  # a task's id and its attempt
M = TypeVar("M")
VERSION = 4
LOADING = "loading"  # the phase in which models are read into memory
LINE_LIMIT = 64 << 20  # bytes; a longer line is a fault, not a message


class MalformedMessage(ValueError):
    """A malformed line; `line` holds its first bytes."""

    def __init__(self, line: bytes, why: str) -> None:
        super().__init__(why)
        self.line = line[:200]


class Message(BaseModel):
    """The base of all messages."""

    # Built at first use: the server answers before it starts any worker.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class About(Message):
    """A message about one attempt of one task."""

    task_id: str
    attempt: int

    @property
    def about(self) -> JobKey:
        """The task and its attempt."""
        return self.task_id, self.attempt


# Server to worker.


class Hello(Message):
    """The first line: the lane of the worker, the index of its device, and its settings.

    `device` is None in lanes that see no accelerator.
    """

    type: Literal["hello"] = "hello"
    version: int = VERSION
    lane: str
    device: int | None = None
    settings: WorkerSettings


class InputAsset(Message):
    """An asset that a task reads."""

    key: str
    type: str
    width: int | None = None
    height: int | None = None


class Start(About):
    """Run an operation on a lane, on the device of an index where one is given.

    `inputs` are the assets that it may read, by id. Starts of one `batch` may run together.
    """

    type: Literal["start"] = "start"
    lane: str
    device: int | None = None
    operation: str
    params: dict[str, Any]
    inputs: dict[str, InputAsset] = Field(default_factory=dict)
    snapshot: dict[str, Any] = Field(default_factory=dict)
    checkpoint_key: str | None = None
    transient: bool = False  # results come back in the report, nothing is stored
    batch: str | None = None


class StartBatch(Message):
    """Run several compatible starts together."""

    type: Literal["start_batch"] = "start_batch"
    starts: tuple[Start, ...]


class Cancel(About):
    """Stop this within one step."""

    type: Literal["cancel"] = "cancel"


class Yield(About):
    """End this with a checkpoint at the next opportunity."""

    type: Literal["yield"] = "yield"


class Stop(Message):
    """Finish the running job, accept no other, then exit."""

    type: Literal["stop"] = "stop"


class Ping(Message):
    """Request a `Pong`."""

    type: Literal["ping"] = "ping"
    n: int


# Worker to server.


class Starting(Message):
    """Not ready yet; `phase` is the current step, such as `loading libraries`."""

    type: Literal["starting"] = "starting"
    phase: str


class Ready(Message):
    """Ready for work. `device`: kind, name; `memory`: total_bytes, used_bytes."""

    type: Literal["ready"] = "ready"
    device: dict[str, Any]
    memory: dict[str, int]


class Metric(Message):
    """The newest value of a metric and its step. `value` is None where it is not finite."""

    value: float | None
    step: int


class Progress(About):
    """The progress of a task. `preview` is a JPEG in base64; `metrics` are the newest, by name."""

    type: Literal["progress"] = "progress"
    phase: str
    step: int = 0
    steps: int = 0
    image: int = 1
    images: int = 1
    preview: str | None = None
    metrics: dict[str, Metric] = Field(default_factory=dict)


class Computed(About):
    """The operation has ended; its results are being stored, and the device is free."""

    type: Literal["computed"] = "computed"


class Output(Message):
    """A stored result (`key`), one that travels itself (`data`, in base64), or a value."""

    port: str
    index: int
    kind: str
    key: str | None = None
    data: str | None = None
    type: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    value: Any = None


class Stored(About):
    """An image is stored, and the job goes on. Not sent where `Finished` follows at once."""

    type: Literal["stored"] = "stored"
    output: Output


class LoggedValue(Message):
    """A value of a run at a step. None where it is not finite."""

    name: str
    step: int
    value: float | None


class LoggedFile(Message):
    """A stored file of a run, such as a sample at a step."""

    kind: str
    step: int
    index: int
    key: str
    size: int
    type: str
    facts: dict[str, Any] = Field(default_factory=dict)


class Logged(About):
    """Rows for the log of a run. `dropped` are the kinds and steps of files to forget."""

    type: Literal["logged"] = "logged"
    values: tuple[LoggedValue, ...] = ()
    files: tuple[LoggedFile, ...] = ()
    dropped: tuple[tuple[str, int], ...] = ()


class Notice(Message):
    """A warning: a stable code, a sentence and the field it is about."""

    code: str
    detail: str
    field: str | None = None


class Returned(About):
    """The batch could not run together: this has not ended and is to be started again, alone."""

    type: Literal["returned"] = "returned"


class Finished(About):
    """All results are stored. `timings` are in seconds; `facts` belong to the snapshot."""

    type: Literal["finished"] = "finished"
    outputs: tuple[Output, ...] = ()
    warnings: tuple[Notice, ...] = ()
    timings: dict[str, float] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict)


class Failed(About):
    """The job failed with a `StudioError.record()`; the worker goes on."""

    type: Literal["failed"] = "failed"
    error: dict[str, Any]


class Cancelled(About):
    """The job stopped after a `Cancel`."""

    type: Literal["cancelled"] = "cancelled"


class Yielded(About):
    """The job ended with a checkpoint, stored under `checkpoint_key`."""

    type: Literal["yielded"] = "yielded"
    checkpoint_key: str


class Pong(Message):
    """The answer to a `Ping`."""

    type: Literal["pong"] = "pong"
    n: int


class Dead(Message):
    """The reason of a worker that must exit."""

    type: Literal["dead"] = "dead"
    reason: str


class Lost(About):
    """The worker died while it ran this; written by the server's side."""

    type: Literal["lost"] = "lost"
    reason: str


Request = Hello | Start | StartBatch | Cancel | Yield | Stop | Ping
Reply = (
    Starting
    | Ready
    | Progress
    | Stored
    | Logged
    | Computed
    | Returned
    | Finished
    | Failed
    | Cancelled
    | Yielded
    | Pong
    | Dead
)
Ending = Finished | Failed | Cancelled | Yielded | Lost

# The reports about a task.
TaskReport = Progress | Stored | Logged | Computed | Finished | Failed | Cancelled | Yielded | Lost


@cache
def _requests() -> TypeAdapter[Request]:
    return TypeAdapter(Annotated[Request, Field(discriminator="type")])


@cache
def _replies() -> TypeAdapter[Reply]:
    return TypeAdapter(Annotated[Reply, Field(discriminator="type")])


def encode(message: Message) -> bytes:
    """One line, newline included. Raises `MalformedMessage` for text that is no Unicode."""
    try:
        return message.model_dump_json().encode() + b"\n"
    except ValueError as error:
        raise MalformedMessage(repr(message).encode("ascii", "replace"), str(error)) from error


def decode_request(line: bytes) -> Request:
    """A line from the server. Raises `MalformedMessage`."""
    return _decode(_requests(), line)


def decode_reply(line: bytes) -> Reply:
    """A line from a worker. Raises `MalformedMessage`."""
    return _decode(_replies(), line)


def _decode(adapter: TypeAdapter[M], line: bytes) -> M:
    try:
        return adapter.validate_json(line)
    except ValidationError as error:
        raise MalformedMessage(line, str(error.errors(include_url=False)[:1])) from error
