"""Overhead of the studio per image: REST generate, submit to the row being completed, minus a bare
call of the same pipeline.

Both run on this machine in turns, each in a process of its own with one thread for torch and the
same frozen collector; who goes first alternates. One thread, because the idle threads of the one
would spin on the cores of the other. The studio's time is a client's: from sending the
request (with `Prefer: wait`) to having read the completed task, which is answered only after its
row is committed and its file is synced. The bare time is of the call alone. Every pair has a prompt
of its own, so both encode their text; the pictures must be equal.

Where a bare call varies by more than the goal, the difference says nothing. What surrounds the
drawing (the client's time minus what the worker measured inside `run`) does not vary with it.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import IO, Any
from urllib.request import urlopen

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, differences, percentile, ratio
from benchmarks.server import ROOT, Studio, studio

MODEL, STEPS, SIDE = "nano", 8, 128  # the side that the model draws: nothing is finished
THREADS = "1"
PAIRS, QUICK_PAIRS = 80, 6
WARM_UP = 3
COLOURS = ("red", "blue", "green", "yellow", "white", "grey", "brown", "orange")


def measure(quick: bool) -> Figure:
    """Milliseconds added, at the median and at the 95th percentile."""
    ours: list[float] = []
    bare: list[float] = []
    around: list[float] = []
    with bare_pipeline() as pipes, studio(threads=THREADS) as server:
        client = server.client()
        server.await_lane()
        equal = _same_picture(server, client, pipes)
        for index in range(WARM_UP + (QUICK_PAIRS if quick else PAIRS)):
            ms = _pair(client, pipes, index)
            if index >= WARM_UP:
                ours.append(ms[0])
                bare.append(ms[1])
                around.append(ms[2])
    added = differences(ours, bare)
    measures = [
        Measure("added to a bare call, median", median(added), "ms", 5.0),
        Measure("added to a bare call, 95th percentile", percentile(added, 0.95), "ms", 12.0),
        Measure("added, 10th percentile", percentile(added, 0.1), "ms"),
        Measure("around the drawing, median", median(around), "ms", 5.0),
        Measure("around the drawing, 95th percentile", percentile(around, 0.95), "ms", 12.0),
        Measure("generate by REST, median", median(ours), "ms"),
        Measure("bare call, median", median(bare), "ms"),
        Measure("as a multiple of the bare call", ratio(ours, bare), "×"),
        Measure("spread of the bare call (95th minus median)", _spread(bare), "ms"),
        Measure("pictures that differ", float(not equal), "", 0.0),
    ]
    return Figure("generate", measures, {"ours_ms": ours, "bare_ms": bare, "around_ms": around})


Pipes = tuple[IO[str], IO[str]]


@contextmanager
def bare_pipeline() -> Iterator[Pipes]:
    """The bare child, warmed: its input and its output."""
    command = [sys.executable, "-m", "benchmarks.bare_pipeline", MODEL, THREADS]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        encoding="utf-8",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        if child.stdout.readline() != "ready\n":
            raise RuntimeError("the bare pipeline did not start")
        yield child.stdin, child.stdout
        child.stdin.close()


def ask_bare(pipes: Pipes, prompt: str, seed: int) -> dict[str, Any]:
    """One bare call."""
    given, output = pipes
    given.write(json.dumps({"prompt": prompt, "seed": seed, "steps": STEPS}) + "\n")
    given.flush()
    answer: dict[str, Any] = json.loads(output.readline())
    return answer


def _pair(client: Client, pipes: Pipes, index: int) -> tuple[float, float, float]:
    """Milliseconds of a generate by REST, of a bare call, and of what surrounds the drawing."""
    colour = COLOURS[index % len(COLOURS)]
    prompt = f"a {colour} house number {index} at night"
    bare = ask_bare(pipes, prompt, index)["seconds"] if index % 2 else None
    ours, task = _ask(client, prompt, index)
    if bare is None:
        bare = ask_bare(pipes, prompt, index)["seconds"]
    return ours, bare * 1000, ours - task["timings"]["compute_seconds"] * 1000


def _ask(client: Client, prompt: str, seed: int) -> tuple[float, dict[str, Any]]:
    body = {"prompt": prompt, "seed": seed, "num_inference_steps": STEPS, "model": MODEL}
    body |= {"width": SIDE, "height": SIDE}
    seconds, task = client.timed(client.request("POST", "/api/generate", body, Prefer="wait=60"))
    if task["status"] != "completed":
        raise RuntimeError(f"the task is {task['status']}: {task['error']}")
    return seconds * 1000, task


def _same_picture(server: Studio, client: Client, pipes: Pipes) -> bool:
    from PIL import Image

    prompt, seed = "a red house at night", 7
    _, task = _ask(client, prompt, seed)
    address = f"http://127.0.0.1:{server.port}{task['outputs'][0]['url']}"
    with urlopen(address) as answer, Image.open(io.BytesIO(answer.read())) as picture:
        pixels = hashlib.sha256(picture.tobytes()).hexdigest()
    return bool(pixels == ask_bare(pipes, prompt, seed)["pixels"])


def _spread(samples: list[float]) -> float:
    return percentile(samples, 0.95) - median(samples)
