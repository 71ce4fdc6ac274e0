"""The optimization of trained layers: accumulation, checkpointing, optimizers and exact resume."""

from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from core.engine.training import state
from core.engine.training.layers import target_names
from core.errors import InvalidInput, TaskFailure
from core.models.families.training import FLUX2
from core.training.configuration.sections import Optimizer
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.test_training_steps import TIMES, batch, session

OPTIMIZERS = get_args(Optimizer)


def half(rows: Any, part: slice) -> Any:
    texts = {name: text[part] for name, text in rows.texts.items()}
    return type(rows)(rows.latents[part], texts, None, rows.names[part])


def gradients(run: Any) -> list[torch.Tensor]:
    return [parameter.grad.clone() for parameter in run.trained.values()]


def test_accumulated_batches_have_the_gradient_of_the_big_batch() -> None:
    run = session("klein")
    rows = batch(run.adapter)
    noised = run.objective.noised(rows.latents, torch.randn(rows.latents.shape), TIMES)
    run.loss(rows, noised).mean().backward()
    whole = gradients(run)
    run.optimizer.zero_grad()
    for part in (slice(0, 1), slice(1, 2)):
        fields = (noised.states, noised.times, noised.target, noised.weights)
        piece = type(noised)(*(field[part] for field in fields))
        (run.loss(half(rows, part), piece).mean() / 2).backward()
    torch.testing.assert_close(gradients(run), whole)


@pytest.mark.parametrize("name", ["klein", "sd15"])
def test_gradient_checkpointing_changes_nothing(name: str) -> None:
    plain, saving = session(name), session(name, training={"gradient_checkpointing": True})
    rows = batch(plain.adapter)
    results = [run.train_step([rows]) for run in (plain, saving)]
    assert results[0].loss == pytest.approx(results[1].loss, rel=1e-5)
    for name, value in plain.trained.items():
        torch.testing.assert_close(value, saving.trained[name])


def test_a_mask_leaves_out_what_is_black() -> None:
    run = session("klein")
    rows = batch(run.adapter)
    masks = torch.zeros(2, 1, *rows.latents.shape[-2:])
    masks[..., :2] = 1
    noised = run.noised(rows, 0)
    masked = type(rows)(rows.latents, rows.texts, masks, rows.names)
    with torch.no_grad():
        loss = run.loss(masked, noised)
        predicted = run.adapter.predict(noised.states, rows.texts, noised.times, 1.0)
    inside = (predicted - noised.target)[..., :2].square().mean((1, 2, 3))
    torch.testing.assert_close(loss, inside)


RATES = {"prodigy": 1.0}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_lowers_the_loss(optimizer: str) -> None:
    rate = RATES.get(optimizer, 5e-3)
    section = {"optimizer": optimizer, "learning_rate": rate, "warmup_steps": 2}
    run = session("klein", steps=25, training=section)
    rows = batch(run.adapter)
    fixed = run.noised(rows, 1000)

    def held() -> float:
        with torch.no_grad(), run.evaluated():
            return float(run.loss(rows, fixed).mean())

    before = held()
    for _ in range(25):
        run.train_step([rows])
    assert held() < before - 0.01


def digest(run: Any) -> bytes:
    """Weights, moments and averages, to the last bit."""
    tensors: dict[str, torch.Tensor] = {}
    tree = state._pack(
        {"w": dict(run.trained), "a": run.average, "o": run.optimizer.state_dict()}, "", tensors
    )
    parts = [str(tree).encode()]
    parts += [
        tensors[name].reshape(-1).contiguous().view(torch.uint8).numpy().tobytes()
        for name in sorted(tensors)
    ]
    return b"".join(parts)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_resumed_training_is_the_same_to_the_last_bit(optimizer: str, tmp_path: Path) -> None:
    sections: dict[str, Any] = {
        "training": {"optimizer": optimizer, "ema_decay": 0.9, "learning_rate": 1e-2},
        "lora": {"rank": 4, "target_modules": "blocks", "dropout": 0.1},
    }
    straight = session("klein", steps=6, **sections)
    rows = batch(straight.adapter)
    losses = [straight.train_step([rows]).loss for _ in range(3)]
    state.save(tmp_path / "state.safetensors", straight, {"note": 1})
    losses += [straight.train_step([rows]).loss for _ in range(3)]

    torch.manual_seed(99)  # the global random numbers of another process
    resumed = session("klein", steps=6, **sections)
    assert state.load(tmp_path / "state.safetensors", resumed) == {"note": 1}
    again = [resumed.train_step([rows]).loss for _ in range(3)]
    assert [loss.hex() for loss in again] == [loss.hex() for loss in losses[3:]]
    assert digest(resumed) == digest(straight)


def test_a_state_of_other_layers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    state.save(path, session("klein"), {})
    other = session("klein", lora={"rank": 4, "target_modules": "attention"})
    with pytest.raises(TaskFailure, match="another configuration"):
        state.load(path, other)


def test_a_target_that_no_layer_has_is_refused_with_the_named_sets() -> None:
    network = loaded("klein").pipeline.transformer
    with pytest.raises(InvalidInput) as raised:
        target_names(network, FLUX2, ("attn.to_q", "attn.to_x"))
    assert "attn.to_x" in raised.value.detail
    assert "attention" in str(raised.value.fix)


@pytest.mark.parametrize("algorithm", ["lora", "dora", "lokr"])
def test_every_algorithm_trains(algorithm: str) -> None:
    lora = {"rank": 4, "target_modules": "attention", "algorithm": algorithm}
    run = session("klein", lora=lora, training={"learning_rate": 1e-2})
    rows = batch(run.adapter)
    before = {name: value.detach().clone() for name, value in run.trained.items()}
    for _ in range(2):
        run.train_step([rows])
    assert all(not torch.equal(before[name], value) for name, value in run.trained.items())
