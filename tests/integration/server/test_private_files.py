"""The data directory is readable by its owner only."""

import os
import stat

import pytest

from tests.integration.api.pictures import png
from tests.integration.conftest import MakeServer
from tests.integration.process import Server, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows inherits permissions")


def open_to_others(server: Server) -> list[str]:
    paths = [server.data_dir, *server.data_dir.rglob("*")]
    return [str(path) for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]


def test_every_file_of_the_data_directory_is_private(make_server: MakeServer) -> None:
    server = make_server().start()
    asset = server.http.post("/api/assets", files={"file": ("a.png", png(), "image/png")}).json()
    server.http.get(asset["thumbnail_url"]).raise_for_status()
    server.done(server.submit("save", image=asset["id"], file_name="day/owl"))
    server.done(server.submit("painting"))
    assert (server.data_dir / "studio.db-wal").exists()
    until("the lock is private", lambda: not open_to_others(server), 10)


def test_files_of_an_older_version_become_private(make_server: MakeServer) -> None:
    server = make_server()
    older = server.data_dir / "assets" / "ab" / "old"
    older.parent.mkdir(parents=True)
    older.write_bytes(b"x")
    for path in (older, older.parent, server.data_dir):
        path.chmod(0o755)
    server.start()
    until("all is private", lambda: not open_to_others(server), 10)
