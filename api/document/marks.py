"""Marks on the return types of routes: several statuses, and answers that are files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

T = TypeVar("T")
documented = with_config(ConfigDict(use_attribute_docstrings=True))
"""Class decorator: the docstring below a field is its description."""


@dataclass(frozen=True, slots=True)
class File:
    """An answer of bytes or text, of one of these media types."""

    media_types: tuple[str, ...]
    description: str = "The file."


@dataclass(frozen=True, slots=True)
class ByStatus:
    """The answers of a route by status; None is an answer without a body."""

    answers: Mapping[int, Any]
    descriptions: Mapping[int, str] = field(default_factory=dict)


@documented
class Page(TypedDict, Generic[T]):
    """A page of a list."""

    items: list[T]
    """The items of this page."""
    next_cursor: str | None
    """`cursor` of the next page; null on the last page."""
    total: int
    """Number of items on all pages."""
