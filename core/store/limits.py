"""Limits of uploads. Light to import, so that the server starts without Pillow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """The largest file, in bytes, and the largest image, in pixels."""

    max_bytes: int = 64 << 20
    max_pixels: int = 50_000_000
