"""The library: what it offers, what it refuses, and that it never runs or follows anything."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelBroken, ModelMissing
from core.models.library.library import Library
from core.settings import ROOT

NANO = ROOT / "models" / "nano"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A models directory with a copy of the built-in model under the name `copy`."""
    shutil.copytree(NANO, tmp_path / "models" / "copy")
    return tmp_path / "models" / "copy"


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def refusal(folder: Path) -> str:
    library = Library([folder.parent])
    assert folder.name not in [model.id for model in library.models()]
    with pytest.raises(ModelBroken) as caught:
        library.get(folder.name)
    return caught.value.detail


def test_the_built_in_model_is_the_default_for_its_modes() -> None:
    library = Library([NANO.parent])
    for mode in ("generate", "img2img"):
        model = library.default(mode)
        assert model.id == "nano"
        assert model.defaults(mode)["width"] == 512
        assert set(model.defaults(mode)) <= set(model.parameters(mode))
    assert len(model.examples) >= 8
    assert "house" in model.vocabulary["buildings"]
    assert model.licence == "Apache-2.0"


def test_a_missing_model_says_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        Library([NANO.parent]).get("../nano")
    assert "nano" in (caught.value.fix or "")
    with pytest.raises(ModelMissing) as caught:
        Library([tmp_path / "nowhere"]).default("generate")
    assert "nowhere" in (caught.value.fix or "")


def test_a_missing_model_of_the_catalogue_names_what_to_pull(tmp_path: Path) -> None:
    library = Library([tmp_path], presets_dir=NANO.parent.parent / "presets")
    with pytest.raises(ModelMissing) as caught:
        library.get("sdxl-base")
    (way,) = caught.value.record()["pull"]
    assert (way["id"], way["bytes"] > 1e9) == ("sdxl-base", True)
    with pytest.raises(ModelMissing) as caught:
        library.get("nobody-has-this")
    assert "pull" not in caught.value.record()


def test_a_model_that_is_copied_in_appears_and_one_that_is_removed_goes(folder: Path) -> None:
    away = folder.parent.parent / "away"
    folder.rename(away)
    library = Library([folder.parent])
    assert not library.models()
    away.rename(folder)
    assert [model.id for model in library.models()] == ["copy"]
    shutil.rmtree(folder)
    assert not library.models()


def test_looking_again_gives_the_same_model_while_nothing_changed(folder: Path) -> None:
    library = Library([folder.parent])
    assert library.get("copy") is library.get("copy")


@pytest.mark.parametrize("name", ["FluxControlNetPipeline", "SomethingElse", None, ["x"] * 10_000])
def test_a_folder_of_another_pipeline_is_refused_by_its_name(folder: Path, name: Any) -> None:
    change(folder / "model_index.json", lambda index: index.update(_class_name=name))
    detail = refusal(folder)
    assert str(name)[:90] in detail.replace("\\'", "'")
    assert len(detail) < 300


@pytest.mark.parametrize(
    "entry",
    [
        ["my_code", "Flux2Transformer2DModel"],
        ["diffusers", "FluxTransformer2DModel"],
        ["../../evil", "Flux2Transformer2DModel"],
        "diffusers",
        None,
    ],
)
def test_a_part_of_another_library_or_class_is_refused(folder: Path, entry: Any) -> None:
    (folder / "my_code.py").write_text(
        "raise SystemExit('this code must never run')", encoding="utf-8"
    )
    change(folder / "model_index.json", lambda index: index.update(transformer=entry))
    assert "transformer" in refusal(folder)


def test_an_unknown_part_is_refused(folder: Path) -> None:
    change(folder / "model_index.json", lambda index: index.update(extra=["my_code", "Thing"]))
    assert "extra" in refusal(folder)


@pytest.mark.parametrize(
    "key", ["auto_map", "custom_pipelines", "trust_remote_code", "_attn_implementation_internal"]
)
@pytest.mark.parametrize("part", ["text_encoder", "tokenizer", "vae"])
def test_configurations_that_could_run_code_are_refused(folder: Path, part: str, key: str) -> None:
    name = "tokenizer_config.json" if part == "tokenizer" else "config.json"
    change(folder / part / name, lambda config: config.update({"nested": [{key: "evil.py"}]}))
    assert key in refusal(folder)


def test_pickled_weights_are_refused_unopened(folder: Path) -> None:
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.unlink()
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps({"evil": print}))
    assert "pickles" in refusal(folder)


def test_a_pickle_under_another_name_is_refused(folder: Path) -> None:
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(pickle.dumps({"evil": print}) * 100)
    assert "diffusion_pytorch_model.safetensors" in refusal(folder)


def test_links_that_lead_outside_are_refused(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}", encoding="utf-8")
    (folder / "vae" / "config.json").unlink()
    (folder / "vae" / "config.json").symlink_to(secret)
    assert "outside" in refusal(folder)


def test_shards_that_are_missing_or_elsewhere_are_refused(folder: Path) -> None:
    index = folder / "vae" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "../../../etc/passwd"}}), encoding="utf-8")
    assert "passwd" in refusal(folder)


def test_weights_that_are_cut_off_are_refused_by_name(folder: Path) -> None:
    weights = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    detail = refusal(folder)
    assert "transformer/diffusion_pytorch_model.safetensors" in detail
    assert "tensor" in detail
    assert "FLUX.2 klein" in detail


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff", "[" * 100_000, "null"])
def test_an_index_that_is_no_index_is_refused(folder: Path, text: str) -> None:
    (folder / "model_index.json").write_bytes(text.encode("latin-1"))
    assert "model_index.json" in refusal(folder)


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({"surprise": 1}, "surprise"),
        ({"sizes": [[128]]}, "sizes"),
        ({"sizes": [[0, 128]]}, "sizes"),
        ({"label": "x" * 1000}, "label"),
        ({"call": {"a": {"b": 1}}}, "call"),
        ([], "the file"),
    ],
)
def test_a_record_with_a_fault_is_refused_at_its_place(
    folder: Path, record: Any, place: str
) -> None:
    (folder / "qpyt.json").write_text(json.dumps(record), encoding="utf-8")
    assert place in refusal(folder)


def test_a_record_is_optional(folder: Path) -> None:
    (folder / "qpyt.json").unlink()
    model = Library([folder.parent]).get("copy")
    assert model.label == "copy"
    assert model.sizes is None
    assert model.defaults("generate")["width"] == 1024


def test_one_bad_model_does_not_hide_the_others(folder: Path) -> None:
    shutil.copytree(NANO, folder.parent / "good")
    (folder / "model_index.json").write_text("{", encoding="utf-8")
    assert [model.id for model in Library([folder.parent]).models()] == ["good"]


def test_a_distilled_model_has_no_use_for_guidance(folder: Path) -> None:
    change(folder / "model_index.json", lambda index: index.update(is_distilled=True))
    model = Library([folder.parent]).get("copy")
    assert not model.supports("generate", "guidance_scale")
    assert not model.supports("generate", "negative_prompt")
    assert "guidance_scale" not in model.defaults("generate")
    assert model.supports("generate", "prompt")


def test_the_fingerprint_changes_with_the_weights_only(folder: Path) -> None:
    before = Library([folder.parent]).get("copy").fingerprint
    (folder / "qpyt.json").unlink()
    assert Library([folder.parent]).get("copy").fingerprint == before
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert Library([folder.parent]).get("copy").fingerprint != before


def test_a_second_copy_in_another_number_format_is_left_alone(folder: Path) -> None:
    vae = folder / "vae"
    plain = vae / "diffusion_pytorch_model.safetensors"
    before = Library([folder.parent]).get("copy")
    shutil.copy(plain, vae / "diffusion_pytorch_model.fp16.safetensors")
    result = Library([folder.parent]).get("copy")
    assert [file.path for file in result.weights["vae"]] == [plain]
    assert result.parameter_count == before.parameter_count
    plain.unlink()
    alone = Library([folder.parent]).get("copy").weights["vae"]
    assert [file.path.name for file in alone] == ["diffusion_pytorch_model.fp16.safetensors"]
