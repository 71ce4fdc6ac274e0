"""Text embeddings kept between jobs: the same prompt is encoded once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from torch import Tensor

LIMIT_BYTES = 256 << 20

Embedding = tuple[Tensor, ...]


class EmbeddingCache:
    """The most recently used embeddings, under a limit in bytes. `encoded` counts the misses.

    An embedding is what one text becomes: some models make several tensors of it.
    """

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        self._limit = limit
        self._held: OrderedDict[Hashable, Embedding] = OrderedDict()
        self.encoded = 0

    def get(self, key: Hashable, encode: Callable[[], Embedding]) -> Embedding:
        """The embedding of `key`, made by `encode` when it is not held."""
        found = self._held.get(key)
        if found is None:
            found = encode()
            self.encoded += 1
            self._held[key] = found
            self._trim()
        else:
            self._held.move_to_end(key)
        return found

    def clear(self) -> None:
        """Forget all."""
        self._held.clear()

    def _trim(self) -> None:
        while len(self._held) > 1 and self._size() > self._limit:
            self._held.popitem(last=False)

    def _size(self) -> int:
        return sum(
            tensor.numel() * tensor.element_size()
            for held in self._held.values()
            for tensor in held
        )
