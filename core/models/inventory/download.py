"""Files from a model hub: resumed after a break, checked when complete, never half in place.

A file arrives under `<name>.part` beside its place and is renamed once size and, where the hub
names it, SHA-256 agree. The part survives a cancel, a crash and a lost line; the next run goes on
where it ended. Speaks the hub's protocol through huggingface_hub, so `HF_ENDPOINT` and `HF_TOKEN`
mean what they mean there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from huggingface_hub import HfApi, constants, errors, file_download, get_token
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils.tqdm import tqdm

from core.errors import DownloadFailed, StorageFull, StudioError
from core.models.weights.file import read_weights

# The library's 10 MB would be lost at each break, and make a cancel wait for that much.
constants.DOWNLOAD_CHUNK_SIZE = 1 << 20

SPARE = 1 << 30  # bytes that stay free on the disk
CHUNK = 8 << 20  # bytes hashed at once
SHA256_LENGTH = 64


class Told(Protocol):
    """How a download tells how far it is, in bytes. Raises to stop it within a chunk."""

    def __call__(self, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository and where it belongs on this machine."""

    repository: str
    path: str
    target: Path


@dataclass(frozen=True, slots=True)
class _Found:
    """What the hub says of a file."""

    file: RemoteFile
    location: str
    etag: str
    size: int

    @property
    def part(self) -> Path:
        return self.file.target.with_name(self.file.target.name + ".part")

    @property
    def mark(self) -> Path:
        """Holds the etag of the version that the part belongs to."""
        return self.file.target.with_name(self.file.target.name + ".part.etag")

    @property
    def here(self) -> bool:
        target = self.file.target
        return target.is_file() and target.stat().st_size == self.size

    @property
    def begun(self) -> int:
        """Bytes that an earlier run left of this version."""
        if not (self.part.is_file() and self.mark.is_file()):
            return 0
        same = self.mark.read_text() == self.etag
        size = self.part.stat().st_size
        return size if same and size <= self.size else 0


def list_files(repository: str, *, token: str | None = None) -> list[str]:
    """The paths of all files of a repository. Raises `DownloadFailed` with the way out."""
    hub = HfApi(constants.ENDPOINT, token=token or get_token() or False, library_name="qpyt-studio")
    with _translated(repository):
        return list(hub.list_repo_files(repository))


def download(files: Sequence[RemoteFile], told: Told, *, token: str | None = None) -> None:
    """Bring all of `files`; those that are complete already stay as they are.

    Raises `DownloadFailed` with the way out, `StorageFull` before the first byte when there is no
    room for all of them, and whatever `told` raises.
    """
    headers = build_hf_headers(token=token or get_token() or False, library_name="qpyt-studio")
    found = [_ask(file, headers) for file in files]
    total = sum(one.size for one in found)
    waiting = [one for one in found if not one.here]
    _check_room(waiting)
    done = total - sum(one.size for one in waiting)
    told(done, total)
    for one in waiting:
        _bring(one, headers, partial(_add, told, done, total))
        done += one.size
        told(done, total)


def _add(told: Told, before: int, total: int, got: int) -> None:
    told(before + got, total)


def _ask(file: RemoteFile, headers: dict[str, str]) -> _Found:
    url = file_download.hf_hub_url(file.repository, file.path)
    with _translated(file.repository, file.path):
        said = file_download.get_hf_file_metadata(url, headers=headers, retry_on_errors=True)
    if said.size is None or said.etag is None:
        raise DownloadFailed(f"The hub names no size of {file.repository}/{file.path}.")
    return _Found(file, said.location, said.etag, said.size)


def _check_room(waiting: Sequence[_Found]) -> None:
    needed: dict[Path, int] = {}
    for one in waiting:
        folder = one.file.target.parent
        folder.mkdir(parents=True, exist_ok=True)
        needed[folder] = needed.get(folder, 0) + one.size - one.begun
    for folder, size in _by_disk(needed):
        free = shutil.disk_usage(folder).free
        if size + SPARE > free:
            raise StorageFull(
                f"{_gigabytes(size)} are to be downloaded and {_gigabytes(free)} are free.",
                fix=f"Free some space on the disk of {folder}.",
            )


def _by_disk(needed: dict[Path, int]) -> list[tuple[Path, int]]:
    disks: dict[int, tuple[Path, int]] = {}
    for folder, size in needed.items():
        disk = folder.stat().st_dev
        disks[disk] = (folder, disks.get(disk, (folder, 0))[1] + size)
    return list(disks.values())


def _bring(one: _Found, headers: dict[str, str], got: Callable[[int], None]) -> None:
    begun = one.begun
    one.mark.write_text(one.etag)
    with one.part.open("r+b" if begun else "wb") as stream:
        stream.truncate(begun)
        stream.seek(begun)
        with _translated(one.file.repository, one.file.path):
            file_download.http_get(
                one.location,
                stream,
                resume_size=begun,
                headers=_headers_for(one, headers),
                expected_size=one.size,
                displayed_filename=one.file.path,
                tqdm_class=_watched(begun, got),
            )
        stream.flush()
        os.fsync(stream.fileno())
    _check(one)
    one.part.replace(one.file.target)
    one.mark.unlink()


def _headers_for(one: _Found, headers: dict[str, str]) -> dict[str, str]:
    """The token goes to the hub only, never to the storage that it points to."""
    hub = urlsplit(constants.ENDPOINT).netloc
    if urlsplit(one.location).netloc == hub:
        return headers
    return {name: value for name, value in headers.items() if name.lower() != "authorization"}


def _check(one: _Found) -> None:
    """A wrong file is thrown away: going on from it would never end well."""
    try:
        if len(one.etag) == SHA256_LENGTH and sha256(one.part) != one.etag:
            raise DownloadFailed(f"{one.file.path} arrived damaged.", fix="Download it again.")
        if one.file.target.suffix == ".safetensors":
            read_weights(one.part)
    except StudioError:
        one.part.unlink()
        one.mark.unlink()
        raise


def sha256(path: Path, told: Told | None = None) -> str:
    """The SHA-256 of a whole file, hex. `told` hears how far it is and may raise."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
            done += len(block)
            if told is not None:
                told(done, total)
    return digest.hexdigest()


def _watched(begun: int, got: Callable[[int], None]) -> type[tqdm]:
    """A progress bar that draws nothing and tells how many bytes are there."""

    class Watched(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]
            self.bytes = begun

        def update(self, n: float | None = 1) -> None:
            self.bytes += int(n or 0)
            got(self.bytes)

    return Watched


class _translated:
    """Turns what the hub's library raises into errors of the studio, with the way out."""

    def __init__(self, repository: str, path: str = "") -> None:
        self._repository = repository
        self._name = f"{repository}/{path}" if path else repository

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None or isinstance(error, StudioError):
            return
        if isinstance(error, errors.HfHubHTTPError | errors.OfflineModeIsEnabled | OSError):
            raise self._translate(error) from error
        # The library's transport raises its own tree of errors, which is not part of its API.
        if isinstance(error, Exception) and "httpx" in type(error).__module__:
            raise self._broken(error) from error

    def _translate(self, error: Exception) -> DownloadFailed:
        if isinstance(error, errors.GatedRepoError):
            return DownloadFailed(
                f"{self._repository} asks for its licence to be accepted.",
                fix=f"Accept it at {constants.ENDPOINT}/{self._repository} and set HF_TOKEN.",
            )
        if isinstance(error, errors.RepositoryNotFoundError | errors.EntryNotFoundError):
            return DownloadFailed(
                f"The hub has no {self._name}, or wants to know who asks.",
                fix="Set HF_TOKEN where the repository is private or gated.",
            )
        if isinstance(error, errors.OfflineModeIsEnabled):
            return DownloadFailed("The studio is offline.", fix="Unset QPYT_OFFLINE to download.")
        return self._broken(error)

    def _broken(self, error: Exception) -> DownloadFailed:
        what = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        return DownloadFailed(
            f"{self._name} could not be downloaded: {what}",
            fix="Retry: the download goes on where it stopped.",
        )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
