"""Pools of training data: rendered scenes and edit pairs as normalised latents, with their records.

A pool is a folder of parts; a part is one `.npy` of float16 tokens and one `.jsonl` of records of
scenes or edits. Parts are drawn from their own seeds, so that processes share the work in any order
and continue where they stopped.
"""

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2
from numpy.typing import NDArray
from PIL import Image

from tools.nano.architecture import TOKEN_PIXELS
from tools.nano.edits import Edit, sample_edit
from tools.nano.parallel import Group, StopSignal
from tools.nano.render import render
from tools.nano.scene import Scene, sample_scene

PART = 2048  # scenes, or pairs, in one part
SCENES, PAIRS = "scenes", "pairs"
PIXELS_AT_ONCE = 32 * 128 * 128  # in one encoding call
SEED = 1  # of the pools; unseen data of evaluations comes from other seeds

Half = NDArray[np.float16]


@dataclass(frozen=True)
class Grid:
    """A trained picture size in pixels; the sides are multiples of TOKEN_PIXELS."""

    width: int
    height: int

    @property
    def name(self) -> str:
        """As in names of folders and options: 192x128."""
        return f"{self.width}x{self.height}"

    @property
    def tokens(self) -> tuple[int, int]:
        """Rows and columns of image tokens."""
        return self.height // TOKEN_PIXELS, self.width // TOKEN_PIXELS

    @property
    def count(self) -> int:
        """The number of image tokens."""
        rows, columns = self.tokens
        return rows * columns

    @staticmethod
    def read(name: str) -> "Grid":
        """The grid of a name such as 192x128."""
        width, height = (int(side) for side in name.split("x"))
        return Grid(width, height)


GRIDS = tuple(Grid.read(name) for name in ("128x128", "192x128", "128x192", "256x256"))


@dataclass(frozen=True)
class PoolRequest:
    """Requested number of scenes or pairs of a pool, made in whole parts."""

    grid: Grid
    kind: str  # SCENES or PAIRS
    count: int

    @property
    def parts(self) -> int:
        """The number of parts, rounded up."""
        return -(-self.count // PART)


class Pool:
    """All parts of a kind in one grid that are on disk, read from disk as they are drawn."""

    def __init__(self, folder: Path, grid: Grid, kind: str) -> None:
        self.grid, self.kind = grid, kind
        self._parts: list[Half] = []
        self._records: list[bytes] = []
        for path in sorted((folder / grid.name).glob(f"{kind}-*.jsonl")):
            self._records += path.read_bytes().splitlines()
            self._parts.append(np.load(path.with_suffix(".npy"), mmap_mode="r"))
        self._starts = np.cumsum([0, *(part.shape[0] for part in self._parts)])
        self.masked = np.array(
            [i for i, line in enumerate(self._records) if b'"masked": true' in line], dtype=np.int64
        )

    def __len__(self) -> int:
        return len(self._records)

    def tokens(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """Float32 tokens [rows, image tokens, channels]; of pairs [rows, 2, tokens, channels]."""
        places = np.searchsorted(self._starts, rows, side="right") - 1
        rows_of_parts = [
            self._parts[part][row - self._starts[part]]
            for part, row in zip(places.tolist(), rows.tolist(), strict=True)
        ]
        return torch.from_numpy(np.stack(rows_of_parts).astype(np.float32))

    def scenes(self, rows: NDArray[np.int64]) -> list[Scene]:
        """The scenes of some rows."""
        return [Scene.read(json.loads(self._records[row])) for row in rows.tolist()]

    def edits(self, rows: NDArray[np.int64]) -> list[Edit]:
        """The edits of some rows."""
        return [Edit.read(json.loads(self._records[row])) for row in rows.tolist()]


def fill(group: Group, vae_folder: Path, folder: Path, wanted: Sequence[PoolRequest]) -> None:
    """Draw and encode what is missing of the pools, the parts dealt out among the processes."""
    vae = AutoencoderKLFlux2.from_pretrained(vae_folder).eval().to(group.device)
    todo = list(missing(folder, wanted))
    group.wait()  # nobody writes a part before everybody has counted what is missing
    with StopSignal() as stop:
        for pool, part in todo[group.rank :: group.size]:
            begin = time.monotonic()
            write_part(group, vae, folder, pool, part, stop=stop)
            rate = PART * (2 if pool.kind == PAIRS else 1) / (time.monotonic() - begin)
            name = f"{pool.grid.name} {pool.kind} {part + 1}/{pool.parts}"
            print(f"{name}: {rate:.0f} images/s", flush=True)


def write_part(
    group: Group,
    vae: AutoencoderKLFlux2,
    folder: Path,
    pool: PoolRequest,
    part: int,
    count: int = PART,
    stop: StopSignal | None = None,
) -> None:
    """Draw, encode and write one part; the records come last and make it valid."""
    path = folder / pool.grid.name / f"{pool.kind}-{part:05d}"
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"{SEED} {pool.grid.name} {pool.kind} {part}")
    drawn: list[Scene] | list[Edit]
    if pool.kind == PAIRS:
        drawn = [sample_edit(rng) for _ in range(count)]
        before = encode(group, vae, [edit.before for edit in drawn], pool.grid, stop)
        after = encode(group, vae, [edit.after for edit in drawn], pool.grid, stop)
        tokens = np.stack([before, after], axis=1)
    else:
        drawn = [sample_scene(rng) for _ in range(count)]
        tokens = encode(group, vae, drawn, pool.grid, stop)
    np.save(path.with_suffix(".npy"), tokens)
    lines = "".join(json.dumps(record.record()) + "\n" for record in drawn)
    unfinished = path.with_suffix(".partial")
    unfinished.write_text(lines, encoding="utf-8")
    unfinished.rename(path.with_suffix(".jsonl"))


def encode(
    group: Group,
    vae: AutoencoderKLFlux2,
    scenes: Sequence[Scene],
    grid: Grid,
    stop: StopSignal | None = None,
) -> Half:
    """Render and encode scenes: normalised float16 tokens [scenes, image tokens, channels]."""
    at_once = max(1, PIXELS_AT_ONCE // (grid.width * grid.height))
    if group.device == "cuda":
        at_once *= 8
    encoded = []
    for start in range(0, len(scenes), at_once):
        if stop is not None:
            stop.check()
        some = scenes[start : start + at_once]
        pixels = to_pixels([render(scene, grid.width, grid.height).image for scene in some])
        encoded.append(encode_pixels(group, vae, pixels).cpu().numpy().astype(np.float16))
    return np.concatenate(encoded)


def encode_pixels(group: Group, vae: AutoencoderKLFlux2, pixels: torch.Tensor) -> torch.Tensor:
    """Normalised tokens, float32 [batch, image tokens, channels], of `to_pixels`' pictures."""
    with torch.no_grad():
        with group.autocast():
            moments = vae.encode(pixels.to(group.device)).latent_dist
        return normalise(vae, patchify(moments.mode().float())).flatten(2).transpose(1, 2)


def to_pixels(images: Sequence[Image.Image]) -> torch.Tensor:
    """RGB pictures of one size as float32 [batch, 3, height, width] in -1..1."""
    stacked = np.stack([np.asarray(image) for image in images])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).float() / 127.5 - 1


def patchify(latents: torch.Tensor) -> torch.Tensor:
    """[batch, c, h, w] as 2 x 2 patches [batch, 4c, h/2, w/2], in the order of the pipeline."""
    batch, channels, height, width = latents.shape
    patches = latents.view(batch, channels, height // 2, 2, width // 2, 2)
    return patches.permute(0, 1, 3, 5, 2, 4).reshape(batch, channels * 4, height // 2, width // 2)


def unpatchify(patches: torch.Tensor) -> torch.Tensor:
    """Inverse of `patchify`."""
    batch, channels, height, width = patches.shape
    latents = patches.reshape(batch, channels // 4, 2, 2, height, width).permute(0, 1, 4, 2, 5, 3)
    return latents.reshape(batch, channels // 4, height * 2, width * 2)


def normalise(vae: AutoencoderKLFlux2, patches: torch.Tensor) -> torch.Tensor:
    """Patches [batch, 4c, h, w] to mean 0 and deviation 1, by the statistics kept in the VAE."""
    mean, deviation = statistics(vae)
    return (patches - mean) / deviation


def statistics(vae: AutoencoderKLFlux2) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of each patch channel, [1, 4c, 1, 1]."""
    mean, variance = (
        statistic.view(1, -1, 1, 1) for statistic in (vae.bn.running_mean, vae.bn.running_var)
    )
    return mean, torch.sqrt(variance + vae.config.batch_norm_eps)


def missing(folder: Path, wanted: Sequence[PoolRequest]) -> Iterator[tuple[PoolRequest, int]]:
    """Missing parts, all pools in turn, so that early parts of each come first."""
    longest = max((pool.parts for pool in wanted), default=0)
    for part in range(longest):
        for pool in wanted:
            path = folder / pool.grid.name / f"{pool.kind}-{part:05d}.jsonl"
            if part < pool.parts and not path.exists():
                yield pool, part
