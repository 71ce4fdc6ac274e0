"""A leased model may be changed; what is drawn afterwards is as before, to the last byte."""

import gc
import shutil
import weakref
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelMissing
from core.models.library.library import Library
from core.settings import ROOT
from tests.integration.engine.reports import Steps


@pytest.fixture
def pool(tmp_path: Path) -> Any:
    """A pool of its own with two copies of the built-in model."""
    import torch

    from core.engine.device import Device
    from core.engine.pool import ModelPool

    for name in ("one", "two"):
        shutil.copytree(ROOT / "models" / "nano", tmp_path / name)
    return ModelPool(Library([tmp_path]), Device("cpu", "CPU", torch.float32, 8 << 30))


def draw(model: Any) -> bytes:
    parameters = {"prompt": "a red circle", "num_inference_steps": 2, "width": 64, "height": 64}
    call = {**model.model.defaults("generate"), **parameters}
    image = model.draw("generate", call, seed=7, report=Steps())
    data: bytes = image.tobytes()
    return data


def train(model: Any) -> None:
    """One large optimizer step on random gradients, in every network."""
    import torch

    for name in ("transformer", "text_encoder", "vae"):
        weights = list(getattr(model.pipeline, name).parameters())
        for weight in weights:
            weight.requires_grad_(True)
            weight.grad = torch.randn_like(weight)
        torch.optim.SGD(weights, lr=0.1).step()


def test_images_after_a_lease_are_those_from_before(pool: Any) -> None:
    before = draw(pool.get("one"))
    with pool.lease("one") as model:
        assert draw(model) == before
        train(model)
        model.embeddings.clear()
        assert draw(model) != before
    assert draw(pool.get("one")) == before


def test_a_failing_operation_leaves_no_changed_weights(pool: Any) -> None:
    before = draw(pool.get("one"))
    leased = []

    def fail() -> None:
        with pool.lease("one") as model:
            leased.append(model)
            train(model)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert leased[0].pipeline is None, "its memory is free"
    assert draw(pool.get("one")) == before


def test_nothing_of_a_leased_model_lives_while_the_error_that_ended_it_is_handled(
    pool: Any,
) -> None:
    """An image waits for the end of a training: its memory must be free, and quickly so."""
    frozen = gc.get_freeze_count()
    networks: list[weakref.ref[Any]] = []

    def trained() -> None:
        with pool.lease("one") as model:
            assert gc.get_freeze_count() > frozen + 1000  # skipped by the collection at the end
            hold(model)

    def hold(model: Any) -> None:
        network = model.pipeline.transformer
        networks.append(weakref.ref(network))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        trained()
    assert caught.tb is not None  # its frames are there, and hold nothing
    assert networks[0]() is None
    assert gc.get_freeze_count() == 0


def test_the_unchanged_model_can_be_drawn_during_a_lease(pool: Any) -> None:
    before = draw(pool.get("one"))
    with pool.lease("one") as model:
        train(model)
        assert draw(pool.get("one")) == before


def test_a_lease_takes_nothing_from_other_models(pool: Any) -> None:
    other = pool.get("two")
    with pool.lease("one") as model:
        networks = {id(network) for network in other.pipeline.components.values() if network}
        assert not networks & {id(network) for network in model.pipeline.components.values()}
    assert pool.get("two") is other


def test_a_model_that_is_not_there_cannot_be_leased(pool: Any) -> None:
    with pytest.raises(ModelMissing, match="nowhere"), pool.lease("nowhere"):
        pass


def test_the_model_of_images_stays_loaded_beside_a_lease_where_both_fit(pool: Any) -> None:
    drawn = pool.get("one")
    with pool.lease("one"):
        pass
    assert pool.get("one") is drawn
    assert pool.loads == 2


def test_a_lease_unloads_others_where_memory_is_short(pool: Any) -> None:
    pool.get("one")
    pool._budget = 1
    with pool.lease("one"):
        assert pool.loaded() == {}
