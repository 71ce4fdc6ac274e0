"""Headers written by the reference libraries are read back; damaged ones are refused."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import gguf
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import torch as torch_format
from safetensors.numpy import save_file

from core.errors import ModelBroken
from core.models.weights.file import Weights, read_weights
from core.models.weights.gguf_header import ALIGNMENT, ORIGINAL_SHAPE
from core.models.weights.header import DIMENSION_LIMIT, NAME_LIMIT
from tests.unit.models.crafting import (
    entry,
    gguf_start,
    gguf_tensor,
    raw,
    safetensors,
)

# The names of numpy's types, in both formats.
NUMPY = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1"}
WORDS = st.text("abcxyz0123456789_", min_size=1, max_size=8)
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(".".join).filter(lambda name: "__" not in name)
SHAPES = st.lists(st.integers(1, 5), max_size=4).map(tuple)
ARRAYS = st.dictionaries(NAMES, st.tuples(st.sampled_from(sorted(NUMPY)), SHAPES), max_size=6)
TEXTS = st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=40), max_size=4)
QUANTIZED = sorted(
    (kind for kind in gguf.GGML_QUANT_SIZES if kind.name.startswith(("Q", "IQ", "TQ"))),
    key=lambda kind: kind.value,
)
# Types that llama.cpp computes with and never writes, and those that are newer than the reader.
NOT_READ = {"Q8_1", "Q1_0"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for the files of all examples of a property."""
    with TemporaryDirectory() as name:
        yield Path(name)


def arrays_of(kinds: dict[str, tuple[str, tuple[int, ...]]]) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """Arrays whose bytes differ from tensor to tensor."""
    return {
        name: np.full(shape, number + 1, NUMPY[dtype])
        for number, (name, (dtype, shape)) in enumerate(kinds.items())
    }


def bytes_of(weights: Weights, name: str) -> bytes:
    """The bytes of a tensor, where its header says that they are."""
    tensor = weights.tensors[name]
    with weights.path.open("rb") as file:
        file.seek(tensor.start)
        return file.read(tensor.size)


def reads(path: Path) -> bool:
    """True where a file is read, False where it is refused; any other error fails the test."""
    try:
        read_weights(path)
    except ModelBroken:
        return False
    return True


@given(kinds=ARRAYS.filter(bool), metadata=TEXTS)
def test_what_the_safetensors_library_writes_is_read_back(
    folder: Path, kinds: dict[str, tuple[str, tuple[int, ...]]], metadata: dict[str, str]
) -> None:
    arrays, path = arrays_of(kinds), folder / "a.safetensors"
    save_file(arrays, path, metadata)
    weights = read_weights(path)
    assert weights.header.format == "safetensors"
    assert dict(weights.metadata) == metadata
    assert weights.shapes == {name: array.shape for name, array in arrays.items()}
    assert weights.parameters == sum(array.size for array in arrays.values())
    for name, array in arrays.items():
        assert weights.tensors[name].dtype == kinds[name][0]
        assert bytes_of(weights, name) == array.tobytes()


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("bfloat16", "BF16"),
        ("float8_e4m3fn", "F8_E4M3"),
        ("float8_e5m2", "F8_E5M2"),
        ("float8_e8m0fnu", "F8_E8M0"),
        ("float8_e4m3fnuz", "F8_E4M3FNUZ"),
        ("float8_e5m2fnuz", "F8_E5M2FNUZ"),
        ("complex64", "C64"),
        ("uint8", "U8"),
        ("uint16", "U16"),
        ("uint64", "U64"),
        ("bool", "BOOL"),
    ],
)
def test_the_number_formats_of_torch_are_read(tmp_path: Path, kind: str, dtype: str) -> None:
    tensor = torch.zeros(2, 3, dtype=getattr(torch, kind))
    torch_format.save_file({"a": tensor}, tmp_path / "a.safetensors")
    header = read_weights(tmp_path / "a.safetensors").tensors["a"]
    assert (header.dtype, header.shape) == (dtype, (2, 3))
    assert header.size == 6 * tensor.element_size()


@given(kinds=ARRAYS)
def test_what_the_gguf_library_writes_is_read_back(
    folder: Path, kinds: dict[str, tuple[str, tuple[int, ...]]]
) -> None:
    kinds = {name: kind for name, kind in kinds.items() if kind[1]}  # it writes no scalars
    arrays, path = arrays_of(kinds), folder / "a.gguf"
    writer = gguf.GGUFWriter(path, "flux")
    for name, array in arrays.items():
        writer.add_tensor(name, array)
    writer.add_uint32("count", 7)
    writer.add_array("vocabulary", ["one", "two"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    weights = read_weights(path)
    assert weights.header.format == "gguf"
    assert weights.metadata["general.architecture"] == "flux"
    assert weights.metadata["count"] == 7
    assert "vocabulary" not in weights.metadata
    assert weights.shapes == {name: array.shape for name, array in arrays.items()}
    for name, array in arrays.items():
        assert bytes_of(weights, name) == array.tobytes()


@pytest.mark.parametrize("kind", QUANTIZED, ids=lambda kind: kind.name)
def test_every_quantization_has_the_block_of_the_reference(tmp_path: Path, kind: object) -> None:
    assert isinstance(kind, gguf.GGMLQuantizationType)
    block, width = gguf.GGML_QUANT_SIZES[kind]
    start = gguf_start(1, 0) + gguf_tensor("a", (3, 2 * block), kind.value, 0)
    path = tmp_path / "a.gguf"
    path.write_bytes(start + bytes(-len(start) % 32) + bytes(6 * width))
    if kind.name in NOT_READ:
        with pytest.raises(ModelBroken, match=f"unknown type {kind.value}"):
            read_weights(path)
        return
    tensor = read_weights(path).tensors["a"]
    assert (tensor.dtype, tensor.shape) == (kind.name, (3, 2 * block))
    assert tensor.size == 6 * width
    path.write_bytes(path.read_bytes()[:-1])
    assert not reads(path)


def test_a_tensor_that_was_reshaped_to_be_quantized_has_its_own_shape(tmp_path: Path) -> None:
    for original, shape in (((4, 4, 2), (4, 4, 2)), ((5, 5), (32,))):
        path = tmp_path / "a.gguf"
        writer = gguf.GGUFWriter(path, "sd1")
        writer.add_array(f"{ORIGINAL_SHAPE}a", list(original))
        writer.add_tensor("a", np.zeros(32, np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        assert read_weights(path).shapes == {"a": shape}  # a product that differs is no shape


@pytest.mark.parametrize("alignment", [8, 64, 4096])
def test_tensors_lie_where_the_alignment_of_the_file_puts_them(
    tmp_path: Path, alignment: int
) -> None:
    path = tmp_path / "a.gguf"
    writer = gguf.GGUFWriter(path, "flux")
    writer.add_custom_alignment(alignment)
    for number in (1, 2):
        writer.add_tensor(f"t{number}", np.full(3, number, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    weights = read_weights(path)
    assert weights.metadata[ALIGNMENT] == alignment
    assert weights.header.data % alignment == 0
    assert np.frombuffer(bytes_of(weights, "t2"), np.float32).tolist() == [2, 2, 2]


@given(kinds=ARRAYS.filter(bool), cut=st.integers(1, 200))
def test_a_file_that_is_cut_off_or_grown_is_refused(
    folder: Path, kinds: dict[str, tuple[str, tuple[int, ...]]], cut: int
) -> None:
    path = folder / "cut.safetensors"
    save_file(arrays_of(kinds), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: -min(cut, len(whole))])
    assert not reads(path)
    path.write_bytes(whole + bytes(cut))
    assert not reads(path)
    path.write_bytes(whole)
    assert reads(path)


@given(
    kinds=ARRAYS.filter(bool),
    place=st.integers(0, 2_000),
    value=st.integers(0, 255),
    as_gguf=st.booleans(),
)
def test_a_changed_byte_is_refused_or_leaves_every_tensor_inside_the_file(
    folder: Path,
    kinds: dict[str, tuple[str, tuple[int, ...]]],
    place: int,
    value: int,
    as_gguf: bool,
) -> None:
    path = folder / "changed"
    if as_gguf:
        start = gguf_start(len(kinds), 0)
        at = 0
        for name, (_, shape) in kinds.items():
            start += gguf_tensor(name, shape, 0, at)
            at += -(-math.prod(shape) * 4 // 32) * 32
        data = bytearray(start + bytes(-len(start) % 32 + at))
    else:
        save_file(arrays_of(kinds), path)
        data = bytearray(path.read_bytes())
    data[place % len(data)] = value
    path.write_bytes(data)
    if not reads(path):
        return
    weights = read_weights(path)
    ends = weights.header.data
    for tensor in sorted(weights.tensors.values(), key=lambda tensor: (tensor.start, tensor.size)):
        assert ends <= tensor.start, "no overlap"
        ends = tensor.start + tensor.size
    assert ends <= weights.size


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("a" * NAME_LIMIT, True),
        ("a" * (NAME_LIMIT + 1), False),
        ("a.b_", True),
        ("a_b__c", True),
        ("a.__b", False),
        ("__metadata", False),
        ("tab\tname", False),
        ("überall.weight", True),
    ],
)
def test_names_are_checked_at_their_limits(tmp_path: Path, name: str, allowed: bool) -> None:
    assert reads(safetensors(tmp_path / "a.safetensors", {name: (1,)})) is allowed


def test_as_many_dimensions_as_the_limit_are_read_and_no_more(tmp_path: Path) -> None:
    for count, allowed in ((DIMENSION_LIMIT, True), (DIMENSION_LIMIT + 1, False)):
        path = safetensors(tmp_path / "a.safetensors", {"a": (1,) * count})
        assert reads(path) is allowed


def test_a_tensor_of_half_bytes_must_fill_whole_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    assert reads(raw(path, {"a": entry([4], 0, 2, "F4")}, 2))
    with pytest.raises(ModelBroken, match=r"has 2 bytes, not 1\.5"):
        read_weights(raw(path, {"a": entry([3], 0, 2, "F4")}, 2))


def test_tensors_may_stand_in_any_order_and_be_empty(tmp_path: Path) -> None:
    header = {"b": entry([2], 4, 12), "a": entry([1], 0, 4), "none": entry([0, 9], 4, 4)}
    weights = read_weights(raw(tmp_path / "a.safetensors", header, 12))
    assert weights.tensors["b"].start == weights.tensors["a"].start + 4
    assert weights.tensors["none"].count == 0


def test_blanks_behind_a_header_are_part_of_it(tmp_path: Path) -> None:
    content = json.dumps({"a": entry([1], 0, 4)}).encode()
    weights = read_weights(raw(tmp_path / "a.safetensors", content + b" " * 64, 4))
    assert weights.header.data == 8 + len(content) + 64
    assert weights.tensors["a"].start == weights.header.data
