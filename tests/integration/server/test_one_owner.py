"""One data directory, one owner: others are refused or become its clients."""

import io
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from core.errors import StudioError
from core.settings import Settings
from core.studio import Picture, Studio, StudioTaskError
from tests.integration.conftest import MakeServer
from tests.integration.process import LAZY, PATIENCE, ROOT, Server, environment, run_main, until

DRAWN = {"prompt": "a red house at night", "seed": 7, "num_inference_steps": 2}


def pixels(picture: Picture | Path) -> bytes:
    data = picture.png if isinstance(picture, Picture) else picture.read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


@pytest.fixture(scope="module")
def drawn_in_process(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The pixels that a studio inside this process draws."""
    data_dir = tmp_path_factory.mktemp("own") / "data"
    with Studio(Settings(data_dir=data_dir, warm=False, threads=1)) as studio:
        assert studio.owns
        return pixels(studio.generate(**DRAWN).images[0])


def test_a_second_server_on_the_directory_is_refused_with_the_name_of_the_holder(
    studio: Server,
) -> None:
    refused = run_main("serve", "--port", "0", data_dir=studio.data_dir)
    assert refused.returncode == 1
    assert f"in use by process {studio.process.pid}" in refused.stderr
    assert studio.url in refused.stderr
    assert "choose another data folder" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert studio.get("/api/health")["status"] == "ok"


def test_a_busy_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run_main("serve", "--port", str(port), data_dir=tmp_path / "data")
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in refused.stderr
    assert f"--port {port + 1}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_after_a_kill_the_directory_is_free_at_once(make_server: MakeServer) -> None:
    server = make_server().start()
    assert (server.data_dir / "studio.json").exists()
    server.kill()
    with Studio(Settings(data_dir=server.data_dir, executor=LAZY["QPYT_EXECUTOR"])) as studio:
        assert studio.owns


def test_beside_a_server_the_python_api_is_its_client_and_draws_the_same_pixels(
    studio: Server, drawn_in_process: bytes
) -> None:
    seen: list[str] = []
    with Studio(Settings(data_dir=studio.data_dir)) as client:
        assert not client.owns
        result = client.run("generate", on_change=lambda task: seen.append(task["status"]), **DRAWN)
    assert pixels(result.images[0]) == drawn_in_process
    assert studio.task(result.task["id"])["status"] == "completed"
    assert seen[-1] == "completed"


def test_both_ways_report_a_wrong_parameter_alike(studio: Server, tmp_path: Path) -> None:
    errors = []
    for data_dir in (studio.data_dir, tmp_path / "own"):
        with (
            Studio(Settings(data_dir=data_dir, executor=LAZY["QPYT_EXECUTOR"])) as python,
            pytest.raises(StudioError) as caught,
        ):
            python.generate("a house", guidance_scale=-5)
        errors.append((caught.value.field, caught.value.detail, caught.value.errors))
    assert errors[0] == errors[1]
    assert errors[0][0] == "guidance_scale"


def test_a_failed_task_raises_what_the_server_says(studio: Server) -> None:
    with (
        Studio(Settings(data_dir=studio.data_dir)) as client,
        pytest.raises(StudioTaskError, match="it went wrong") as caught,
    ):
        client.run("crash", how="error")
    assert caught.value.task["status"] == "failed"


def test_the_command_line_draws_the_same_with_and_without_a_server(
    studio: Server, tmp_path: Path, drawn_in_process: bytes
) -> None:
    for name, data_dir in (("beside", studio.data_dir), ("alone", tmp_path / "alone")):
        out = tmp_path / name
        command = ["generate", DRAWN["prompt"], "--seed", "7", "--num-inference-steps", "2"]
        done = run_main(*map(str, command), "--out", str(out), data_dir=data_dir)
        assert done.returncode == 0, done.stderr
        [path] = map(Path, done.stdout.splitlines())
        assert path == out / "generate-7.png"
        assert pixels(path) == drawn_in_process


def test_the_command_line_says_an_error_in_one_line(studio: Server, tmp_path: Path) -> None:
    for data_dir in (studio.data_dir, tmp_path / "alone"):
        done = run_main("generate", "a house", "--model", "absent", data_dir=data_dir)
        assert done.returncode == 1
        assert "absent" in done.stderr
        assert "Traceback" not in done.stderr


def heed_interrupts() -> None:
    """Set the default handler in a child: a shell that runs jobs in the background ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_command_cancels_its_task_on_the_server(studio: Server) -> None:
    studio.post("/api/queue/pause")
    command = [sys.executable, "main.py", "generate", "a house"]
    process = subprocess.Popen(
        [*command, "--data-dir", str(studio.data_dir)],
        cwd=ROOT,
        env=environment(studio.data_dir),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=heed_interrupts,
    )
    try:
        [task] = until("the task is queued", lambda: studio.all_tasks(status="pending"))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
        process.wait()
    assert studio.ended(task["id"])["status"] == "cancelled"


def test_no_file_of_the_lock_is_readable_by_others(studio: Server) -> None:
    assert (studio.data_dir / "studio.json").stat().st_mode & 0o077 == 0


def test_a_server_that_cannot_write_its_directory_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    began = time.monotonic()
    refused = run_main("serve", "--port", "0", data_dir=tmp_path / "file" / "data")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert time.monotonic() - began < PATIENCE
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
