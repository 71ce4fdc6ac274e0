"""Another VAE beside a model: found in the library, loaded in its place, the rest untouched."""

from pathlib import Path

import pytest
import torch

from core.engine.device import Device
from core.engine.loading import load_pipeline
from core.engine.pool import ModelPool
from core.errors import InvalidInput
from core.models.library.library import Library
from core.models.library.vaes import vae_fingerprint, vaes_for, with_vae
from tests.integration.engine.test_folders import saved
from tests.integration.engine.tiny_parts import kl_vae

CPU = Device("cpu", "CPU", torch.float32, 8 << 30)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = saved("sd15", tmp_path)
    torch.manual_seed(99)
    kl_vae(scaling=0.18215, shift=None).save_pretrained(tmp_path / "vae" / "vae-ft-soft")
    result = Library([tmp_path])
    assert [model.id for model in result.models()] == [folder.name]
    return result


def test_a_vae_in_the_library_is_offered_and_the_own_one_is_not(library: Library) -> None:
    (model,) = library.models()
    assert list(vaes_for(library, model)) == ["vae-ft-soft"]


def test_the_chosen_vae_is_loaded_in_the_place_of_the_own_one(library: Library) -> None:
    (model,) = library.models()
    own = load_pipeline(model, CPU)
    other = load_pipeline(with_vae(library, model, "vae-ft-soft"), CPU)
    torch.manual_seed(99)
    wanted = kl_vae(scaling=0.18215, shift=None).state_dict()
    assert all(torch.equal(item, wanted[name]) for name, item in other.vae.state_dict().items())
    assert not torch.equal(own.vae.decoder.conv_in.weight, other.vae.decoder.conv_in.weight)
    assert torch.equal(own.unet.conv_in.weight, other.unet.conv_in.weight)


def test_a_vae_is_named_by_its_content_too(library: Library) -> None:
    (model,) = library.models()
    content = vae_fingerprint(vaes_for(library, model)["vae-ft-soft"])
    assert with_vae(library, model, content[:12]).sources["vae"].path.name == "vae-ft-soft"


def test_a_vae_that_is_not_there_is_refused_with_those_that_are(library: Library) -> None:
    (model,) = library.models()
    with pytest.raises(InvalidInput) as caught:
        with_vae(library, model, "nothing")
    assert caught.value.field == "vae"
    assert "vae-ft-soft" in (caught.value.fix or "")


def test_the_pool_keeps_both_and_lets_both_go(library: Library) -> None:
    pool = ModelPool(library, CPU)
    (model,) = library.models()
    first, second = pool.get(model.id), pool.get(model.id, "vae-ft-soft")
    assert first is pool.get(model.id)
    assert second is pool.get(model.id, "vae-ft-soft")
    assert pool.unload(model.id)
    assert pool.loaded() == {}
