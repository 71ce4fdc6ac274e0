"""LoRAs of a request: looked up, refused with a reason or skipped, and kept in the facts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import InvalidInput, ModelMissing
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.diffusion.lora_use import LoraUse
from core.operations.generate import Generate
from core.operations.loras import Loras
from core.settings import ROOT
from core.tasks.inputs import cache_key
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import kohya, peft, unet


@pytest.fixture
def library(tmp_path: Path) -> Library:
    shutil.copytree(ROOT / "models" / "nano", tmp_path / "nano")
    folder = tmp_path / "loras"
    folder.mkdir()
    sides = {f"transformer_blocks.{block}.attn.to_q": (192, 192) for block in range(2)}
    safetensors(folder / "small.safetensors", peft("transformer.", sides))
    safetensors(folder / "paint.safetensors", kohya("lora_unet_", unet(768)))
    safetensors(folder / "never.safetensors", {"lora_unet_mid_block_proj.oft_blocks": (4, 8, 8)})
    return Library([tmp_path])


def test_a_lora_that_fits_is_named_in_the_facts_with_its_weight_and_content(
    library: Library,
) -> None:
    resolved = Generate.model_validate(
        {"prompt": "a", "loras": [{"name": "small", "weight": 0.7}]}
    ).resolve(LibraryContext(library))
    (fact,) = resolved.facts["loras"]
    assert (fact["id"], fact["weight"]) == ("small", 0.7)
    assert len(fact["fingerprint"]) == 64
    assert resolved.warnings == ()


def test_a_lora_may_be_named_by_its_content(library: Library) -> None:
    content = library.lora("small").fingerprint
    resolved = Generate.model_validate({"prompt": "a", "loras": [{"name": content}]}).resolve(
        LibraryContext(library)
    )
    assert resolved.facts["loras"][0]["id"] == "small"


@pytest.mark.parametrize(("name", "reason"), [("paint", "Stable Diffusion 1.5"), ("never", "OFT")])
def test_a_lora_that_does_not_fit_is_refused_with_what_it_fits(
    library: Library, name: str, reason: str
) -> None:
    given = {"prompt": "a", "loras": [{"name": "small"}, {"name": name}]}
    with pytest.raises(InvalidInput, match=reason) as caught:
        Generate.model_validate(given).resolve(LibraryContext(library))
    assert caught.value.field == "loras.1.name"


def test_a_lora_that_is_not_here_is_missing(library: Library) -> None:
    with pytest.raises(ModelMissing) as caught:
        Generate.model_validate({"prompt": "a", "loras": [{"name": "gone"}]}).resolve(
            LibraryContext(library)
        )
    assert caught.value.field == "loras.0.name"


def test_with_the_policy_skip_it_is_left_out_and_said(library: Library) -> None:
    names = ("small", "paint", "gone")
    given = {"prompt": "a", "lora_policy": "skip", "loras": [{"name": name} for name in names]}
    resolved = Generate.model_validate(given).resolve(LibraryContext(library))
    assert [fact["id"] for fact in resolved.facts["loras"]] == ["small"]
    assert [fact["name"] for fact in resolved.facts["skipped_loras"]] == ["paint", "gone"]
    assert [warning.code for warning in resolved.warnings] == ["lora_skipped", "lora_skipped"]
    assert isinstance(resolved.operation, Generate)
    assert [use.name for use in resolved.operation.loras] == ["small"]


def test_what_is_switched_off_or_weighs_nothing_is_not_even_looked_up(library: Library) -> None:
    given = {
        "prompt": "a",
        "loras": [{"name": "paint", "enabled": False}, {"name": "gone", "weight": 0}],
    }
    resolved = Generate.model_validate(given).resolve(LibraryContext(library))
    assert "loras" not in resolved.facts
    assert resolved.warnings == ()


def test_another_lora_makes_another_result(library: Library) -> None:
    context = LibraryContext(library)
    plain = Generate.model_validate({"prompt": "a", "seed": 1}).resolve(context)
    applied = Generate.model_validate({"prompt": "a", "seed": 1, "loras": "small"}).resolve(context)
    assert applied.fingerprints.keys() - plain.fingerprints.keys() == {"lora/small"}
    keys = {
        cache_key(
            "generate", resolved.operation.model_dump(mode="json"), {**resolved.facts, **files}
        )
        for resolved in (plain, applied)
        for files in (
            {"fingerprints": dict(resolved.fingerprints)},
            {"fingerprints": {**resolved.fingerprints, "lora/small": "other"}},
        )
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("small", [("small", 1.0)]),
        ("small:0.5, paint", [("small", 0.5), ("paint", 1.0)]),
        ("a:b:-0.25", [("a:b", -0.25)]),
        ("", []),
    ],
)
def test_the_command_line_writes_loras_as_a_list(text: str, uses: list[tuple[str, float]]) -> None:
    loras = Generate.model_validate({"prompt": "a", "loras": text}).loras
    assert [(use.name, use.weight) for use in loras] == uses


@pytest.mark.parametrize("weight", [5, -5, float("nan"), "much"])
def test_an_absurd_weight_is_refused(weight: object) -> None:
    with pytest.raises(ValidationError):
        LoraUse.model_validate({"name": "a", "weight": weight})


def test_the_brick_hands_on_what_is_switched_on() -> None:
    brick = Loras.model_validate(
        {"loras": [{"name": "a", "weight": 0.5}, {"name": "b", "enabled": False}]}
    )
    assert brick.values() == {"loras": [{"name": "a", "weight": 0.5, "enabled": True}]}


@pytest.mark.parametrize("name", ["flow_euler", "Euler (flow)", " euler (FLOW) "])
def test_a_sampler_is_known_by_its_id_and_by_its_name(library: Library, name: str) -> None:
    resolved = Generate.model_validate({"prompt": "a", "sampler": name}).resolve(
        LibraryContext(library)
    )
    assert isinstance(resolved.operation, Generate)
    assert resolved.operation.sampler == "flow_euler"


def test_a_sampler_that_the_model_does_not_have_is_refused_with_those_it_has(
    library: Library,
) -> None:
    with pytest.raises(InvalidInput) as caught:
        Generate.model_validate({"prompt": "a", "sampler": "DPM++ 2M Karras"}).resolve(
            LibraryContext(library)
        )
    assert caught.value.field == "sampler"
    assert "Euler (flow)" in (caught.value.fix or "")
