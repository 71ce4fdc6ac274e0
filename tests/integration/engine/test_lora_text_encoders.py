"""LoRAs of text encoders, CLIP and T5: the weights are those merged by hand, and leave no trace."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.engine import adapters
from core.engine.loras import ActiveLoras, adapter_name
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.recognition.lora import refusal
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.integration.engine.lora_files import ALGORITHMS, LAYOUTS, Leaves, State, write
from tests.integration.engine.stand_in import loaded, model
from tests.integration.engine.test_lora_layouts import assert_equal, merged, own_weights
from tests.integration.engine.test_loras import drawn, lora, name_every_lora
from tests.integration.engine.tiny_models import FAMILY, tiny

pytest.importorskip("peft")

ENCODERS = [
    (name, component, prefix)
    for name in ("sd15", "sdxl", "sd3", "flux1", "chroma")
    for component, prefixes in FAMILIES[FAMILY[name]].lora.prefixes.items()
    for prefix in prefixes
]


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Any]:
    return {name: tiny(name) for name, _, _ in ENCODERS}


def trained(encoder: torch.nn.Module) -> State:
    """The weights that trainers change: those of the linear layers in its blocks."""
    return {
        name: weight
        for name, weight in own_weights(encoder).items()
        if weight.ndim == 2 and ".layer" in name and "relative" not in name
    }


def leaves(prefix: str) -> Leaves:
    """The names under a prefix, which those of kohya and others flatten."""
    flat = prefix.endswith("_")
    return Leaves(prefix, LAYOUTS["kohya" if flat else "diffusers"].ends, flat)


def written(path: Path, encoder: torch.nn.Module, prefix: str, algorithm: str) -> State:
    """Write a LoRA of the whole encoder; return the change of each weight."""
    tensors, changes = write(
        trained(encoder), "", leaves(prefix), ALGORITHMS[algorithm], alpha=True
    )
    save_file(tensors, path)
    return changes


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("name", "component", "prefix"), ENCODERS)
def test_the_weights_are_those_that_the_file_stands_for(
    tmp_path: Path,
    pipelines: Mapping[str, Any],
    name: str,
    component: str,
    prefix: str,
    algorithm: str,
) -> None:
    pipeline, owner = pipelines[name], model(name)
    encoder = getattr(pipeline, component)
    before = own_weights(encoder)
    path = tmp_path / f"{owner.family.lora.words[0]}.safetensors"
    changes = written(path, encoder, prefix, algorithm)
    finding = recognise(read_weights(path).header, path)
    assert refusal(finding, owner.family, {}) is None
    assert finding.lora is not None
    assert finding.lora.text_encoders
    assert finding.matched == finding.total == len(changes)
    active = ActiveLoras(owner, pipeline)
    (loaded_lora,) = active.apply({path: 1.0})
    assert (loaded_lora.matched, loaded_lora.total) == (len(changes), len(changes))
    assert active.text_encoder_key is not None
    expected = {key: tensor + changes.get(key, 0) for key, tensor in before.items()}
    assert_equal(merged(encoder, adapter_name(path)), expected)
    pipeline.delete_adapters(adapter_name(path))
    assert_equal(own_weights(encoder), before)


T5 = [("flux1", "text_encoder_2"), ("sd3", "text_encoder_3"), ("chroma", "text_encoder")]


@pytest.fixture
def known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in test_loras.py: a tiny model's widths are those of no family."""
    name_every_lora(monkeypatch)


@pytest.mark.usefixtures("known_by_name")
@pytest.mark.parametrize(("name", "component"), T5)
def test_a_lora_of_t5_draws_the_image_of_merged_weights_and_leaves_no_trace(
    tmp_path: Path, name: str, component: str
) -> None:
    used, edited = loaded(name), loaded(name)
    path, warnings = tmp_path / "voice.safetensors", []
    changes = written(path, getattr(used.pipeline, component), "lora_te3_", "LoRA")
    with torch.no_grad():
        for key, change in changes.items():
            getattr(edited.pipeline, component).get_parameter(key).add_(change)
    base = drawn(used, name)
    spoken = drawn(used, name, lora(path), warn=lambda code, *_: warnings.append(code))
    merged_image = torch.frombuffer(bytearray(drawn(edited, name)), dtype=torch.uint8).int()
    difference = torch.frombuffer(bytearray(spoken), dtype=torch.uint8).int() - merged_image
    assert spoken != base
    assert difference.abs().max() <= 2, "sums in another order differ in the last digits"
    assert warnings == [], "all of its keys matched"
    assert drawn(used, name) == base
    assert drawn(used, name, lora(path)) == spoken


@pytest.mark.usefixtures("known_by_name")
def test_without_t5_the_rest_of_a_lora_acts_and_the_missing_keys_are_told(tmp_path: Path) -> None:
    used, warnings = loaded("sd3"), []
    clip, t5 = tmp_path / "clip.safetensors", tmp_path / "t5.safetensors"
    of_clip = written(clip, used.pipeline.text_encoder, "lora_te1_", "LoRA")
    of_t5 = written(t5, used.pipeline.text_encoder_3, "lora_te3_", "LoRA")
    both = tmp_path / "both.safetensors"
    save_file({**state_of(clip), **state_of(t5)}, both)
    used.pipeline.register_modules(text_encoder_3=None, tokenizer_3=None)
    base = drawn(used, "sd3")
    spoken = drawn(used, "sd3", lora(both), warn=lambda code, detail, *_: warnings.append(detail))
    assert spoken != base
    total = len(of_clip) + len(of_t5)
    assert f"both: {len(of_clip)} of {total} keys matched; the rest has no effect." in warnings


@pytest.mark.usefixtures("known_by_name")
@pytest.mark.parametrize("step", ["_insert_into_encoder", "_refill", "_complete"])
@pytest.mark.parametrize("late", [False, True])
def test_after_a_step_that_failed_the_next_draw_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, late: bool
) -> None:
    used, original = loaded("flux1"), getattr(adapters, step)
    path = tmp_path / "voice.safetensors"
    written(path, used.pipeline.text_encoder_2, "lora_te3_", "LoKr")
    base = drawn(used, "flux1")

    def fails(*arguments: Any) -> None:
        if late:
            original(*arguments)
        raise RuntimeError("This step failed.")

    with monkeypatch.context() as broken:
        broken.setattr(adapters, step, fails)
        with pytest.raises(InvalidInput, match="voice"):
            drawn(used, "flux1", lora(path))
    assert drawn(used, "flux1") == base
    assert drawn(used, "flux1", lora(path)) == drawn(loaded("flux1"), "flux1", lora(path)) != base


def state_of(path: Path) -> State:
    """The tensors of a file."""
    from safetensors.torch import load_file

    state: State = load_file(path)
    return state
