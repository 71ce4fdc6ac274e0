"""Limits of uploads. Light to import, so that the server starts without Pillow."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import TooLarge


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """The largest file, in bytes, and the largest image, in pixels."""

    max_bytes: int = 64 << 20
    max_pixels: int = 50_000_000


def too_many_bytes(limits: UploadLimits, name: str) -> TooLarge:
    """The error for a file that is too large."""
    return TooLarge(
        f"The file is over {limits.max_bytes} bytes.", field=name, fix="Send a smaller file."
    )
