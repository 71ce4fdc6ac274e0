"""A thread that encodes and stores results while the next job runs, first come, first served."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from core.provenance.signing import Signer
from core.store.blobs import BlobStore
from core.worker.channel import Channel
from core.worker.inbox import Inbox

PENDING_DELIVERIES = 2
PENDING_RESULTS = 8


class Encoder:
    """The thread, its queue, and what its work needs.

    At most `PENDING_DELIVERIES` closed deliveries and `PENDING_RESULTS` results wait, so memory
    stays bounded when the disk is slower than the device.
    """

    def __init__(
        self,
        channel: Channel,
        inbox: Inbox,
        store: BlobStore,
        signer: Signer | None = None,
        *,
        watermark: bool = False,
    ) -> None:
        """`signer` signs results; None leaves them unsigned. `watermark` marks their pixels."""
        self.watermark = watermark
        self.signer = signer
        self.channel = channel
        self.inbox = inbox
        self.store = store
        self._work: queue.Queue[Callable[[], None]] = queue.Queue(PENDING_RESULTS)
        self._deliveries = threading.BoundedSemaphore(PENDING_DELIVERIES)
        threading.Thread(target=self._run, name="encoder", daemon=True).start()

    def reserve(self) -> None:
        """Wait until one more delivery may be closed."""
        self._deliveries.acquire()

    def release(self) -> None:
        """End the reservation of a closed delivery."""
        self._deliveries.release()

    def put(self, work: Callable[[], None]) -> None:
        """Queue work for the thread; waits while the queue is full."""
        self._work.put(work)

    def drain(self) -> None:
        """Wait until the queue is empty and its last work is done."""
        self._work.join()

    def _run(self) -> None:
        while True:
            work = self._work.get()
            work()
            # Nothing may keep an image alive while the thread waits for the next one.
            del work
            self._work.task_done()
