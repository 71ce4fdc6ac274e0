"""Jobs that wait for a worker: single ones, and batches that run together."""

from __future__ import annotations

from core.worker.protocol import JobKey, Start


class WaitingJobs:
    """Jobs in the order of their arrival."""

    def __init__(self) -> None:
        self._starts: dict[JobKey, Start] = {}
        self._taken: dict[JobKey, Start] = {}

    def __len__(self) -> int:
        return len(self._starts)

    def __contains__(self, job: JobKey) -> bool:
        return job in self._starts

    def add(self, *starts: Start) -> None:
        """Append jobs; those of one batch name it."""
        self._starts.update({start.about: start for start in starts})

    def remove(self, job: JobKey) -> bool:
        """Drop a job; False where it does not wait."""
        return self._starts.pop(job, None) is not None

    def clear(self) -> list[JobKey]:
        """Drop all jobs and return them."""
        jobs = list(self._starts)
        self._starts.clear()
        return jobs

    def take(self) -> tuple[Start, ...]:
        """Remove the first job, with the others of its batch."""
        first = next(iter(self._starts.values()))
        batch = [start for start in self._starts.values() if start.batch == first.batch]
        starts = (first,) if first.batch is None else tuple(batch)
        self._taken = {start.about: start for start in starts}
        for job in self._taken:
            del self._starts[job]
        return starts

    def put_back(self, job: JobKey) -> None:
        """Put a job of the batch that was taken last before all others, to run alone."""
        start = self._taken.pop(job).model_copy(update={"batch": None})
        self._starts = {job: start, **self._starts}
