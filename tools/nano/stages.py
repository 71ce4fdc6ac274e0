"""The stages of training, in order, and where each keeps its work.

Every stage is skipped when it is done and continues where it stopped. The work
of a stage is in its own module.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from diffusers import AutoencoderKLFlux2

from tools.nano import checkpoints, latents, model, tokens, vae
from tools.nano.architecture import build_vae
from tools.nano.batches import Mix, Source
from tools.nano.corpus import corpus
from tools.nano.export import export
from tools.nano.latents import PoolRequest
from tools.nano.parallel import Group
from tools.nano.training import Recipe, Task, Training
from tools.nano.transformer import Drawing
from tools.nano.vae import Compression, Picturing

CORPUS = 60_000  # texts that the tokenizer is built from
CORPUS_SEED = 7


@dataclass(frozen=True)
class Places:
    """Folders of the stages."""

    work: Path

    @property
    def tokenizer(self) -> Path:
        """The tokenizer's folder."""
        return self.work / "tokenizer"

    @property
    def vae(self) -> Path:
        """The VAE that encodes, as a diffusers folder."""
        return self.work / "vae"

    @property
    def vae_training(self) -> Path:
        """Checkpoints of the VAE."""
        return self.work / "vae-training"

    @property
    def decoder(self) -> Path:
        """The VAE with the decoder that was trained on, as a diffusers folder."""
        return self.work / "decoder" / "vae"

    @property
    def decoder_training(self) -> Path:
        """Checkpoints of the decoder phase."""
        return self.work / "decoder" / "decoder-training"

    @property
    def latents(self) -> Path:
        """The pools."""
        return self.work / "latents"

    @property
    def transformer(self) -> Path:
        """Checkpoints of transformer and text encoder."""
        return self.work / "transformer"

    @property
    def best_vae(self) -> Path:
        """The VAE to draw with: that of the decoder phase once it is there."""
        return self.decoder if self.decoder.exists() else self.vae


def build_tokenizer(places: Places) -> None:
    """Build the tokenizer unless it is there, and name the words that it splits."""
    if (places.tokenizer / "tokenizer.json").exists():
        return
    texts = list(corpus(random.Random(CORPUS_SEED), CORPUS))
    tokenizer = tokens.build(texts, places.tokenizer)
    split = ", ".join(sorted(tokens.split_words(tokenizer, texts))) or "none"
    print(f"tokenizer: {len(tokenizer)} tokens; split words: {split}", flush=True)


def train_vae(group: Group, places: Places, recipe: Recipe, start_from: Path | None) -> None:
    """In every process: train the VAE, from the newest checkpoint, a folder or new weights."""
    start = build_vae() if start_from is None else AutoencoderKLFlux2.from_pretrained(start_from)
    task = Compression(group, start, Picturing())
    if run(group, task, recipe, places.vae_training) and group.leads:
        error = vae.finish(group, task.vae, places.vae_training, places.vae, keep=False)
        print(f"VAE: {error:.2f} dB on unseen renders", flush=True)


def train_decoder(group: Group, places: Places, recipe: Recipe) -> None:
    """In every process: train the decoder alone; latents made before stay valid."""
    task = Compression(
        group, AutoencoderKLFlux2.from_pretrained(places.vae), Picturing(decoder_only=True)
    )
    if run(group, task, recipe, places.decoder_training) and group.leads:
        error = vae.finish(group, task.vae, places.decoder_training, places.decoder, keep=True)
        print(f"decoder: {error:.2f} dB on unseen renders", flush=True)


def fill_latents(group: Group, places: Places, wanted: list[PoolRequest]) -> None:
    """In every process: draw and encode the pools."""
    latents.fill(group, places.vae, places.latents, wanted)


def train_transformer(
    group: Group,
    places: Places,
    recipe: Recipe,
    mix: Mix,
    start_from: Path | None = None,
    compiled: bool = False,
) -> None:
    """In every process: train, from the newest checkpoint, from a folder, or from new weights."""
    tokenizer = tokens.load(places.tokenizer)
    new = model.build(tokenizer)
    if start_from is not None:
        model.warm_start(new, start_from)
    source = Source(places.latents, tokenizer, mix)
    run(group, Drawing(group, new, source, compiled), recipe, places.transformer)


def export_model(places: Places, folder: Path) -> None:
    """Write the averaged model to a diffusers folder."""
    trained = model.read_averages(places.tokenizer, places.transformer)
    size = export(trained, AutoencoderKLFlux2.from_pretrained(places.best_vae), folder)
    print(f"{folder}: {size / 1e6:.2f} MB", flush=True)


def run(group: Group, task: Task, recipe: Recipe, folder: Path) -> bool:
    """Train on from the newest checkpoint, if there is one; whether the time is over."""
    training = Training(group, task, recipe, folder)
    resumed = training.resume()
    if group.leads:
        begin = f"continues after step {training.step}" if resumed else "begins"
        print(f"{folder.name} {begin}; {recipe.minutes:g} min in all", flush=True)
    return training.run()


def is_over(folder: Path, minutes: float) -> bool:
    """True if the training in `folder` has used up its time."""
    checkpoint = checkpoints.newest(folder)
    return checkpoint is not None and checkpoints.read_state(checkpoint)["seconds"] >= 60 * minutes


def missing_pools(places: Places, wanted: list[PoolRequest]) -> bool:
    """True if parts of the pools are missing."""
    return any(latents.missing(places.latents, wanted))


def wanted_pools(scenes: Mapping[str, int], pairs: Mapping[str, int]) -> list[PoolRequest]:
    """Pools by name of grid."""
    return [
        PoolRequest(latents.Grid.read(name), kind, count)
        for kind, counts in ((latents.SCENES, scenes), (latents.PAIRS, pairs))
        for name, count in counts.items()
        if count
    ]
