"""Decoder processes: started with the first image, killed when they take too long."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image

from core.errors import BadUpload, StorageUnavailable, TooLarge
from core.settings import ROOT
from core.store.decoding import child, decoder
from core.store.decoding.decoder import Decoder
from core.store.decoding.decoders import Decoders
from core.store.limits import UploadLimits
from tests.child_processes import running

LIMITS = UploadLimits()
ORIENTATION = 0x0112


def png(side: int = 32) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (side, side), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def slow_jpeg(side: int) -> bytes:
    """Progressive, with as many scans as are accepted: seconds of work in a small file."""
    buffer = BytesIO()
    Image.new("RGB", (side, side)).save(buffer, "JPEG", progressive=True)
    whole = buffer.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 40 + b"\xff\xd9"


def children() -> list[psutil.Process]:
    return running(child.__name__)


@pytest.fixture
def decoders(tmp_path: Path) -> Iterator[Decoders]:
    decoders = Decoders(tmp_path / "decoding")
    yield decoders
    decoders.close()


async def test_no_process_runs_before_the_first_image(decoders: Decoders) -> None:
    before = len(children())
    source = await decoders.keep(png())
    assert len(children()) == before
    await decoders.decode_upload(source, LIMITS, "file")
    assert len(children()) == before + 1


async def test_files_are_removed_with_their_uploads(decoders: Decoders, tmp_path: Path) -> None:
    source = await decoders.keep(png())
    target, description = await decoders.decode_upload(source, LIMITS, "file")
    assert description["size"] == target.path.stat().st_size
    del source, target
    assert list((tmp_path / "decoding").iterdir()) == []


async def test_errors_keep_their_class_and_field(decoders: Decoders) -> None:
    source = await decoders.keep(png())
    with pytest.raises(TooLarge) as caught:
        await decoders.decode_upload(source, UploadLimits(max_pixels=10), "mask")
    assert caught.value.field == "mask"
    source = await decoders.keep(b"no image")
    with pytest.raises(BadUpload):
        await decoders.decode_upload(source, LIMITS, "file")


def run(decoder: Decoder, folder: Path, data: bytes) -> None:
    source = folder / "source"
    source.write_bytes(data)
    decoder.run(
        "upload",
        source=str(source),
        target=str(folder / "target"),
        max_bytes=LIMITS.max_bytes,
        max_pixels=LIMITS.max_pixels,
        name="file",
    )


def test_a_decode_over_its_time_is_killed_and_the_next_one_works(tmp_path: Path) -> None:
    short = Decoder(0.6)
    with pytest.raises(BadUpload, match="takes more than"):
        run(short, tmp_path, slow_jpeg(7000))
    short.close()


def test_a_decoder_that_dies_is_an_error_of_that_image_only(tmp_path: Path) -> None:
    mortal = Decoder(30)
    run(mortal, tmp_path, png())
    process = mortal._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    run(mortal, tmp_path, png())
    mortal.close()


async def test_closing_ends_a_decode_at_once(decoders: Decoders) -> None:
    source = await decoders.keep(slow_jpeg(7000))
    decoding = asyncio.create_task(decoders.decode_upload(source, LIMITS, "file"))
    await asyncio.sleep(1)
    assert not decoding.done()
    await asyncio.to_thread(decoders.close)
    with pytest.raises(StorageUnavailable):
        await decoding


async def test_thumbnails_do_not_wait_for_uploads(decoders: Decoders, tmp_path: Path) -> None:
    source = await decoders.keep(slow_jpeg(7000))
    decoding = asyncio.create_task(decoders.decode_upload(source, LIMITS, "file"))
    await asyncio.sleep(0.5)
    await decoders.make_thumbnail(tmp_path / "small.webp", lambda: BytesIO(png()))
    assert not decoding.done()
    await asyncio.to_thread(decoders.close)
    with pytest.raises(StorageUnavailable):
        await decoding


PEAK = """
import resource, sys
from core.store.decoding.child import convert_upload
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
convert_upload(sys.argv[1], sys.argv[2], 64 << 20, 50_000_000, "file")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count in other units")
@pytest.mark.parametrize(("mode", "form"), [("RGBA", "PNG"), ("CMYK", "JPEG"), ("P", "GIF")])
def test_the_largest_images_take_less_than_300_mb_even_rotated(
    tmp_path: Path, mode: str, form: str
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image = Image.new(mode, (7000, 7000), 1)
    more = [image.copy()] if form == "GIF" else []
    options = {"save_all": True, "append_images": more} if more else {"exif": exif.tobytes()}
    image.save(tmp_path / "source", form, **options)
    command = [sys.executable, "-c", PEAK, str(tmp_path / "source"), str(tmp_path / "target")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 300 << 10


def test_an_idle_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(
        "import queue\n"
        "class Queue(queue.SimpleQueue):\n"
        "    def get(self, timeout):\n"
        "        return super().get(timeout=0.2)\n"
        "queue.SimpleQueue = Queue\n",
        encoding="utf-8",
    )
    idle = decoder.Decoder(30)
    run(idle, tmp_path, png())
    assert idle._process is not None
    assert idle._process.wait(20) == 0
    run(idle, tmp_path, png())
    idle.close()
