"""Headers of weights: real ones are read, hostile ones are refused before anything is loaded."""

import pickle
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ModelBroken
from core.models.weights.file import read_weights
from core.models.weights.gguf_header import ENTRY_LIMIT
from core.models.weights.header import HEADER_LIMIT, TENSOR_LIMIT
from core.settings import ROOT
from tests.unit.models.crafting import (
    entry,
    gguf,
    gguf_start,
    gguf_tensor,
    raw,
    safetensors,
    text,
)

GROWTH = 200 << 20
NUMBER = struct.pack("<I", 4)
LIST = struct.pack("<I", 9)
ROOM = b"\0" * 512
STARTS = [b"", b"GGUF\3\0\0\0", b"\x40" + b"\0" * 7]


def test_a_real_file_is_read() -> None:
    result = read_weights(ROOT / "models/nano/vae/diffusion_pytorch_model.safetensors")
    assert 1_900_000 < result.parameters < 2_000_000
    assert result.size > result.parameters * 2


def test_a_small_file_is_read(tmp_path: Path) -> None:
    header = {"__metadata__": {"format": "pt"}, "a": entry([2, 3], 0, 24), "b": entry([], 24, 28)}
    result = read_weights(raw(tmp_path / "a", header, 28))
    assert result.parameters == 7
    assert result.metadata == {"format": "pt"}
    assert result.tensors["b"].start == result.size - 4


def test_a_gguf_file_is_read_whatever_its_extension(tmp_path: Path) -> None:
    shapes = {"img_in.weight": (512, 256), "img_in.bias": (512,)}
    result = read_weights(gguf(tmp_path / "model.safetensors", shapes))
    assert result.shapes == shapes
    assert result.tensors["img_in.weight"].dtype == "Q8_0"
    assert result.metadata["general.architecture"] == "flux"
    assert result.header.format == "gguf"


def test_a_vocabulary_in_a_gguf_header_is_passed_over(tmp_path: Path) -> None:
    words = b"".join(text(f"word{number}") for number in range(50_000))
    content = gguf_start(1, 2)
    content += text("words") + LIST + struct.pack("<IQ", 8, 50_000) + words
    content += text("numbers") + LIST + struct.pack("<IQ3I", 4, 3, 7, 8, 9)
    content += gguf_tensor("a", (4,), 0, 0)
    path = tmp_path / "a.gguf"
    path.write_bytes(content + b"\0" * 64)
    result = read_weights(path)
    assert result.metadata == {"numbers": (7, 8, 9)}
    assert result.shapes == {"a": (4,)}


def test_only_the_header_of_a_whole_model_is_read(tmp_path: Path) -> None:
    shapes = {f"blocks.{number}.weight": (3072, 3072) for number in range(1000)}
    path = safetensors(tmp_path / "large.safetensors", shapes)
    assert path.stat().st_size > 17 << 30
    tracemalloc.start()
    assert read_weights(path).parameters == 1000 * 3072 * 3072
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < GROWTH


CRAFTED: dict[str, Any] = {
    "too few bytes for the shape": {"evil": entry([2, 3], 0, 20)},
    "bytes outside the file": {"evil": entry([2, 3], 0, 2400)},
    "an end before the start": {"evil": entry([2, 3], 24, 0)},
    "an absurd shape": {"evil": entry([10**18, 10**18], 0, 24)},
    "a negative side": {"evil": entry([-1], 0, 4)},
    "a side that is a truth value": {"evil": entry([True], 0, 4)},
    "a side that is a fraction": {"evil": entry([1.5], 0, 4)},
    "a side that is not a number": b'{"evil":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}',
    "a side that is endless": b'{"evil":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}',
    "a side of ten thousand digits": (
        b'{"evil":{"dtype":"F32","shape":[' + b"9" * 10_000 + b'],"data_offsets":[0,4]}}'
    ),
    "a shape that is a word": {"evil": entry("no", 0, 4)},
    "an unknown number format": {"evil": entry([1], 0, 4, "F99")},
    "a number format that is a list": {"evil": entry([1], 0, 4, ["F32"])},
    "nine dimensions": {"evil": entry([1] * 9, 0, 4)},
    "a gap before the first tensor": {"evil": entry([1], 4, 8)},
    "tensors on top of each other": {"evil": entry([6], 0, 24), "twin": entry([6], 0, 24)},
    "an offset that is missing": {"evil": {"dtype": "F32", "shape": [6], "data_offsets": [0]}},
    "an empty description": {"evil": {}},
    "a number for a description": {"evil": 3},
    "no tensor for the bytes": {},
    "a list": [],
    "half an object": b"{",
    "no text": b"\xff\xfe",
    "deep nesting": b"[" * 100_000,
    "deep nesting in an object": b'{"evil":' + b"[" * 100_000,
    "a key twice": b'{"a":{},"a":{}}',
    "metadata that is a list": {"__metadata__": [], "evil": entry([6], 0, 24)},
    "metadata of numbers": {"__metadata__": {"a": 1}, "evil": entry([6], 0, 24)},
    "a name that leads into an object": {"x.__class__.__init__": entry([6], 0, 24)},
    "a name that starts that way": {"__class__": entry([6], 0, 24)},
    "a name with a line break": {"a\nb": entry([6], 0, 24)},
    "an empty name": {"": entry([6], 0, 24)},
    "an endless name": {"a" * 10_000: entry([6], 0, 24)},
    "more tensors than a model has": {
        str(number): entry([0], 0, 0) for number in range(TENSOR_LIMIT + 1)
    },
}

HOSTILE_GGUF: dict[str, bytes] = {
    "only the magic": b"GGUF",
    "an old version": gguf_start(0, 0, version=1),
    "a version of the other byte order": gguf_start(0, 0, version=3 << 24),
    "2^63 tensors": gguf_start(2**63, 0),
    "2^64-1 entries": gguf_start(0, 2**64 - 1),
    "more entries than any model": gguf_start(0, ENTRY_LIMIT + 1),
    "a key longer than the file": gguf_start(0, 1) + struct.pack("<Q", 2**62),
    "a key that is no text": gguf_start(0, 1) + text(b"\xff\xfe") + NUMBER + b"\0" * 4,
    "a value of an unknown type": gguf_start(0, 1) + text("a") + struct.pack("<I", 99),
    "a list of lists": gguf_start(0, 1) + text("a") + LIST + struct.pack("<IQ", 9, 1),
    "a list of 2^60 items": gguf_start(0, 1) + text("a") + LIST + struct.pack("<IQ", 4, 2**60),
    "words longer than the file": (
        gguf_start(0, 1) + text("a") + LIST + struct.pack("<IQQ", 8, 1, 2**40)
    ),
    "alignment 0": (
        gguf_start(0, 1) + text("general.alignment") + NUMBER + struct.pack("<I", 0) + b"\0" * 64
    ),
    "an odd alignment": (
        gguf_start(0, 1) + text("general.alignment") + NUMBER + struct.pack("<I", 33) + b"\0" * 64
    ),
    "an alignment that is a word": (
        gguf_start(0, 1) + text("general.alignment") + struct.pack("<I", 8) + text("a") + b"\0" * 64
    ),
    "2^32 dimensions": gguf_start(1, 0) + text("a") + struct.pack("<I", 2**32 - 1),
    "a shape of 2^252 numbers": (
        gguf_start(1, 0) + gguf_tensor("a", (2**63,) * 4, 0, 0) + b"\0" * 64
    ),
    "an unknown number format": gguf_start(1, 0) + gguf_tensor("a", (4,), 77, 0) + b"\0" * 64,
    "half a block": gguf_start(1, 0) + gguf_tensor("a", (31,), 8, 0) + b"\0" * 64,
    "an offset outside the file": gguf_start(1, 0) + gguf_tensor("a", (4,), 0, 2**40),
    "an offset that is not aligned": gguf_start(1, 0) + gguf_tensor("a", (4,), 0, 3) + ROOM,
    "tensors on top of each other": (
        gguf_start(2, 0)
        + gguf_tensor("a", (64,), 0, 0)
        + gguf_tensor("b", (4,), 0, 32)
        + b"\0" * 512
    ),
    "a tensor twice": (
        gguf_start(2, 0)
        + gguf_tensor("a", (4,), 0, 0)
        + gguf_tensor("a", (4,), 0, 32)
        + b"\0" * 512
    ),
    "a name that leads into an object": (
        gguf_start(1, 0) + gguf_tensor("a.__class__.b", (4,), 0, 0) + b"\0" * 64
    ),
    "an endless name": gguf_start(1, 0) + gguf_tensor("a" * 5000, (4,), 0, 0) + b"\0" * 64,
    "data cut off": gguf_start(1, 0) + gguf_tensor("a", (4096,), 0, 0) + b"\0" * 64,
}

PICKLE = pickle.dumps({"evil": print}) * 100
FOREIGN: dict[str, bytes] = {
    "nothing": b"",
    "seven bytes": b"1234567",
    "a pickle": PICKLE,
    "an old pickle": pickle.dumps({"evil": print}, protocol=0) * 100,
    "a pickle that is cut off": PICKLE[:40],
    "a torch archive": b"PK\x03\x04" + b"\0" * 500 + b"archive/data.pkl",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c" + b"\0" * 100,
    "a gzip archive": b"\x1f\x8b\x08" + b"\0" * 100,
    "a web page": b"<!DOCTYPE html><title>Sign in</title>",
    "a pointer of git": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "an image": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "a header of nothing": (0).to_bytes(8, "little") + b"{}",
    "a header of one byte": (1).to_bytes(8, "little") + b"{}",
    "a header of 2^63 bytes": (2**63).to_bytes(8, "little") + b"{}",
    "a header of 2^64-1 bytes": (2**64 - 1).to_bytes(8, "little") + b"{}",
    "a header of 100 MB that is not there": (100 << 20).to_bytes(8, "little") + b"{}",
}


def refused(path: Path, *, watched: bool = True) -> ModelBroken:
    """The refusal of a file: naming it and, where that is watched, without much memory."""
    with pytest.raises(ModelBroken) as caught:
        read_weights(path)
    assert path.name in caught.value.detail
    assert len(caught.value.detail) < 1000
    if not watched:
        return caught.value
    tracemalloc.start()  # a second time, because watching memory takes time
    with pytest.raises(ModelBroken):
        read_weights(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < GROWTH
    return caught.value


@pytest.mark.parametrize("case", CRAFTED)
def test_a_crafted_safetensors_header_is_refused(tmp_path: Path, case: str) -> None:
    error = refused(raw(tmp_path / "bad.safetensors", CRAFTED[case], 24))
    if isinstance(CRAFTED[case], dict) and list(CRAFTED[case]) == ["evil"]:
        assert "evil" in error.detail


@pytest.mark.parametrize("case", HOSTILE_GGUF)
def test_a_crafted_gguf_header_is_refused(tmp_path: Path, case: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(HOSTILE_GGUF[case])
    refused(path)


@pytest.mark.parametrize("case", FOREIGN)
@pytest.mark.parametrize("extension", ["safetensors", "gguf", "ckpt", "pt"])
def test_what_is_no_weights_is_refused_by_its_content(
    tmp_path: Path, case: str, extension: str
) -> None:
    path = tmp_path / f"bad.{extension}"
    path.write_bytes(FOREIGN[case])
    error = refused(path)
    if "pickle" in case and "old" not in case:
        assert "pickle" in error.detail
        assert "safetensors" in (error.fix or "")


def test_a_header_of_99_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    with path.open("wb") as file:
        file.write((99 << 20).to_bytes(8, "little") + b'{"a":')
        file.truncate(100 << 20)
    refused(path)


@pytest.mark.parametrize("filling", [b"0,", b"[],", b'{"a":0},', b'"aaaaaaaaaaaaaaaa",'])
def test_a_header_of_the_largest_size_is_refused_in_time(tmp_path: Path, filling: bytes) -> None:
    start, end = b'{"a":[', b"0]}"
    refused(
        raw(tmp_path / "a", start + filling * ((HEADER_LIMIT - 9) // len(filling)) + end),
        watched=False,
    )


@given(data=st.binary(max_size=300), start=st.sampled_from(STARTS))
def test_random_bytes_never_do_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, start: bytes, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.safetensors"
    path.write_bytes(start + data)
    try:
        read_weights(path)
    except ModelBroken:
        pass
