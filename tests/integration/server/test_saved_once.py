"""A file is saved once, however often the server dies in between."""

from pathlib import Path

from tests.integration.api.pictures import png
from tests.integration.conftest import MakeServer
from tests.integration.process import Server, until


def saved(server: Server) -> list[Path]:
    return [path for path in (server.data_dir / "output").rglob("*") if path.is_file()]


def test_a_server_killed_after_the_file_was_written_does_not_write_it_again(
    make_server: MakeServer,
) -> None:
    server = make_server().start()
    files = {"file": ("a.png", png(), "image/png")}
    asset = server.http.post("/api/assets", files=files).json()["id"]
    server.done(server.submit("save", image=asset, file_name="first"))  # the worker has started
    for number in range(4):
        task = server.submit("save", image=asset, file_name=f"owl-{number}-{{time}}-{{uuid}}")
        until("the file is written", lambda count=number + 2: len(saved(server)) == count)
        server.kill()
        server.start()
        server.done(task)
        assert len(saved(server)) == number + 2


def test_unfinished_files_in_the_output_folder_are_removed_at_start(
    make_server: MakeServer,
) -> None:
    server = make_server()
    left = server.data_dir / "output" / "day" / ".0123456789abcdef.partial"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    server.start()
    until("the leftover is gone", lambda: not left.exists())
