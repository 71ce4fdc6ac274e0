"""A run of training: it learns, and stopping, continuing and starting from a model cost nothing."""

# ruff: noqa: E402 - what is tested needs torch, without which the file is skipped

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.unit.nano import tiny
from tools.nano import checkpoints, model, vae
from tools.nano.architecture import build_transformer
from tools.nano.attention import match_norms, use_plain_attention
from tools.nano.export import export
from tools.nano.latents import PAIRS, Pool
from tools.nano.optimizers import orthogonal
from tools.nano.parallel import Group
from tools.nano.training import AVERAGES, WEIGHTS, Outcome, Recipe, Training
from tools.nano.transformer import Drawing
from tools.nano.vae import Compression, Picturing, finish, recipe

STEPS = 6
ALONE = Group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data")
    tiny.write_tokenizer(path / "tokenizer")
    tiny.write_pools(path / "latents")
    return path


def seconds() -> Iterator[float]:
    """A clock by which every step takes one second."""
    return (float(second) for second in count())


class Interrupted(Drawing):
    """A task in whose third step somebody asks the process to end."""

    def learn(self, step: int, done: float) -> Outcome:
        if step == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().learn(step, done)


def new_training(
    folder: Path, work: Path, group: Group = ALONE, task: type[Drawing] = Drawing
) -> Training:
    drawing = task(
        group,
        tiny.new_model(folder / "tokenizer"),
        tiny.source(folder / "latents", folder / "tokenizer"),
    )
    settings = Recipe(STEPS / 60, warm_up=2, save_every=1e9, print_every=2)
    return Training(group, drawing, settings, work)


def test_a_run_that_was_stopped_ends_as_one_that_was_not(
    folder: Path, tmp_path: Path, group: Group
) -> None:
    whole = new_training(folder, tmp_path / "whole", group)
    assert whole.run(seconds().__next__)
    first = new_training(folder, tmp_path / "stopped", group, Interrupted)
    assert not first.run(seconds().__next__)
    assert first.step == 3
    second = new_training(folder, tmp_path / "stopped", group)
    assert second.resume()
    assert second.run(seconds().__next__)
    assert second.step == whole.step == STEPS
    for name, parameter in whole.named.items():
        assert torch.equal(parameter, second.named[name]), name
        assert torch.equal(whole.average.weights[name], second.average.weights[name]), name


def test_a_run_with_a_longer_time_goes_on(folder: Path, tmp_path: Path) -> None:
    training = new_training(folder, tmp_path)
    training.run(seconds().__next__)
    longer = new_training(folder, tmp_path)
    longer.recipe = Recipe(2 * STEPS / 60)
    assert longer.resume()
    assert longer.run(seconds().__next__)
    assert longer.step == 2 * STEPS


def test_the_loss_falls(folder: Path, tmp_path: Path, group: Group) -> None:
    training = new_training(folder, tmp_path, group)
    task = training.task
    assert isinstance(task, Drawing)
    batch = task.source.batch(0, 0, task.source.plan(0, 0.0))
    before = float(task.loss(batch).detach())
    task.source.batch = lambda *_: batch  # type: ignore[method-assign]
    for _ in range(20):
        training.advance()
    assert float(task.loss(batch).detach()) < before


def test_the_averages_of_a_checkpoint_make_a_model(folder: Path, tmp_path: Path) -> None:
    training = new_training(folder, tmp_path)
    training.run(seconds().__next__)
    averaged = model.read_averages(
        folder / "tokenizer", tmp_path, tiny.TEXT_ENCODER, tiny.TRANSFORMER
    )
    for name, parameter in averaged.named().items():
        assert torch.equal(parameter, training.average.weights[name]), name


def test_only_the_last_checkpoints_are_kept_and_unfinished_ones_are_not_seen(
    tmp_path: Path,
) -> None:
    for step in (1, 2, 3):
        checkpoints.save(tmp_path, step, {WEIGHTS: {"a": torch.ones(2)}}, {"seconds": step})
    (tmp_path / "step-00000009.partial").mkdir()
    newest = checkpoints.newest(tmp_path)
    assert newest is not None
    assert checkpoints.read_state(newest) == {"step": 3, "seconds": 3}
    assert checkpoints.read_tensors(newest, WEIGHTS)["a"].tolist() == [1, 1]
    assert len(list(tmp_path.glob("step-*"))) == checkpoints.KEPT + 1


def test_a_warm_start_copies_what_fits_and_embeddings_by_the_text_of_their_tokens(
    folder: Path, tmp_path: Path
) -> None:
    old = tiny.new_model(folder / "tokenizer", seed=5)
    export(old, tiny.new_vae(), tmp_path / "old")
    tiny.tokens.build(["a blue cat", "red roof"] * 9, tmp_path / "tokenizer", vocabulary=300)
    new = model.build(
        tiny.tokens.load(tmp_path / "tokenizer"),
        tiny.TEXT_ENCODER,
        {**tiny.TRANSFORMER, "num_single_layers": 2},
    )
    fresh = {name: parameter.detach().clone() for name, parameter in new.named().items()}
    assert model.warm_start(new, tmp_path / "old") == len(old.named())
    half = {name: parameter.detach().half().float() for name, parameter in old.named().items()}
    block = "transformer.single_transformer_blocks.{}.attn.to_out.weight"
    assert torch.equal(new.named()[block.format(0)], half[block.format(0)])
    assert torch.equal(new.named()[block.format(1)], fresh[block.format(1)])
    embedding = f"text_encoder.{model.EMBEDDING}"
    known, row = old.tokenizer.get_vocab()["Ġroof"], new.tokenizer.get_vocab()["Ġroof"]
    assert known != row
    assert torch.equal(new.named()[embedding][row], half[embedding][known])


def test_batches_depend_on_seed_step_and_process_alone(folder: Path) -> None:
    first_source, other = (tiny.source(folder / "latents", folder / "tokenizer") for _ in range(2))
    plan = first_source.plan(7, 0.9)
    assert plan == other.plan(7, 0.9)
    first, same, different = (
        first_source.batch(7, 0, plan),
        other.batch(7, 0, plan),
        first_source.batch(7, 1, plan),
    )
    assert torch.equal(first.noise, same.noise)
    assert torch.equal(first.ids, same.ids)
    assert torch.equal(first.target, same.target)
    assert not torch.equal(first.noise, different.noise)


def test_other_grids_come_after_the_first_and_longer_sequences_in_smaller_batches(
    folder: Path,
) -> None:
    source = tiny.source(folder / "latents", folder / "tokenizer", batch=32)
    early = [source.plan(step, 0.1) for step in range(50)]
    late = [source.plan(step, 0.9) for step in range(50)]
    assert {plan.grid for plan in early} == {tiny.GRID}
    assert {plan.grid for plan in late} == {tiny.GRID, tiny.WIDE}
    assert {plan.edit for plan in early} == {True, False}
    sizes = [
        (plan.grid.count * (1 + plan.edit) + plan.text_tokens, plan.batch(32)) for plan in late
    ]
    assert all(a[1] >= b[1] for a in sizes for b in sizes if a[0] < b[0])


def test_a_pool_gives_the_tokens_and_records_of_the_rows_asked_for(folder: Path) -> None:
    pool = Pool(folder / "latents", tiny.WIDE, PAIRS)
    assert len(pool) == tiny.COUNT
    rows = torch.tensor([5, 0, 5]).numpy()
    tokens = pool.tokens(rows)
    assert tokens.shape == (3, 2, 8, 16)
    assert torch.equal(tokens[0], tokens[2])
    assert not torch.equal(tokens[0], tokens[1])
    assert pool.edits(rows)[0] == pool.edits(rows)[2]


def test_plain_attention_gives_what_torch_gives(group: Group) -> None:
    torch.manual_seed(0)
    transformer = build_transformer(**tiny.TRANSFORMER)
    with torch.no_grad():
        for parameter in transformer.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    given = {
        "hidden_states": torch.randn(2, 4, 16),
        "encoder_hidden_states": torch.randn(2, 5, 96),
        "timestep": torch.tensor([0.3, 0.9]),
        "img_ids": torch.randint(0, 4, (4, 4)),
        "txt_ids": torch.randint(0, 4, (5, 4)),
        "return_dict": False,
    }
    expected = transformer(**given)[0]
    use_plain_attention(transformer)
    match_norms(transformer)
    with group.autocast():
        output = transformer(**given)[0]
    assert tiny.relative_error(output, expected) < tiny.tolerance(group.precision)


@pytest.mark.parametrize("shape", [(16, 16), (16, 40), (70, 16)])
def test_the_update_of_a_matrix_has_singular_values_near_one(
    shape: tuple[int, int], group: Group
) -> None:
    torch.manual_seed(0)
    update = orthogonal(torch.randn(shape).to(group.precision.dtype))
    values = torch.linalg.svdvals(update.float())
    assert 0.6 < float(values.min()) <= float(values.max()) < 1.3


def test_the_vae_is_trained_finished_and_its_decoder_trained_on(
    tmp_path: Path, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vae, "STATISTICS_PICTURES", 32)
    monkeypatch.setattr(vae, "JUDGED_PICTURES", 32)
    settings = recipe(3 / 60, False, 1e9, 1)
    task = Compression(group, tiny.new_vae(), Picturing(batch=2, crop=32))
    assert Training(group, task, settings, tmp_path / "training").run(seconds().__next__)
    finish(group, task.vae, tmp_path / "training", tmp_path / "vae", keep=False)
    before = tiny.AutoencoderKLFlux2.from_pretrained(tmp_path / "vae")
    assert not torch.equal(before.bn.running_var, torch.ones_like(before.bn.running_var))
    decoder = Compression(group, before, Picturing(batch=2, crop=32, decoder_only=True))
    weight = before.encoder.conv_in.weight.detach().clone()
    training = Training(group, decoder, settings, tmp_path / "decoder")
    assert all(name.startswith("decoder.") for name in training.named)
    training.run(seconds().__next__)
    finish(group, decoder.vae, tmp_path / "decoder", tmp_path / "vae2", keep=True)
    after = tiny.AutoencoderKLFlux2.from_pretrained(tmp_path / "vae2")
    assert torch.equal(after.encoder.conv_in.weight, weight)
    assert torch.equal(after.bn.running_var, before.bn.running_var)
    assert AVERAGES in {path.stem for path in (tmp_path / "decoder").glob("*/*")}
