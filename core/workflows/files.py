"""Files of workflows: names, paths, reading and writing.

The only module that turns the name of a workflow into a path.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from core.errors import InvalidInput, InvalidWorkflow, NotFound, TooLarge
from core.store import atomic
from core.store.faults import storage_error
from core.workflows.workflow import Workflow

NAME_MAX = 80
FILE_NAME_MAX = 240
FILE_MAX = 8 << 20  # bytes
SEE_LIST = "See the list of workflows."


def path_of(folder: Path, name: str) -> Path:
    """The file that a save creates. Raises `InvalidInput` for a name that could be a path."""
    plain = unicodedata.normalize("NFC", name)
    if not plain or len(plain) > NAME_MAX or not plain.isprintable() or plain != plain.strip():
        raise _bad_name(f"A workflow's name is 1 to {NAME_MAX} printable characters.")
    if plain.startswith(".") or set("/\\") & set(plain):
        raise _bad_name("A workflow's name has no slash and no dot in front.")
    file_name = _file_name(plain)
    if len(file_name) > FILE_NAME_MAX:
        raise _bad_name("This name is too long for a file.")
    return folder / file_name


def _bad_name(detail: str) -> InvalidInput:
    return InvalidInput(detail, field="name", fix="Choose another name.")


def name_of(path: Path) -> str:
    """The name of the workflow in a file."""
    return unicodedata.normalize("NFC", unquote(path.stem))


def find_file(folder: Path, name: str) -> Path:
    """The file of a workflow as a save or another program named it, else as `path_of`.

    Reads the folder: call it from a thread. Raises `InvalidInput` as `path_of` does.
    """
    path = path_of(folder, name)
    if path.exists() or not folder.is_dir():
        return path
    return files_by_name(folder).get(name_of(path), path)


def files_by_name(folder: Path) -> dict[str, Path]:
    """The files of a folder by the names of their workflows. Raises `OSError`.

    Of two files with one name, the one that saves write. Files whose names no workflow can have
    are left out.
    """
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix != ".json":
            continue
        name = name_of(path)
        with suppress(InvalidInput):
            if path == path_of(folder, name) or name not in files:
                files[name] = path
    return files


def numbered(name: str, number: int) -> str:
    """A name with a number behind it, cut to the length that a file can have."""
    plain, suffix = unicodedata.normalize("NFC", name), f" {number}"
    plain = plain[: NAME_MAX - len(suffix)].rstrip()
    while len(_file_name(plain + suffix)) > FILE_NAME_MAX:
        plain = plain[:-1].rstrip()
    return plain + suffix


def read_json(path: Path) -> Any:
    """The content of a file; raises `InvalidWorkflow` and `OSError`."""
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidWorkflow(f"{path.name} is not JSON: {error}") from error


def content_of(name: str, workflow: Workflow) -> bytes:
    """The file of a workflow under a name. Raises `TooLarge`."""
    data = workflow.model_copy(update={"name": name}).json_data()
    content = _text(data).encode()
    if len(content) > FILE_MAX:
        raise TooLarge(
            f"The workflow has {len(content)} bytes; {FILE_MAX} are allowed.",
            fix="Upload its images, and name their IDs instead.",
        )
    return content


def write(path: Path, content: bytes) -> None:
    """Replace a file, whole or not at all. Raises `StorageFull` where the disk has no room."""
    with file_errors(name_of(path), len(content)):
        atomic.write_bytes(path, content)


@contextmanager
def file_errors(name: str, size: int | None = None) -> Iterator[None]:
    """Translate errors of the workflow's file; `size` is what was to be written, in bytes."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"There is no workflow {name!r}.", fix=SEE_LIST) from error
    except OSError as error:
        raise storage_error(error, size) from error


def _file_name(name: str) -> str:
    return quote(name, safe=" ") + ".json"


def _text(data: Mapping[str, Any]) -> str:
    """A workflow as JSON, a line for each brick and wire: deep values are not indented."""
    entries = []
    for name, value in data.items():
        text = _json(value)
        if isinstance(value, list) and value:
            text = "[\n    " + ",\n    ".join(map(_json, value)) + "\n  ]"
        entries.append(f"  {_json(name)}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
