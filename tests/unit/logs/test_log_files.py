"""Log files: their size, their content, hostile texts, secrets, and queries."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.server import quiet_connections
from core.logs import reader, records
from core.logs.console import ConsoleFormatter, line, plain
from core.logs.files import LogFiles, Throttle
from core.logs.reader import LogFilter
from core.logs.records import MARK, TEXT_MAX, WorkerFormatter, parse_line
from core.logs.redaction import Redaction

ALL = LogFilter()
SECRET = "kZ7-secret-token"


def files(folder: Path, **options: Any) -> LogFiles:
    """A handler that writes to `folder`."""
    given: dict[str, Any] = {"max_bytes": 1 << 16, "count": 3, "redact": Redaction([SECRET])}
    return LogFiles(folder, **{**given, **options})


def emit(handler: logging.Handler, message: str, *args: Any, **extra: Any) -> None:
    """Log a message as a module of the studio would."""
    level = extra.pop("level", logging.INFO)
    name = extra.pop("name", "core.tasks")
    record = logging.makeLogRecord(
        {"name": name, "levelno": level, "levelname": logging.getLevelName(level)}
        | {"msg": message, "args": args}
        | extra
    )
    handler.handle(record)


def messages(folder: Path, wanted: LogFilter = ALL, limit: int = 100) -> list[str]:
    """The messages of the newest records."""
    return [data["message"] for data in reader.newest(folder, wanted, limit)]


def test_files_are_bounded_private_and_keep_the_newest(tmp_path: Path) -> None:
    handler = files(tmp_path, max_bytes=2000)
    for number in range(200):
        emit(handler, f"message {number}")
    handler.close()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["studio.1.jsonl", "studio.2.jsonl", "studio.jsonl"]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.iterdir())
    listed = messages(tmp_path, limit=500)
    assert listed[-1] == "message 199"
    numbers = [int(text.split()[1]) for text in listed]
    assert numbers == list(range(numbers[0], 200))


def test_a_log_of_one_file_stays_one_file(tmp_path: Path) -> None:
    handler = files(tmp_path, max_bytes=500, count=1)
    for number in range(20):
        emit(handler, f"message {number}")
    handler.close()
    assert [path.name for path in tmp_path.iterdir()] == ["studio.jsonl"]


HOSTILE = [
    "a\nb",
    "\x00\x1b[2J\x1e{}",
    "<img src=x onerror=alert(1)>",
    '"}\n{"id":"x"}',
    "\u202e",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_one_record(text: str, tmp_path: Path) -> None:
    handler = files(tmp_path)
    emit(handler, "%s", text, task_id=text)
    emit(handler, "next")
    handler.close()
    lines = (tmp_path / "studio.jsonl").read_bytes().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0])["message"] == text.encode("utf-8", "replace").decode()
    shown = line(json.loads(lines[0]))
    assert not set(shown) & set("\x00\x1b\x1e\u202e")


def test_a_long_text_is_cut_and_keeps_its_end(tmp_path: Path) -> None:
    handler = files(tmp_path)
    emit(handler, "x" * 100_000 + "the end")
    handler.close()
    [text] = messages(tmp_path)
    assert len(text) < TEXT_MAX + 10
    assert text.endswith("the end")


def test_a_message_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    handler = files(tmp_path / "file" / "folder")
    (tmp_path / "file").write_text("", encoding="utf-8")
    emit(handler, "a folder that cannot be made")
    emit(files(tmp_path), "%d", "no number")
    assert messages(tmp_path) == []


SECRETS = [
    f"the token is {SECRET}",
    "Authorization: Bearer abcdef123456",
    "authorization=Basic YWJjZGVm",
    "postgresql://me:pa55word@host/db",
    "https://x.y/z?access_token=pa55word&b=1",
    '{"token": "pa55word"}',
    "password=pa55word",
    "hf_abcdefghijklmnopqrstuv",
    "qpyt_session=pa55word0123",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_written(text: str, tmp_path: Path) -> None:
    handler = files(tmp_path)
    emit(handler, "%s", text)
    try:
        raise ValueError(text)
    except ValueError as error:
        exc_info = (type(error), error, error.__traceback__)
    emit(handler, "failed", exc_info=exc_info)
    handler.close()
    written = (tmp_path / "studio.jsonl").read_text(encoding="utf-8")
    for secret in (SECRET, "pa55word", "abcdef123456", "YWJjZGVm", "abcdefghijklm"):
        assert secret not in written
    assert "***" in written


def test_ordinary_words_are_not_masked() -> None:
    redact = Redaction(["", "abc"])
    text = "the tokens of a prompt: abc, key of a model, 77 tokens; see https://host/a?b=1"
    assert redact(text) == text


# Queries


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of records by two tasks, three levels and two loggers."""
    folder = tmp_path_factory.mktemp("logs")
    handler = files(folder, max_bytes=3000, count=50)
    for number in range(60):
        level = (logging.DEBUG, logging.INFO, logging.ERROR)[number % 3]
        name = ("core.tasks", "core.tasksmith", "core.tasks.queue")[number % 3]
        emit(handler, f"Message {number}", level=level, name=name, task_id=f"T{number % 2}")
    handler.close()
    with (folder / "studio.jsonl").open("ab") as file:
        file.write(b'not json\n[1]\n{"id": 1}\n{"half')
    return folder


def test_records_are_found_by_task_level_logger_and_text(folder: Path) -> None:
    everything = reader.newest(folder, ALL, 500)
    assert [data["message"] for data in everything] == [f"Message {n}" for n in range(60)]
    expected = {
        LogFilter(task="T1"): [n for n in range(60) if n % 2],
        LogFilter(level="info"): [n for n in range(60) if n % 3],
        LogFilter(level="error"): [n for n in range(60) if n % 3 == 2],
        LogFilter(logger="core.tasks"): [n for n in range(60) if n % 3 != 1],
        LogFilter(q="MESSAGE 5"): [5, *range(50, 60)],
        LogFilter(task="T1", level="error", q="1"): [11, 17, 41],
        LogFilter(task="nobody"): [],
    }
    for wanted, numbers in expected.items():
        assert messages(folder, wanted, 500) == [f"Message {n}" for n in numbers]


@given(limit=st.integers(1, 25))
def test_pages_back_and_forth_list_every_record_once(folder: Path, limit: int) -> None:
    wanted = LogFilter(level="info")
    everything = reader.newest(folder, wanted, 500)
    back: list[dict[str, Any]] = []
    before = None
    while page := reader.newest(folder, wanted, limit, before):
        back = page + back
        before = page[0]["id"]
    assert back == everything
    forth: list[dict[str, Any]] = []
    last = ""
    while page := reader.after(folder, wanted, limit, last):
        forth += page
        last = page[-1]["id"]
    assert forth == everything


# Workers, contexts, announcements


@given(st.text(st.characters(), max_size=200))
def test_a_record_of_a_worker_is_one_line_and_read_back(text: str) -> None:
    records.task_id.set("T1")
    record = logging.LogRecord("core.engine", logging.WARNING, "", 1, "%s", (text,), None)
    written = WorkerFormatter().format(record)
    records.task_id.set(None)
    assert "\n" not in written
    data = parse_line(written)
    assert data is not None
    assert (data["message"], data["level"], data["task_id"]) == (text, "warning", "T1")


@pytest.mark.parametrize("text", ["", "INFO x: y", MARK, MARK + "[]", MARK + '{"level": "loud"}'])
def test_another_line_of_a_worker_is_no_record(text: str) -> None:
    assert parse_line(text) is None


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert plain("a\x1b[31mb\tc\nd") == "a\ufffd[31mb\tc\nd"


def test_many_records_are_announced_once_with_the_newest() -> None:
    scheduled: list[Any] = []
    announced: list[str] = []
    throttle = Throttle(lambda _, work: scheduled.append(work), announced.append, 0.5)
    for number in range(100):
        throttle(str(number))
    assert len(scheduled) == 1
    scheduled.pop()()
    assert announced == ["99"]
    throttle("100")
    scheduled.pop()()
    assert announced == ["99", "100"]


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("connection open", ()),
        ("connection closed", ()),
        ('%s - "WebSocket %s" [accepted]', (1, 2)),
    ],
)
def test_sockets_that_open_and_close_are_logged_at_debug_only(
    message: str, args: tuple[int, ...]
) -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, message, args, None)
    root = logging.getLogger()
    before = root.level
    try:
        for level, shown in ((logging.INFO, False), (logging.DEBUG, True)):
            root.setLevel(level)
            assert quiet_connections(record) == shown
            assert quiet_connections(logging.makeLogRecord({"msg": "Application started"}))
    finally:
        root.setLevel(before)


def test_the_line_on_a_terminal_names_worker_task_and_request() -> None:
    record = logging.makeLogRecord({"name": "core.tasks", "msg": "done", "task_id": "01T"})
    token = records.request_id.set("ab-1")
    try:
        assert "core.tasks (task 01T, request ab-1): done" in ConsoleFormatter(Redaction()).format(
            record
        )
    finally:
        records.request_id.reset(token)
