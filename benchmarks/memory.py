"""Growth of memory, open files and threads of server and worker over 1,000 jobs.

The jobs draw real pictures of one step, each with its own seed. Their prompts repeat, for what a
prompt was encoded to is kept, up to a limit that 1,000 do not reach. Before counting begins, jobs
fill what is bounded but not yet full: caches, pools, and the events kept for replay. The growth is
a line fitted through samples taken at rest, so a single high one does not decide.
"""

from __future__ import annotations

import time
from typing import Any

import psutil

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, slope
from benchmarks.server import MIB, Studio, studio

JOBS, EVERY = 1000, 50
FILL = 400  # three events of each task stay until 1,024 newer ones came
QUICK_JOBS, QUICK_EVERY, QUICK_FILL = 40, 10, 20
PROMPTS = 20
SETTLE = 1.2  # longer than the worker works before it collects garbage
MODULE = "tests.operations.empty"
FLAT = 2.0  # MiB over 1,000 jobs: below that is noise of the allocator

Sample = dict[str, float]


def measure(quick: bool) -> Figure:
    """MiB, files and threads that 1,000 jobs add."""
    jobs, every, fill = (QUICK_JOBS, QUICK_EVERY, QUICK_FILL) if quick else (JOBS, EVERY, FILL)
    with studio(operation_modules=MODULE) as server:
        client = server.client()
        server.await_lane()
        for index in range(fill):
            _run(client, "empty_device", {"value": index})
        _draw(client, range(every))
        samples = [_sample(server, 0)]
        for done in range(0, jobs, every):
            _draw(client, range(every + done, every + done + every))
            samples.append(_sample(server, done + every))
    measures = []
    for who in ("server", "worker"):
        grown = 1000 * _slope(samples, f"{who} MiB")
        measures.append(Measure(f"{who} memory over 1,000 jobs", grown, "MiB", FLAT))
        measures.append(Measure(f"{who} memory at the end", samples[-1][f"{who} MiB"], "MiB"))
        for what in ("files", "threads"):
            more = samples[-1][f"{who} {what}"] - samples[0][f"{who} {what}"]
            measures.append(Measure(f"{who} {what} more than before", more, "", 0.0))
    return Figure("memory", measures, {"samples": samples})


def _draw(client: Client, seeds: range) -> None:
    for seed in seeds:
        body = {"prompt": f"house number {seed % PROMPTS}", "seed": seed, "num_inference_steps": 1}
        _run(client, "generate", body)


def _run(client: Client, operation: str, body: dict[str, Any]) -> None:
    task = client.post(f"/api/{operation}", body, Prefer="wait=60")
    if task["status"] != "completed":
        raise RuntimeError(f"the task is {task['status']}: {task['error']}")


def _sample(server: Studio, jobs: int) -> Sample:
    time.sleep(SETTLE)
    (worker,) = server.children()
    sample: Sample = {"jobs": jobs}
    for who, process in (("server", server.process), ("worker", worker)):
        sample |= {f"{who} {name}": value for name, value in _look(process).items()}
    return sample


def _look(process: psutil.Process) -> Sample:
    with process.oneshot():
        return {
            "MiB": process.memory_info().rss / MIB,
            "files": process.num_fds(),
            "threads": process.num_threads(),
        }


def _slope(samples: list[Sample], name: str) -> float:
    return slope([sample["jobs"] for sample in samples], [sample[name] for sample in samples])
