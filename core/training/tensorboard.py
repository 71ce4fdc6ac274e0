"""Event files of TensorBoard: scalars as records of `Event` messages, appended step by step."""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping
from pathlib import Path

_POLYNOMIAL = 0x82F63B78  # of CRC-32C, reflected


def _table() -> tuple[int, ...]:
    rows = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        rows.append(value)
    return tuple(rows)


_TABLE = _table()


class EventFile:
    """One file in a folder; an existing one is continued."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "events.out.tfevents.0.qpyt"
        if not self._path.exists():
            self._append(_event(0, b"\x1a" + _sized(b"brain.Event:2")))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Append one event with all values of a step."""
        parts = b""
        for name, value in values.items():
            scalar = b"\x0a" + _sized(name.encode()) + b"\x15" + struct.pack("<f", value)
            parts += b"\x0a" + _sized(scalar)
        self._append(_event(step, b"\x2a" + _sized(parts)))

    def _append(self, data: bytes) -> None:
        length = struct.pack("<Q", len(data))
        record = length + _checksum(length) + data + _checksum(data)
        with self._path.open("ab") as file:
            file.write(record)


def _event(step: int, content: bytes) -> bytes:
    return b"\x09" + struct.pack("<d", time.time()) + b"\x10" + _varint(step) + content


def _sized(data: bytes) -> bytes:
    return _varint(len(data)) + data


def _varint(number: int) -> bytes:
    data = b""
    while number > 0x7F:
        data += bytes([number & 0x7F | 0x80])
        number >>= 7
    return data + bytes([number])


def _checksum(data: bytes) -> bytes:
    """The masked CRC-32C of a record."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
