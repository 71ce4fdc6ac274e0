"""rembg over files that are here: never the network, nothing that is no network, empty images."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.engine.auxiliary.matting import Edges, refine, softened
from core.engine.auxiliary.removal import open_session
from core.errors import ModelBroken, TaskFailure
from core.models.library.removers import REMOVERS
from core.settings import ROOT
from tests.child_processes import running

NANO = ROOT / "models" / "nano"
OFFLINE = """
import socket, sys
from pathlib import Path
def refuse(*_): raise AssertionError("the network was asked")
socket.socket.connect = socket.getaddrinfo = refuse
from PIL import Image
from core.engine.auxiliary.removal import open_session
from core.errors import ModelBroken
from core.models.library.removers import REMOVERS
for remover in REMOVERS.values():
    try:
        open_session(Path(sys.argv[1]), "cpu", remover).predict(Image.new("RGB", (9, 7)))
        print(remover.id, end=" ")
    except ModelBroken:
        pass
print("torch" in sys.modules)
"""


def test_the_network_is_never_asked_and_nothing_is_left_in_the_home(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name[:4] not in ("XDG_", "ORT_")}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(NANO)],
        env={**kept, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.split() == ["nano", "False"], done.stderr
    assert not list(tmp_path.iterdir())


def test_the_built_in_network_finds_a_thing_and_nothing_in_nothing() -> None:
    session = open_session(NANO, "cpu", REMOVERS["nano"])
    picture = Image.new("RGB", (201, 133), "#205090")
    assert np.asarray(session.predict(picture)[0]).max() < 128
    picture.paste("#b03030", (70, 40, 130, 100))
    mask = np.asarray(session.predict(picture)[0])
    assert mask.shape == (133, 201)
    assert mask[45:95, 75:125].mean() > 200
    assert mask[:20].mean() < 30


@pytest.mark.parametrize(
    "content",
    [b"", b"version https://git-lfs.github.com/spec/v1\n", b"\x80\x04" * 999, b"\x08\x07" * 999],
    ids=["empty", "a pointer", "a pickle", "a broken graph"],
)
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cutout.onnx").write_bytes(content)
    with pytest.raises(ModelBroken, match=r"cutout\.onnx cannot be used"):
        open_session(tmp_path, "cpu", REMOVERS["nano"])


def test_edges_are_computed_anew_between_what_is_sure() -> None:
    picture = Image.new("RGB", (24, 24), "blue")
    picture.paste("red", (0, 0, 12, 24))
    mask = Image.new("L", (24, 24), 0)
    mask.paste(255, (0, 0, 12, 24))
    soft = np.asarray(softened(picture, mask, Edges(240, 10, 3)))
    assert soft.shape == (24, 24, 4)
    assert soft[:, 0, 3].min() > 250
    assert soft[:, -1, 3].max() < 5


def test_matting_asks_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # compiling takes longer than so few pixels
    picture = Image.new("RGB", (24, 24), "blue")
    mask = Image.new("L", (24, 24), 255)
    mask.paste(0, (12, 0, 24, 24))
    waited: list[None] = []
    soft = refine(picture, mask, Edges(240, 10, 3), lambda: waited.append(None))
    assert (soft.mode, soft.size) == ("RGBA", (24, 24))
    assert waited


def test_matting_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    picture = Image.new("RGB", (4, 4))
    with pytest.raises(TaskFailure, match="could not be computed"):
        refine(picture, Image.new("L", (5, 5)), Edges(), lambda: None)


def test_matting_is_stopped_at_any_moment() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    picture = Image.new("RGB", (24, 24))
    with pytest.raises(KeyboardInterrupt):
        refine(picture, picture.convert("L"), Edges(), stop)
    assert not running("core.engine.auxiliary.matting")
