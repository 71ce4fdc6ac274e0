"""Limits on scans, chunks and frames, read from a file's bytes before it is decoded."""

import random
import time
from io import BytesIO

import pytest
from PIL import Image

from core.store.structure import (
    MAX_FRAMES,
    MAX_PARTS,
    MAX_SCANS,
    MAX_SUB_BLOCKS,
    TooComplex,
    check_structure,
)


def saved(form: str, **options: object) -> bytes:
    buffer = BytesIO()
    noise = Image.frombytes("RGB", (64, 64), random.Random(1).randbytes(64 * 64 * 3))
    noise.save(buffer, form, **options)
    return buffer.getvalue()


def with_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    whole = saved("JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * count + b"\xff\xd9"


def with_restarts() -> bytes:
    return saved("JPEG", restart_marker_blocks=1)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_ordinary_files_are_accepted(form: str) -> None:
    check_structure(saved(form))


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"restart_marker_blocks": 1}, {"quality": 100}]
)
def test_ordinary_jpegs_are_accepted(options: dict[str, object]) -> None:
    check_structure(saved("JPEG", **options))


def test_scans_of_a_jpeg_are_limited() -> None:
    check_structure(with_scans(MAX_SCANS // 2))
    with pytest.raises(TooComplex, match="scans"):
        check_structure(with_scans(MAX_SCANS + 1))


def test_what_follows_a_jpeg_is_no_part_of_it() -> None:
    check_structure(saved("JPEG") + with_scans(MAX_SCANS + 1))


def test_segments_of_a_jpeg_are_limited() -> None:
    whole = saved("JPEG")
    with pytest.raises(TooComplex, match="segments"):
        check_structure(whole[:2] + b"\xff\xe1\0\2" * (MAX_PARTS + 1) + whole[2:])


def test_frames_of_a_gif_are_limited() -> None:
    head = b"GIF89a" + bytes([8, 0, 8, 0, 0, 0, 0])
    frame = b"\x2c" + bytes([0, 0, 0, 0, 8, 0, 8, 0, 0]) + b"\2\1\0\0"
    check_structure(head + frame * MAX_FRAMES + b";")
    with pytest.raises(TooComplex, match="frames"):
        check_structure(head + frame * (MAX_FRAMES + 1) + b";")


def test_sub_blocks_of_a_gif_are_limited() -> None:
    head = b"GIF89a" + bytes([8, 0, 8, 0, 0, 0, 0]) + b"\x21\xfe"
    with pytest.raises(TooComplex, match="blocks"):
        check_structure(head + b"\1x" * (MAX_SUB_BLOCKS + 1) + b"\0;")


def test_chunks_of_a_webp_are_limited() -> None:
    with pytest.raises(TooComplex, match="chunks"):
        check_structure(saved("WEBP") + b"abcd\0\0\0\0" * MAX_PARTS)


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_any_part_of_a_file_is_walked_quickly(form: str) -> None:
    whole = saved(form)
    numbers = random.Random(2)
    began = time.thread_time()
    for _ in range(300):
        damaged = bytearray(whole[: numbers.randrange(len(whole))])
        for _ in range(min(8, len(damaged))):
            damaged[numbers.randrange(len(damaged))] = numbers.randrange(256)
        try:
            check_structure(bytes(damaged))
        except TooComplex:
            continue
    assert time.thread_time() - began < 10
