"""Parts of a product of cases: all of them meet each other in the thorough profile alone."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

T = TypeVar("T")
PARTS = 4


def share(items: Sequence[T], place: int, parts: int = PARTS) -> Sequence[T]:
    """Every fourth item from that at `place` on, so that four places in a row see each item."""
    thorough = settings().max_examples >= settings.get_profile("thorough").max_examples
    return items if thorough else items[place % parts :: parts]
