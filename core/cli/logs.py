"""`main.py logs`: the log on the terminal, by task and level, also while it grows."""

from __future__ import annotations

import json
import time
from typing import Annotated, Literal

import typer

from core.cli.options import AsJson, DataDir, settings_with
from core.logs import reader
from core.logs.console import line
from core.logs.files import FOLDER
from core.logs.reader import LogFilter

FOLLOW_SECONDS = 0.5
Level = Literal["debug", "info", "warning", "error", "critical"]


def show_log(
    task: Annotated[str | None, typer.Option(help="ID of a task.")] = None,
    level: Annotated[Level | None, typer.Option(help="This level and those above.")] = None,
    logger: Annotated[str | None, typer.Option(help="A logger and those below it.")] = None,
    q: Annotated[str | None, typer.Option("--search", help="Text of the message.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Records, at most.")] = 100,
    follow: Annotated[bool, typer.Option(help="Print new records until Ctrl+C.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Print the log, oldest records first. Works with and without a running studio."""
    folder = settings_with(data_dir=data_dir).data_dir / FOLDER
    wanted = LogFilter(task=task, level=level, logger=logger, q=q)
    records = reader.newest(folder, wanted, limit)
    last = ""
    while True:
        for record in records:
            text = json.dumps(record, ensure_ascii=False) if as_json else line(record)
            print(text, flush=follow)
            last = record["id"]
        if not follow:
            return
        time.sleep(FOLLOW_SECONDS)
        records = reader.after(folder, wanted, limit, last)
