"""The contract of `BlobStore`, held by every implementation."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import NotFound, StorageFull
from core.store.blobs import BlobStore, LocalBlobs, make_blob_store
from tests.unit.store.memory_blobs import MemoryBlobs

Make = Callable[[Path, bool], BlobStore]
STORES: dict[str, Make] = {
    "local": lambda folder, full: LocalBlobs(folder / "blobs", reserve_bytes=full << 62),
    "memory": lambda folder, full: MemoryBlobs(capacity=0 if full else 1 << 30),
}


@pytest.fixture(params=STORES)
def make(request: pytest.FixtureRequest) -> Make:
    return STORES[request.param]


@pytest.fixture
def blobs(make: Make, tmp_path: Path) -> BlobStore:
    return make(tmp_path, False)


def content(blobs: BlobStore, key: str) -> bytes:
    with blobs.open(key) as file:
        return file.read()


def test_a_blob_is_stored_under_the_hash_of_its_bytes(blobs: BlobStore) -> None:
    blob = blobs.put(b"hello")
    assert blob.key == hashlib.sha256(b"hello").hexdigest()
    assert blob.size == 5
    assert content(blobs, blob.key) == b"hello"
    assert list(blobs.keys()) == [blob.key]


def test_equal_content_is_stored_once_and_its_time_renewed(blobs: BlobStore) -> None:
    first = blobs.put(b"same")
    before = blobs.stat(first.key)
    time.sleep(0.01)
    assert blobs.put(b"same") == first
    after = blobs.stat(first.key)
    assert before is not None
    assert after is not None
    assert (after.size, len(list(blobs.keys()))) == (4, 1)
    assert before.modified < after.modified <= time.time()


def test_a_file_is_stored_as_a_copy(blobs: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "checkpoint"
    source.write_bytes(bytes(3 << 20))
    assert blobs.put_file(source) == blobs.put(bytes(3 << 20))
    assert source.exists()
    assert len(list(blobs.keys())) == 1


def test_a_local_file_holds_the_blob_where_there_is_one(blobs: BlobStore) -> None:
    path = blobs.local_path(blobs.put(b"x").key)
    assert path is None or path.read_bytes() == b"x"


def test_a_deleted_blob_is_gone(blobs: BlobStore) -> None:
    blob = blobs.put(b"x")
    blobs.delete(blob.key)
    blobs.delete(blob.key)
    assert blobs.stat(blob.key) is None
    assert list(blobs.keys()) == []
    with pytest.raises(NotFound):
        blobs.open(blob.key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "..",
        "../" * 20 + "etc/passwd",
        "a" * 63,
        "a" * 65,
        "A" * 64,
        "a" * 64 + "\n",
        "/" + "a" * 63,
        "%2e%2e" * 10 + "aaaa",
        "a" * 63 + "\0",
        "g" * 64,
        "٠" * 64,
        "a" * 32 + "/" + "a" * 31,
    ],
)
def test_a_malformed_key_is_refused(blobs: BlobStore, key: str) -> None:
    for method in (blobs.local_path, blobs.open, blobs.stat, blobs.delete):
        with pytest.raises(NotFound):
            method(key)


def test_a_full_store_refuses_content_before_it_writes(make: Make, tmp_path: Path) -> None:
    blobs = make(tmp_path, True)
    for attempt in (lambda: blobs.put(b"hello"), lambda: blobs.check_disk_space(5)):
        with pytest.raises(StorageFull, match="5 bytes"):
            attempt()
    assert list(blobs.keys()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_unfinished_writes_has_none_to_remove(blobs: BlobStore) -> None:
    blobs.put(b"x")
    assert blobs.remove_partial(older_than_seconds=0) == 0
    assert len(list(blobs.keys())) == 1


def test_the_server_and_its_workers_build_stores_of_the_same_blobs(tmp_path: Path) -> None:
    blob = make_blob_store(tmp_path).put(b"x")
    assert content(make_blob_store(tmp_path), blob.key) == b"x"
