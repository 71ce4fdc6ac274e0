"""Images of the base model itself, as latents: what a training must not forget.

They are drawn before the trained layers exist, in batches, and never decoded.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from core.engine.training.adapters.base import Adapter, Texts, stacked
from core.engine.training.cache import TensorCache
from core.engine.training.rows import Report, Row
from core.engine.training.session import generator_of

BATCH = 16
Shape = tuple[int, ...]


def prior_rows(
    adapter: Adapter,
    prompts: Sequence[str],
    shapes: Sequence[Shape],
    texts: Mapping[str, Texts],
    seed: int,
    count: int,
    cache: TensorCache,
    report: Report,
    preempt: Callable[[], None],
) -> list[Row]:
    """`count` latents of the base for the prompts in turn, over shapes as the dataset has them.

    `preempt` may raise between two steps of a batch, which is drawn anew then.
    """
    rows: list[Row] = []
    for shape, share in _shares(shapes, count).items():
        for first in range(0, share, BATCH):
            report("drawing prior images", step=len(rows), steps=count)
            numbers = range(len(rows), len(rows) + min(BATCH, share - first))
            chosen = [prompts[number % len(prompts)] for number in numbers]
            key = {"prompts": chosen, "shape": shape, "seed": seed, "first": numbers[0]}

            def draw(
                chosen: Sequence[str] = chosen, shape: Shape = shape, first: int = numbers[0]
            ) -> dict[str, torch.Tensor]:
                noise = generator_of(seed, "prior", first)
                wanted = [texts[prompt] for prompt in chosen]
                return {"latents": drawn(adapter, wanted, texts[""], shape, noise, preempt)}

            latents = cache.get("prior", key, draw)["latents"]
            pairs = zip(numbers, latents, chosen, strict=True)
            rows += [Row(f"prior {number}", (z,), (prompt,)) for number, z, prompt in pairs]
    return rows


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is untyped here
def drawn(
    adapter: Adapter,
    texts: Sequence[Texts],
    empty: Texts,
    shape: Shape,
    generator: torch.Generator,
    preempt: Callable[[], None],
) -> torch.Tensor:
    """Latents (b, C, h, w) of prompts by the model's own schedule, steps and guidance."""
    settings = adapter.loaded.model.defaults("generate")
    guidance = float(settings.get("guidance_scale", settings.get("true_cfg_scale", 1.0)))
    device = next(adapter.network.parameters()).device
    scheduler = adapter.loaded.scheduler(None)
    steps = _schedule(adapter, scheduler, int(settings["num_inference_steps"]), shape)
    positive = stacked(texts, device)
    negative = None
    if guidance > 1 and not adapter.guided and not adapter.loaded.model.distilled:
        negative = stacked([empty] * len(texts), device)
    noise = torch.randn(len(texts), *shape, generator=generator).to(device)
    states = noise * scheduler.init_noise_sigma if not adapter.flow else noise
    for timestep in steps:
        preempt()
        inputs = states if adapter.flow else scheduler.scale_model_input(states, timestep)
        time = timestep / 1000 if adapter.flow else timestep
        times = time.to(device).expand(len(texts))
        predicted = adapter.predict(inputs, positive, times, guidance)
        if negative is not None:
            plain = adapter.predict(inputs, negative, times, guidance)
            predicted = adapter.guide(predicted, plain, guidance)
        states = scheduler.step(predicted, timestep, states, return_dict=False)[0]
    latents: torch.Tensor = states.float().cpu()
    return latents


def _schedule(adapter: Adapter, scheduler: Any, steps: int, shape: Shape) -> Any:
    """Set the scheduler's timesteps for an image of this shape, and return them."""
    arguments: dict[str, Any] = {}
    if adapter.flow:
        arguments["sigmas"] = np.linspace(1.0, 1 / steps, steps)
        if scheduler.config.get("use_dynamic_shifting", False):
            arguments["mu"] = adapter.shift(adapter.tokens(shape), steps)
    known = inspect.signature(scheduler.set_timesteps).parameters
    if "sigmas" not in arguments or "sigmas" not in known:
        arguments = {"num_inference_steps": steps}
    scheduler.set_timesteps(**arguments)
    return scheduler.timesteps


def _shares(shapes: Sequence[Shape], count: int) -> dict[Shape, int]:
    """`count` divided over the shapes as the dataset has them; at least one each."""
    counts = Counter(shapes)
    shares = {shape: max(1, count * n // len(shapes)) for shape, n in counts.items()}
    most = counts.most_common(1)[0][0]
    shares[most] += max(0, count - sum(shares.values()))
    return shares
