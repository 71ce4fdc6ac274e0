"""Inputs of a training step: grid, edit or scene, length of text, and the batch itself.

Every choice comes from the seed, the step and (for the contents) the process, so that training that
was interrupted continues with the same batches.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import Qwen2TokenizerFast

from tools.nano.captions import caption
from tools.nano.edits import instruction
from tools.nano.latents import GRIDS, PAIRS, SCENES, Grid, Pool
from tools.nano.tokens import LONG_TEXT_TOKENS, TEXT_TOKENS, encode

FIRST = GRIDS[0]  # trained alone at first
REFERENCE_TOKENS = FIRST.count + TEXT_TOKENS  # of the sequences that Mix.batch counts


@dataclass(frozen=True)
class Mix:
    """Shares of the training steps, 0..1, and the size of a batch."""

    batch: int = 32  # of the first grid, a process; longer sequences come in smaller batches
    edits: float = 0.18
    masked: float = 1 / 3  # of the pairs in an edit step
    no_caption: float = 0.1
    long_text: float = 0.05
    first_only: float = 0.5  # of the time, with the first grid alone
    grids: Mapping[str, float] = field(
        default_factory=lambda: {"128x128": 0.45, "192x128": 0.15, "128x192": 0.15, "256x256": 0.25}
    )


@dataclass(frozen=True)
class Plan:
    """Grid, kind and text length of a step; the same in every process."""

    grid: Grid
    edit: bool
    text_tokens: int

    def batch(self, of_first: int) -> int:
        """The batch size that costs as much as `of_first` sequences of the first grid."""
        tokens = self.text_tokens + self.grid.count * (2 if self.edit else 1)
        return max(1, round(of_first * REFERENCE_TOKENS / tokens))


@dataclass
class Batch:
    """Inputs of a step. Tokens are float32 [batch, image tokens, channels]."""

    plan: Plan
    target: torch.Tensor
    reference: torch.Tensor | None
    ids: torch.Tensor
    mask: torch.Tensor
    noise: torch.Tensor
    time: torch.Tensor  # 0..1, 1 is noise; float32 [batch]


class Source:
    """Draws batches from the pools that are on disk."""

    def __init__(
        self,
        folder: Path,
        tokenizer: Qwen2TokenizerFast,
        mix: Mix,
        seed: int = 0,
        grids: Sequence[Grid] = GRIDS,
    ) -> None:
        self.mix, self._tokenizer, self._seed = mix, tokenizer, seed
        pools = [Pool(folder, grid, kind) for grid in grids for kind in (SCENES, PAIRS)]
        self._pools = {(pool.grid, pool.kind): pool for pool in pools if len(pool)}
        self._first = grids[0]
        if (self._first, SCENES) not in self._pools:
            raise FileNotFoundError(f"no latents of {self._first.name} in {folder}")

    def plan(self, step: int, done: float) -> Plan:
        """The plan of `step` when the share `done` of the time is over."""
        rng = random.Random(f"plan {self._seed} {step}")
        drawn = self._draw_grid(rng)
        grid = self._first if done < self.mix.first_only else drawn
        edit = rng.random() < self.mix.edits and (grid, PAIRS) in self._pools
        long = rng.random() < self.mix.long_text
        return Plan(grid, edit, LONG_TEXT_TOKENS if long else TEXT_TOKENS)

    def batch(self, step: int, rank: int, plan: Plan) -> Batch:
        """The batch of one process for `plan`."""
        rng = random.Random(f"batch {self._seed} {step} {rank}")
        numbers = np.random.default_rng(rng.getrandbits(64))
        pool = self._pools[plan.grid, PAIRS if plan.edit else SCENES]
        rows = self._rows(pool, plan, numbers)
        tokens = pool.tokens(rows)
        target, reference = (tokens[:, 1], tokens[:, 0]) if plan.edit else (tokens, None)
        ids, mask = encode(self._tokenizer, self._texts(pool, rows, rng), plan.text_tokens)
        generator = torch.Generator().manual_seed(rng.getrandbits(62))
        noise = torch.randn(target.shape, generator=generator)
        time = draw_times(len(rows), generator)
        return Batch(plan, target.contiguous(), reference, ids, mask, noise, time)

    def _draw_grid(self, rng: random.Random) -> Grid:
        known = [grid for grid, kind in self._pools if kind == SCENES]
        shares = [self.mix.grids.get(grid.name, 0.0) for grid in known]
        return rng.choices(known, shares)[0] if sum(shares) else self._first

    def _rows(self, pool: Pool, plan: Plan, numbers: np.random.Generator) -> NDArray[np.int64]:
        size = plan.batch(self.mix.batch)
        rows = numbers.integers(0, len(pool), size)
        if plan.edit and len(pool.masked):
            inside = numbers.choice(pool.masked, size)
            rows = np.where(numbers.random(size) < self.mix.masked, inside, rows)
        return rows

    def _texts(self, pool: Pool, rows: NDArray[np.int64], rng: random.Random) -> list[str]:
        if pool.kind == PAIRS:
            texts = [instruction(edit, rng) for edit in pool.edits(rows)]
        else:
            texts = [caption(scene, rng) for scene in pool.scenes(rows)]
        return ["" if rng.random() < self.mix.no_caption else text for text in texts]


def draw_times(count: int, generator: torch.Generator) -> torch.Tensor:
    """Noise levels 0..1, float32 [count]: logit-normal, a little towards noise, a tenth uniform.

    The uniform tenth keeps both ends alive.
    """
    times = torch.sigmoid(torch.randn(count, generator=generator) + 0.2)
    uniform = torch.rand(count, generator=generator)
    return torch.where(torch.rand(count, generator=generator) < 0.1, uniform, times)
