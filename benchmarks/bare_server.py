"""The least that can accept work durably: FastAPI, SQLite, one commit (WAL, FULL) per request.

`python -m benchmarks.bare_server PORT FILE`. What the studio does beside this is its own price.
"""

from __future__ import annotations

import sqlite3
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI


def create_app(file: str) -> FastAPI:
    """One route that stores a JSON body in one transaction, and one that says it is there."""
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE IF NOT EXISTS tasks (id INTEGER PRIMARY KEY, body TEXT)")
    app = FastAPI()

    @app.get("/api/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/api/tasks", status_code=202)
    async def accept(body: dict[str, Any]) -> dict[str, Any]:
        row = database.execute("INSERT INTO tasks (body) VALUES (?)", (repr(body),))
        return {"task_id": row.lastrowid}

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[2]), port=int(sys.argv[1]), log_level="warning")
