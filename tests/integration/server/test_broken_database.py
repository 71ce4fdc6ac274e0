"""A data directory whose database is none."""

from tests.integration.conftest import MakeServer


def test_a_file_that_is_no_database_ends_the_start_with_a_sentence(make_server: MakeServer) -> None:
    server = make_server()
    server.data_dir.mkdir(parents=True)
    (server.data_dir / "studio.db").write_bytes(b"no database at all" * 1000)
    assert server.launch().wait(60) == 1
    log = server.log.read_text(encoding="utf-8")
    assert "not a database" in log
    assert "Traceback" not in log
    assert len(log.strip().splitlines()) <= 2
