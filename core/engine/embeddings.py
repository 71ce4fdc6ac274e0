"""A cache of text embeddings between tasks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from torch import Tensor

LIMIT_BYTES = 256 << 20

Embedding = tuple[Tensor, ...]


class EmbeddingCache:
    """The most recently used embeddings, under a limit in bytes. `encoded` counts the misses.

    An embedding has one or several tensors, depending on the model.
    """

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        self._limit = limit
        self._embeddings: OrderedDict[Hashable, Embedding] = OrderedDict()
        self.encoded = 0

    def get(self, key: Hashable, encode: Callable[[], Embedding]) -> Embedding:
        """The embedding of `key`, made by `encode` on a miss."""
        embedding = self._embeddings.get(key)
        if embedding is None:
            embedding = encode()
            self.encoded += 1
            self._embeddings[key] = embedding
            self._trim()
        else:
            self._embeddings.move_to_end(key)
        return embedding

    def clear(self) -> None:
        """Remove all entries."""
        self._embeddings.clear()

    def _trim(self) -> None:
        while len(self._embeddings) > 1 and self._size() > self._limit:
            self._embeddings.popitem(last=False)

    def _size(self) -> int:
        return sum(
            tensor.numel() * tensor.element_size()
            for embedding in self._embeddings.values()
            for tensor in embedding
        )
