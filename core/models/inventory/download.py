"""Downloads from a model hub: resumed after an interruption, checked before they replace a file.

A download is written to `<name>.part` and renamed once its size and, where the hub has one, its
SHA-256 match. The part survives a cancel, a crash and a lost connection; the next run resumes it.
huggingface_hub speaks the protocol, so `HF_ENDPOINT` and `HF_TOKEN` work as usual.
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

# With the library's 10 MB an interruption loses more, and a cancel takes longer.
constants.DOWNLOAD_CHUNK_SIZE = 1 << 20

SPARE = 1 << 30  # bytes that stay free on the disk
CHUNK = 8 << 20  # bytes hashed at once
SHA256_LENGTH = 64


class ByteProgress(Protocol):
    """Receives progress in bytes. It may raise, which stops the work within a chunk."""

    def __call__(self, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository and its target on this machine."""

    repository: str
    path: str
    target: Path


@dataclass(frozen=True, slots=True)
class _Download:
    """A file with the hub's metadata."""

    file: RemoteFile
    location: str
    etag: str
    size: int

    @property
    def part(self) -> Path:
        return self.file.target.with_name(self.file.target.name + ".part")

    @property
    def mark(self) -> Path:
        """The file with the etag of the part's version."""
        return self.file.target.with_name(self.file.target.name + ".part.etag")

    @property
    def complete(self) -> bool:
        target = self.file.target
        return target.is_file() and target.stat().st_size == self.size

    @property
    def resumed_from(self) -> int:
        """Bytes of this version that an earlier run downloaded."""
        if not (self.part.is_file() and self.mark.is_file()):
            return 0
        same = self.mark.read_text(encoding="utf-8") == self.etag
        size = self.part.stat().st_size
        return size if same and size <= self.size else 0


def list_files(repository: str, *, token: str | None = None) -> list[str]:
    """The paths of all files of a repository. Raises `DownloadFailed` with a fix."""
    hub = HfApi(constants.ENDPOINT, token=token or get_token() or False, library_name="qpyt-studio")
    with _translated(repository):
        return list(hub.list_repo_files(repository))


def download(
    files: Sequence[RemoteFile], on_progress: ByteProgress, *, token: str | None = None
) -> None:
    """Download all of `files`; complete ones are skipped.

    Raises `DownloadFailed` with a fix, `StorageFull` before the first byte when the disk is too
    small for all of them, and whatever `on_progress` raises.
    """
    headers = build_hf_headers(token=token or get_token() or False, library_name="qpyt-studio")
    downloads = [_request_metadata(file, headers) for file in files]
    total = sum(download.size for download in downloads)
    remaining = [download for download in downloads if not download.complete]
    _check_disk_space(remaining)
    done = total - sum(download.size for download in remaining)
    on_progress(done, total)
    for download in remaining:
        _fetch(download, headers, partial(_add, on_progress, done, total))
        done += download.size
        on_progress(done, total)


def _add(on_progress: ByteProgress, before: int, total: int, received: int) -> None:
    on_progress(before + received, total)


def _request_metadata(file: RemoteFile, headers: dict[str, str]) -> _Download:
    url = file_download.hf_hub_url(file.repository, file.path)
    with _translated(file.repository, file.path):
        metadata = file_download.get_hf_file_metadata(url, headers=headers, retry_on_errors=True)
    if metadata.size is None or metadata.etag is None:
        raise DownloadFailed(f"The hub reports no size of {file.repository}/{file.path}.")
    return _Download(file, metadata.location, metadata.etag, metadata.size)


def _check_disk_space(downloads: Sequence[_Download]) -> None:
    needed: dict[Path, int] = {}
    for download in downloads:
        folder = download.file.target.parent
        folder.mkdir(parents=True, exist_ok=True)
        needed[folder] = needed.get(folder, 0) + download.size - download.resumed_from
    for folder, size in _by_disk(needed):
        free = shutil.disk_usage(folder).free
        if size + SPARE > free:
            raise StorageFull(
                f"The download needs {_gigabytes(size)}, and {_gigabytes(free)} are free.",
                fix=f"Free some space on the disk of {folder}.",
            )


def _by_disk(needed: dict[Path, int]) -> list[tuple[Path, int]]:
    disks: dict[int, tuple[Path, int]] = {}
    for folder, size in needed.items():
        disk = folder.stat().st_dev
        disks[disk] = (folder, disks.get(disk, (folder, 0))[1] + size)
    return list(disks.values())


def _fetch(download: _Download, headers: dict[str, str], received: Callable[[int], None]) -> None:
    start = download.resumed_from
    download.mark.write_text(download.etag, encoding="utf-8")
    with download.part.open("r+b" if start else "wb") as stream:
        stream.truncate(start)
        stream.seek(start)
        with _translated(download.file.repository, download.file.path):
            file_download.http_get(
                download.location,
                stream,
                resume_size=start,
                headers=_headers_for(download, headers),
                expected_size=download.size,
                displayed_filename=download.file.path,
                tqdm_class=_byte_counter(start, received),
            )
        stream.flush()
        os.fsync(stream.fileno())
    _check(download)
    download.part.replace(download.file.target)
    download.mark.unlink()


def _headers_for(download: _Download, headers: dict[str, str]) -> dict[str, str]:
    """Headers with the token for the hub only, not for the storage that it redirects to."""
    hub = urlsplit(constants.ENDPOINT).netloc
    if urlsplit(download.location).netloc == hub:
        return headers
    return {name: value for name, value in headers.items() if name.lower() != "authorization"}


def _check(download: _Download) -> None:
    """Check a complete part; a damaged one is deleted, because it cannot be resumed."""
    try:
        if len(download.etag) == SHA256_LENGTH and sha256(download.part) != download.etag:
            raise DownloadFailed(f"{download.file.path} arrived damaged.", fix="Download it again.")
        if download.file.target.suffix == ".safetensors":
            read_weights(download.part)
    except StudioError:
        download.part.unlink()
        download.mark.unlink()
        raise


def sha256(path: Path, on_progress: ByteProgress | None = None) -> str:
    """The SHA-256 of a whole file, hex. Raises what `on_progress` raises."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
            done += len(block)
            if on_progress is not None:
                on_progress(done, total)
    return digest.hexdigest()


def _byte_counter(start: int, received: Callable[[int], None]) -> type[tqdm]:
    """A progress bar without output that reports the bytes received."""

    class ByteCounter(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]
            self.bytes = start

        def update(self, n: float | None = 1) -> None:
            self.bytes += int(n or 0)
            received(self.bytes)

    return ByteCounter


class _translated:
    """Translate errors of the hub's library into errors of the studio, with a fix."""

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
                f"The licence of {self._repository} is not accepted yet.",
                fix=f"Accept it at {constants.ENDPOINT}/{self._repository} and set HF_TOKEN.",
            )
        if isinstance(error, errors.RepositoryNotFoundError | errors.EntryNotFoundError):
            return DownloadFailed(
                f"The hub has no {self._name}, or it is private.",
                fix="Set HF_TOKEN where the repository is private or gated.",
            )
        if isinstance(error, errors.OfflineModeIsEnabled):
            return DownloadFailed("The studio is offline.", fix="Unset QPYT_OFFLINE to download.")
        return self._broken(error)

    def _broken(self, error: Exception) -> DownloadFailed:
        what = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        return DownloadFailed(
            f"{self._name} could not be downloaded: {what}",
            fix="Retry: the download resumes where it stopped.",
        )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
