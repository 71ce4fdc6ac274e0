"""The operations of the LoRA lab on files of a library: results, their metadata, refusals."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import InvalidInput, ModelMissing
from core.models.library.library import Library
from core.models.library.lora_folder import LoraFolder
from core.models.weights.file import read_weights
from core.operations.convert_lora import ConvertLora
from core.operations.declaration.base import Operation
from core.operations.declaration.library_context import LibraryContext
from core.operations.edit_lora import EditLora
from core.operations.inspect_loras import InspectLoras
from core.operations.merge_loras import MergeLoras
from core.operations.resize_lora import ResizeLora
from tests.integration.engine.lora_files import ALGORITHMS, LAYOUTS, write

pytest.importorskip("peft")


class Lab:
    """A context of a worker with a library of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.values: dict[str, Any] = {}
        self.phases: list[str] = []

    @property
    def resolver(self) -> LibraryContext:
        return LibraryContext(Library([self.root]))

    def add_lora(self, name: str, data: bytes, thumbnail: bytes | None = None) -> str:
        return LoraFolder(self.root).add(name, data, thumbnail)

    def progress(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
        self.phases.append(phase)

    def add_file(self, data: bytes, *, media_type: str, port: str) -> None:
        self.values[port] = data

    def add_value(self, value: Any, *, port: str) -> None:
        self.values[port] = value

    def run(self, operation: Operation) -> Any:
        """The last value of an operation."""
        operation.resolve(self.resolver).operation.run(self)  # type: ignore[arg-type]
        return list(self.values.values())[-1]

    def metadata(self, name: str) -> Mapping[str, Any]:
        path = self.root / "loras" / f"{name}.safetensors"
        return read_weights(path).header.metadata


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Two LoRAs of a FLUX.1 of 32 channels, `anna` and `ink`."""
    (tmp_path / "loras").mkdir()
    weights = {
        f"{block}.{number}.{layer}.weight": torch.zeros(32, 32)
        for block, layer in (
            ("transformer_blocks", "attn.to_q"),
            ("transformer_blocks", "attn.to_out.0"),
            ("single_transformer_blocks", "attn.to_q"),
        )
        for number in range(2)
    }
    for place, name in enumerate(("anna", "ink")):
        tensors, _ = write(
            weights, "transformer", LAYOUTS["diffusers"], ALGORITHMS["LoRA"], alpha=False
        )
        tensors = {key: tensor * (place + 1) for key, tensor in tensors.items()}
        metadata = {"modelspec.trigger_phrase": name, "ss_base_model_version": "flux1"}
        save_file(tensors, tmp_path / "loras" / f"{name}.safetensors", metadata)
    return Lab(tmp_path)


def test_a_merge_stands_in_the_library_and_names_its_sources(lab: Lab) -> None:
    loras = [{"name": "anna", "weight": 0.5}, {"name": "ink", "weight": -1}]
    report = lab.run(
        MergeLoras(loras=loras, method="concatenate", blocks={"ink": "single=0"}, lora_name="both")  # type: ignore[arg-type]
    )
    assert (report["lora"], report["ranks"], report["error"]) == ("both", [4, 8], 0)
    merged = lab.resolver.loras.find("both")
    assert merged.families[0] == "flux1"
    metadata = lab.metadata("both")
    assert metadata["modelspec.trigger_phrase"] == "anna, ink"
    assert '"blocks": "single=0"' in str(metadata["qpyt_lab"])
    assert merged.path.read_bytes() == lab.values["lora"]


def test_rules_for_a_lora_that_is_not_merged_are_refused(lab: Lab) -> None:
    uses: Any = [{"name": "anna"}]
    with pytest.raises(InvalidInput, match="'ann'"):
        lab.run(MergeLoras(loras=uses, blocks="ann: face"))
    with pytest.raises(InvalidInput, match="names no LoRA"):
        lab.run(MergeLoras(loras=uses, blocks="face"))
    with pytest.raises(InvalidInput, match="weight 0"):
        lab.run(MergeLoras(loras=uses, blocks="anna: *=0"))
    with pytest.raises(ModelMissing):
        lab.run(MergeLoras(loras=[{"name": "nobody"}]))  # type: ignore[arg-type]


def test_a_lora_is_resized_and_converted(lab: Lab) -> None:
    report = lab.run(ResizeLora(lora="anna", rank=2))
    assert (report["lora"], report["rank"]) == ("anna-r2", 2)
    assert 0 < report["error"] < 1
    with pytest.raises(InvalidInput, match="rank"):
        lab.run(ResizeLora(lora="anna"))
    report = lab.run(ConvertLora(lora="anna", layout="bfl", dtype="float32"))
    keys = load_file(lab.root / "loras" / "anna-bfl.safetensors")
    assert all(key.startswith("diffusion_model.") for key in keys)
    assert report["error"] == 0


def test_metadata_is_changed_and_the_weights_stay(lab: Lab) -> None:
    path = lab.root / "loras" / "anna.safetensors"
    before = load_file(path)
    changes: Any = {"modelspec.title": "Anna", "ss_base_model_version": None}
    lab.run(EditLora(lora="anna", trigger_word="anna, portrait", metadata=changes))
    metadata = lab.metadata("anna")
    assert dict(metadata) == {
        "modelspec.trigger_phrase": "anna, portrait",
        "modelspec.title": "Anna",
    }
    assert lab.resolver.loras.find("anna").public()["trigger_words"] == ["anna", "portrait"]
    after = load_file(path)
    assert all(torch.equal(after[key], tensor) for key, tensor in before.items())
    assert not list(path.parent.glob("*.partial"))
    for wrong in ("[]", "no", '{"a": {"b": 1}}'):
        with pytest.raises(InvalidInput, match="texts by key"):
            lab.run(EditLora(lora="anna", metadata=wrong))
    with pytest.raises(InvalidInput, match="Nothing"):
        lab.run(EditLora(lora="anna"))


def test_loras_are_inspected_and_compared(lab: Lab) -> None:
    uses: Any = [{"name": "anna"}, {"name": "ink"}]
    report = lab.run(InspectLoras(loras=uses))
    assert [facts["trigger_words"] for facts in report["loras"]] == [["anna"], ["ink"]]
    (pair,) = report["pairs"]
    assert 0 < pair["score"] < 100
    assert any("4.0 times" in loss["reason"] for loss in pair["losses"])
