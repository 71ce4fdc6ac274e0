"""Suggestions for misspelt names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

_SEPARATORS = re.compile(r"[\W_]+")


def suggest(name: str, names: Iterable[str]) -> str | None:
    """The sentence that offers the nearest of `names`; None where none is near.

    A name with all words of `name` is nearer than one of similar spelling: `steps` is offered
    `num_inference_steps` before `styles`.
    """
    known = list(names)
    words = _words(name)
    longer = [candidate for candidate in known if words and words <= _words(candidate)]
    near = longer or get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {min(near, key=len)!r}?" if near else None


def _words(name: str) -> frozenset[str]:
    return frozenset(filter(None, _SEPARATORS.split(name.lower())))
