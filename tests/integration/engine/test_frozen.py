"""Trainings on a base whose weights are stored as FP8, as NF4, or in RAM, with the real formats."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from core.engine.frozen import FP8, FrozenLinear, freeze
from core.engine.loading import load_pipeline
from core.engine.nf4 import quantize
from core.engine.training.adapters.base import stacked
from core.engine.training.layers import add_layers, target_names
from core.engine.training.make import adapter_of
from core.engine.training.run import TrainingRun
from core.engine.training.session import Batch, Session
from core.models.fit.plans import MemoryPlan
from core.models.library.library import Library
from core.training.configuration.schema import parse
from tests.integration.engine.stand_in import CPU, loaded
from tests.integration.engine.test_folders import drawn, saved
from tests.integration.engine.training_runs import Recorded, make_run

STORED = ("wide", "streamed", "fp8", "streamed fp8", "nf4")
RATE = 1e-2


def losses(stored: str) -> list[float]:
    """The losses of five steps of the smallest FLUX.2 with its base stored in one way."""
    model = loaded("klein")
    network = model.pipeline.transformer
    if stored == "nf4":
        quantize(network, "cpu")
    elif stored != "wide":
        freeze(network, narrow="fp8" in stored, streamed="streamed" in stored)
    training = {"max_steps": 5, "learning_rate": RATE, "warmup_steps": 0}
    config = parse(
        {
            "model": {"dtype": "float32"},
            "lora": {"rank": 4, "target_modules": "blocks"},
            "training": training,
        }
    )
    adapter = adapter_of(model)
    assert model.model.family.training is not None
    names = target_names(network, model.model.family.training, "blocks")
    trained = add_layers(network, config, names)
    assert {parameter.dtype for parameter in trained.values()} == {torch.float32}
    session = Session(adapter, config, trained, 5)
    texts = stacked([adapter.encode_text("a robot")] * 2, session.device)
    latents = torch.randn(2, network.config.in_channels, 4, 4, generator=torch.manual_seed(1))
    batch = Batch(latents, texts, None, ("a", "b"))
    return [session.train_step([batch]).loss for _ in range(5)]


def test_a_stored_base_trains_as_the_wide_one_does() -> None:
    ways = [way for way in STORED if way != "nf4" or find_spec("bitsandbytes")]
    measured = {way: losses(way) for way in ways}
    assert measured["streamed"] == measured["wide"], "the same weights, the same bits"
    assert measured["streamed fp8"] == measured["fp8"] != measured["wide"]
    for way in ways:
        assert measured[way] == pytest.approx(measured["wide"], rel=0.02)


def test_a_gradient_passes_the_stored_weight_and_none_is_kept_wide() -> None:
    layer = torch.nn.Linear(6, 3)
    wide = layer.weight.detach().to(FP8).float()
    network = torch.nn.ModuleDict({"layer": layer})
    freeze(network, narrow=True, streamed=False)
    assert isinstance(layer, FrozenLinear)
    assert layer.stored.dtype == FP8
    assert dict(layer.named_parameters()).keys() == {"bias"}
    inputs = torch.randn(2, 6, requires_grad=True)
    layer(inputs).sum().backward()
    assert inputs.grad is not None
    assert torch.allclose(inputs.grad, wide.sum(0).expand(2, 6))


def test_streamed_weights_stay_where_they_are_when_the_network_moves() -> None:
    network = torch.nn.ModuleDict({"layer": torch.nn.Linear(4, 4)})
    freeze(network, narrow=False, streamed=True)
    network.to("meta")
    layer = network["layer"]
    assert isinstance(layer, FrozenLinear)
    assert layer.stored.device.type == "cpu"
    assert layer.weight.device.type == "meta", "a product takes them along"


def test_a_training_runs_and_draws_by_a_plan_with_stored_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The trained network draws after the training here, which needs the text encoder.
    monkeypatch.setattr(TrainingRun, "_release_encoders", lambda _: None)
    plan = MemoryPlan("fp8-blocks", "", "group_offload", {"transformer": "fp8"})
    saved("klein", tmp_path / "models")
    pipeline = load_pipeline(Library([tmp_path / "models"]).get("klein"), CPU, plan, trained=True)
    context = Recorded(tmp_path / "run")
    sections = {
        "training": {"max_steps": 1},
        "data": {"prior_share": 0.0},
        "validation": {"enable": False, "sample_frequency": 0},
    }
    model = loaded("klein", pipeline)
    assert make_run(tmp_path / "run", context, model, **sections).train() == (1, "completed")
    assert drawn(model, "klein", "generate")
    layers = [layer for layer in pipeline.transformer.modules() if isinstance(layer, FrozenLinear)]
    assert {layer.stored.dtype for layer in layers} == {FP8}
