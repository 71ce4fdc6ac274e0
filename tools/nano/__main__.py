"""The command line of the embedded model's training: `python -m tools.nano --help`.

Every command that takes a while continues where it stopped when it is given again, and a longer
time prolongs it. Asked to end (Ctrl-C, SIGTERM) it saves first.
"""

# ruff: noqa: E402 - what is deferred is named before diffusers is imported

import shutil
from pathlib import Path
from typing import Annotated

import typer

from core.engine.libraries import lean

lean.prepare()

from tools.nano import parallel, record, stages, vae
from tools.nano.batches import Mix
from tools.nano.controlling import app as controlling
from tools.nano.latents import Grid, PoolRequest
from tools.nano.measuring import Chosen
from tools.nano.measuring import app as measuring
from tools.nano.parallel import Hardware
from tools.nano.stages import Places
from tools.nano.training import Recipe

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
app.add_typer(measuring)
app.add_typer(controlling)

SCENES = "128x128=40000,192x128=8000,128x192=8000,256x256=8000"
PAIRS = "128x128=10000,192x128=2000,128x192=2000,256x256=2000"
MIX = Mix()
SHARES = ",".join(f"{name}={share:g}" for name, share in MIX.grids.items())

Work = Annotated[Path, typer.Option(help="The folder that holds everything of a run.")]
Minutes = Annotated[float, typer.Option(help="In all, those of earlier runs included.")]
From = Annotated[Path | None, typer.Option("--from", help="An exported folder to begin with.")]
Scenes = Annotated[str, typer.Option(help="Scenes of each grid.")]
Pairs = Annotated[str, typer.Option(help="Edit pairs of each grid.")]
Batch = Annotated[int, typer.Option(help="Sequences of 128x128 in a step of one process.")]
SaveEvery = Annotated[float, typer.Option(help="Minutes between checkpoints.")]
PrintEvery = Annotated[int, typer.Option(help="Steps between lines.")]
Compiled = Annotated[bool, typer.Option(help="Use torch.compile: pays on a GPU only.")]
To = Annotated[Path, typer.Option(help="The diffusers folder to write.")]
Device = Annotated[str, typer.Option(help="cpu or cuda; empty takes a GPU if there is one.")]
Processes = Annotated[int, typer.Option(help="Processes on a processor; 0 is one a core.")]


@app.command("train")
def train_all(
    work: Work,
    minutes: Annotated[float, typer.Option(help="Of the transformer, in all.")],
    to: To,
    vae_minutes: Annotated[float, typer.Option(help="0 takes the VAE of --from.")] = 40.0,
    decoder_minutes: Annotated[float, typer.Option(help="0 leaves that stage out.")] = 20.0,
    start_from: From = None,
    scenes: Scenes = SCENES,
    pairs: Pairs = PAIRS,
    batch: Batch = MIX.batch,
    compiled: Compiled = False,
    device: Device = "",
    precision: Chosen = None,
    processes: Processes = 0,
) -> None:
    """Run every stage that is not done, and export."""
    places = Places(work)
    tokenizer(work)
    if vae_minutes and not places.vae.exists():
        train_vae(
            work, vae_minutes, start_from, device=device, precision=precision, processes=processes
        )
    elif not places.vae.exists():
        if start_from is None:
            raise typer.BadParameter("no VAE: give --vae-minutes, or --from with a VAE")
        shutil.copytree(start_from / "vae", places.vae)
    _require(places.vae.exists())
    latents(work, scenes, pairs, device, precision, processes)
    _require(not stages.missing_pools(places, _wanted(scenes, pairs)))
    if not stages.is_over(places.transformer, minutes):
        transformer(
            work,
            minutes,
            start_from,
            batch,
            compiled=compiled,
            device=device,
            precision=precision,
            processes=processes,
        )
    _require(stages.is_over(places.transformer, minutes))
    if decoder_minutes and not stages.is_over(places.decoder_training, decoder_minutes):
        train_decoder(
            work, decoder_minutes, device=device, precision=precision, processes=processes
        )
        _require(stages.is_over(places.decoder_training, decoder_minutes))
    stages.export_model(places, to)


@app.command()
def tokenizer(work: Work) -> None:
    """Build the tokenizer."""
    stages.build_tokenizer(Places(work))


@app.command("vae")
def train_vae(
    work: Work,
    minutes: Minutes,
    start_from: From = None,
    save_every: SaveEvery = 5.0,
    print_every: PrintEvery = 100,
    device: Device = "",
    precision: Chosen = None,
    processes: Processes = 0,
) -> None:
    """Train the VAE."""
    recipe = vae.recipe(minutes, False, save_every, print_every)
    folder = None if start_from is None else start_from / "vae"
    hardware = Hardware.choose(device, precision, processes)
    parallel.start(hardware, stages.train_vae, Places(work), recipe, folder)


@app.command()
def latents(
    work: Work,
    scenes: Scenes = SCENES,
    pairs: Pairs = PAIRS,
    device: Device = "",
    precision: Chosen = None,
    processes: Processes = 0,
) -> None:
    """Draw and encode the pools of training data; larger numbers add to what is there."""
    hardware = Hardware.choose(device, precision, processes)
    places, wanted = Places(work), _wanted(scenes, pairs)
    if stages.missing_pools(places, wanted):
        parallel.start(hardware, stages.fill_latents, places, wanted)


@app.command()
def transformer(
    work: Work,
    minutes: Minutes,
    start_from: From = None,
    batch: Batch = MIX.batch,
    first_only: Annotated[float, typer.Option(help="Share of the time.")] = MIX.first_only,
    grids: Annotated[str, typer.Option(help="Shares of the steps after that.")] = SHARES,
    save_every: SaveEvery = 5.0,
    print_every: PrintEvery = 50,
    compiled: Compiled = False,
    device: Device = "",
    precision: Chosen = None,
    processes: Processes = 0,
) -> None:
    """Train transformer and text encoder."""
    parallel.start(
        Hardware.choose(device, precision, processes),
        stages.train_transformer,
        Places(work),
        Recipe(minutes, save_every=save_every, print_every=print_every),
        Mix(batch=batch, first_only=first_only, grids=_numbers(grids)),
        start_from,
        compiled,
    )


@app.command("decoder")
def train_decoder(
    work: Work,
    minutes: Minutes,
    save_every: SaveEvery = 5.0,
    print_every: PrintEvery = 100,
    device: Device = "",
    precision: Chosen = None,
    processes: Processes = 0,
) -> None:
    """Train the VAE's decoder alone; latents stay valid."""
    recipe = vae.recipe(minutes, True, save_every, print_every)
    hardware = Hardware.choose(device, precision, processes)
    parallel.start(hardware, stages.train_decoder, Places(work), recipe)


@app.command()
def export(work: Work, to: To) -> None:
    """Write the averaged model as a diffusers folder."""
    stages.export_model(Places(work), to)


@app.command("record")
def write_record(
    to: To,
    grids: Annotated[str, typer.Option(help="The sizes it draws well.")] = ",".join(MIX.grids),
) -> None:
    """Write sizes, vocabulary and preview factors into the model's qpyt.json."""
    record.update(to, [Grid.read(name) for name in grids.split(",")])


def _require(done: bool) -> None:
    if not done:
        print("stopped; the same command goes on from here", flush=True)
        raise typer.Exit(1)


def _wanted(scenes: str, pairs: str) -> list[PoolRequest]:
    counts = (
        {name: int(number) for name, number in _numbers(text).items()} for text in (scenes, pairs)
    )
    return stages.wanted_pools(*counts)


def _numbers(text: str) -> dict[str, float]:
    """Numbers by name, of a text such as 128x128=60000,256x256=16000."""
    pairs = (part.split("=") for part in text.split(",") if part)
    return {name: float(number) for name, number in pairs}


if __name__ == "__main__":
    app()
