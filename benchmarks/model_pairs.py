"""The same work done by the worker's pool and by plain diffusers pipelines, in turns."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch

from core.engine import device, loading
from core.engine.pool import ModelPool
from core.models.library.library import Library
from core.models.library.model import Model

STEPS = 4
NAMES = ("nano", "twin")
LORAS = ("one", "two")
WEIGHT = 0.5
Work = Callable[[int], str]


class Ours:
    """The worker's pool."""

    def __init__(self, library: Library, budget: int = 0) -> None:
        self._library = library
        self._budget = budget
        self.renew()

    def renew(self) -> None:
        """A pool that holds nothing."""
        self.pool = ModelPool(self._library, device.choose_device(), self._budget)

    def load(self, name: str) -> str:
        """Hold the model."""
        self.pool.get(name)
        return ""

    def draw(self, name: str, prompt: str, seed: int, lora: str | None = None) -> str:
        """The hash of a picture."""
        loaded = self.pool.get(name)
        given = {**loaded.model.defaults("generate"), "prompt": prompt}
        given |= {"num_inference_steps": STEPS}
        if lora is not None:
            given["loras"] = ({"name": lora, "weight": WEIGHT},)
        return _hash(loaded.draw("generate", given, seed=seed, report=lambda phase, **_: None))


class Bare:
    """Diffusers as its own documentation uses it."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._held: dict[str, Any] = {}

    def load(self, name: str) -> str:
        """Hold the model, loaded anew."""
        kind = next(iter(self._library.get(name).modes.values())).pipeline
        pipeline = getattr(diffusers, kind).from_pretrained(
            str(self._library.get(name).path),
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
        )
        pipeline.set_progress_bar_config(disable=True)
        self._held[name] = pipeline
        return ""

    def drop(self) -> None:
        """Hold nothing."""
        self._held.clear()

    def dress(self, name: str, folder: Path) -> None:
        """Load both LoRAs."""
        for lora in LORAS:
            self._held[name].load_lora_weights(
                str(folder), weight_name=f"{lora}.safetensors", adapter_name=lora
            )

    def draw(self, name: str, prompt: str, seed: int, lora: str | None = None) -> str:
        """The hash of a picture."""
        model: Model = self._library.get(name)
        if lora is not None:
            self._held[name].set_adapters([lora], [WEIGHT])
        defaults = model.defaults("generate")
        picture = self._held[name](
            prompt=prompt,
            generator=torch.Generator("cpu").manual_seed(seed),
            num_inference_steps=STEPS,
            guidance_scale=defaults["guidance_scale"],
            width=defaults["width"],
            height=defaults["height"],
            **model.call,
        ).images[0]
        return _hash(picture)


class Bench:
    """All pairs on the models and LoRAs of one folder."""

    def __init__(self, folder: Path, rounds: int) -> None:
        loading.quiet()
        device.use_threads(0)
        self._folder = folder
        self._rounds = rounds
        self._library = Library([folder])
        self._differ = 0

    def run(self) -> dict[str, Any]:
        """Seconds of ours and of the bare ones, by what was done."""
        ours, bare = Ours(self._library), Bare(self._library)
        self._settle(ours, bare)
        pairs: dict[str, Any] = {"load": self._load(ours, bare), "cold": self._cold(bare)}
        for name in NAMES:
            ours.load(name)
            bare.load(name)
        before = ours.pool.loads
        pairs["warm"] = self._pairs(
            lambda n: ours.draw(NAMES[n % 2], _prompt(n), n),
            lambda n: bare.draw(NAMES[n % 2], _prompt(n), n),
        )
        pairs["warm_loads"] = ours.pool.loads - before
        pairs["same"] = self._pairs(
            lambda n: ours.draw(NAMES[0], "a red house at night", n),
            lambda n: bare.draw(NAMES[0], "a red house at night", n),
        )
        bare.dress(NAMES[0], self._folder / "loras")
        pairs["lora"] = self._pairs(
            lambda n: ours.draw(NAMES[0], _prompt(n), n, LORAS[n % 2]),
            lambda n: bare.draw(NAMES[0], _prompt(n), n, LORAS[n % 2]),
        )
        return {**pairs, "differ": self._differ}

    def _settle(self, ours: Ours, bare: Bare) -> None:
        """Import what a picture needs and freeze it for the collector, as the worker does."""
        for pool in (ours, bare):
            pool.load(NAMES[0])
            pool.draw(NAMES[0], "", 0)
        ours.renew()
        bare.drop()
        gc.collect()
        gc.freeze()

    def _load(self, ours: Ours, bare: Bare) -> tuple[list[float], list[float]]:
        def fresh(n: int) -> None:
            ours.renew()
            bare.drop()

        return self._pairs(lambda n: ours.load(NAMES[0]), lambda n: bare.load(NAMES[0]), fresh)

    def _cold(self, bare: Bare) -> tuple[list[float], list[float]]:
        """A pool with room for one model and a half."""
        ours = Ours(self._library, int(1.5 * 4 * self._library.get(NAMES[0]).parameter_count))

        def swapped(n: int) -> str:
            bare.drop()
            bare.load(NAMES[n % 2])
            return bare.draw(NAMES[n % 2], _prompt(n), n)

        return self._pairs(lambda n: ours.draw(NAMES[n % 2], _prompt(n), n), swapped)

    def _pairs(
        self, ours: Work, bare: Work, before: Callable[[int], None] | None = None
    ) -> tuple[list[float], list[float]]:
        """Both in turns, two rounds more than are kept; `before` is not measured."""
        samples: tuple[list[float], list[float]] = ([], [])
        for n in range(self._rounds + 2):
            if before is not None:
                before(n)
            gc.collect()
            pair: dict[int, tuple[float, str]] = {}
            for who in (0, 1) if n % 4 < 2 else (1, 0):
                pair[who] = _timed((ours, bare)[who], n)
            self._differ += pair[0][1] != pair[1][1]
            if n >= 2:
                for who in (0, 1):
                    samples[who].append(pair[who][0])
        return samples


def _timed(work: Work, n: int) -> tuple[float, str]:
    began = time.perf_counter()
    result = work(n)
    return time.perf_counter() - began, result


def _prompt(n: int) -> str:
    return f"a blue castle number {n} at sunset"


def _hash(picture: Any) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()
