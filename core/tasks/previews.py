"""The newest previews of tasks, kept in memory."""

from __future__ import annotations

from collections import OrderedDict

KEPT = 32  # of about 10 kB each


class Previews:
    """The newest preview of each of the last `KEPT` tasks that had one, as JPEG.

    They outlive their tasks: a client that was sent the address of a preview requests it a moment
    later.
    """

    def __init__(self) -> None:
        self._images: OrderedDict[str, bytes] = OrderedDict()

    def get(self, task_id: str) -> bytes | None:
        """The newest preview of a task, or None."""
        return self._images.get(task_id)

    def clear(self) -> int:
        """Remove all; return their number."""
        count = len(self._images)
        self._images.clear()
        return count

    def set(self, task_id: str, image: bytes) -> None:
        """Keep a preview, in place of the task's older one."""
        self._images[task_id] = image
        self._images.move_to_end(task_id)
        if len(self._images) > KEPT:
            self._images.popitem(last=False)
