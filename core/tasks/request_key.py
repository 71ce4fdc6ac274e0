"""Idempotency keys of requests: each belongs to the first request that was sent with it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from core.errors import KeyReused
from core.store.schema import idempotency_keys


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The key of a request, and a digest of its route and body."""

    key: str
    request: str


def bind(connection: Connection, key: RequestKey) -> None:
    """Store a key with its request, once. Raises `KeyReused` where another request has it."""
    column = idempotency_keys.c
    stored = connection.execute(select(column.request).where(column.key == key.key)).scalar()
    if stored is None:
        connection.execute(insert(idempotency_keys).values(key=key.key, request=key.request))
    elif stored != key.request:
        raise key_reused(key.key)


def key_reused(key: str) -> KeyReused:
    """The error for a key that another request has."""
    return KeyReused(f"The key {key[:200]!r} belongs to another request.", field="Idempotency-Key")
