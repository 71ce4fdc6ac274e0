"""Safetensors headers: real ones are read, crafted ones are refused before anything is loaded."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ModelBroken
from core.models.weights import TENSOR_LIMIT, read_weights
from core.settings import ROOT


def write(path: Path, header: Any, room: int = 0) -> Path:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + b"\0" * room)
    return path


def tensor(shape: Any, start: Any, end: Any, dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_a_real_file_is_read() -> None:
    found = read_weights(ROOT / "models/nano/vae/diffusion_pytorch_model.safetensors")
    assert 1_900_000 < found.parameters < 2_000_000
    assert found.size > found.parameters * 2


def test_a_small_file_is_read(tmp_path: Path) -> None:
    header = {"__metadata__": {"format": "pt"}, "a": tensor([2, 3], 0, 24), "b": tensor([], 24, 28)}
    assert read_weights(write(tmp_path / "a", header, 28)).parameters == 7


@pytest.mark.parametrize(
    "header",
    [
        {"evil": tensor([2, 3], 0, 20)},
        {"evil": tensor([2, 3], 0, 2400)},
        {"evil": tensor([2, 3], 24, 0)},
        {"evil": tensor([10**18, 10**18], 0, 24)},
        {"evil": tensor([-1], 0, 4)},
        {"evil": tensor([True], 0, 4)},
        {"evil": tensor("no", 0, 4)},
        {"evil": tensor([1], 0, 4, "F99")},
        {"evil": tensor([1], 0, 4, ["F32"])},
        {"evil": tensor([1] * 9, 0, 4)},
        {"evil": tensor([1], 4, 8)},
        {"evil": tensor([6], 0, 24), "twin": tensor([6], 0, 24)},
        {"evil": {}},
        {"evil": 3},
        {},
        [],
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_crafted_headers_are_refused(tmp_path: Path, header: Any) -> None:
    with pytest.raises(ModelBroken) as caught:
        read_weights(write(tmp_path / "bad.safetensors", header, 24))
    assert "bad.safetensors" in caught.value.detail
    if isinstance(header, dict) and "evil" in header and "twin" not in header:
        assert "evil" in caught.value.detail


@pytest.mark.parametrize("length", [0, 1, 2**63, 2**64 - 1, 100 << 20])
def test_absurd_header_lengths_are_refused_without_reading(tmp_path: Path, length: int) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + b"{}")
    with pytest.raises(ModelBroken):
        read_weights(path)


def test_too_many_tensors_are_refused(tmp_path: Path) -> None:
    header = {str(number): tensor([0], 0, 0) for number in range(TENSOR_LIMIT + 1)}
    with pytest.raises(ModelBroken):
        read_weights(write(tmp_path / "many", header))


@given(data=st.binary(max_size=300))
def test_random_bytes_never_do_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.safetensors"
    path.write_bytes(data)
    try:
        read_weights(path)
    except ModelBroken:
        pass
