"""The library finds single files anywhere, completes them, and still finds them after a move."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import ModelMissing
from core.models.library import snapshot as shelves
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.string_map import StringMap
from core.settings import ROOT, Settings
from tests.unit.models import headers
from tests.unit.models.crafting import Shapes, safetensors
from tests.unit.models.test_lora import kohya, unet

NANO = ROOT / "models" / "nano"
KLEIN = headers.flux2(*headers.KLEIN_4B)


def put(path: Path, shapes: Shapes, mark: bytes = b"") -> Path:
    """A file in a folder that is made; `mark` makes its content its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors(path, shapes)
    if mark:
        with path.open("r+b") as file:
            file.seek(-len(mark), 2)
            file.write(mark)
    return path


def qwen(folder: Path, width: int = 2560) -> Path:
    """A folder of a text encoder with its tokenizer, as the hub has it."""
    put(folder / "model.safetensors", headers.decoder(width, 36, normed=True))
    (folder / "config.json").write_text(
        json.dumps({"model_type": "qwen3", "hidden_size": width}), encoding="utf-8"
    )
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "Qwen2Tokenizer"}', encoding="utf-8"
    )
    (folder / "tokenizer.json").write_bytes(b" " * 2_500_000)
    return folder


def result(library: Library) -> dict[str, Model]:
    return {model.id: model for model in (*library.models(), *library.incomplete())}


@pytest.mark.parametrize(
    "place", ["x.safetensors", "unet/x.safetensors", "a/b/c/x.safetensors", "Lora-like/x.sft"]
)
def test_a_single_file_is_found_anywhere(tmp_path: Path, place: str) -> None:
    put(tmp_path / place, KLEIN)
    model = result(Library([tmp_path]))["x"]
    assert model.variant is not None
    assert (model.variant.id, model.layout) == ("flux2-klein-4b", "transformer")
    assert set(model.missing) == {"text_encoder", "tokenizer", "vae"}


def test_the_well_known_flat_names_complete_each_other(tmp_path: Path) -> None:
    put(tmp_path / "ae.safetensors", headers.vae(32, True, normed=True))
    put(tmp_path / "flux-2-klein-4b.safetensors", KLEIN)
    put(tmp_path / "flux-2-klein-base-4b.safetensors", KLEIN)
    put(tmp_path / "flux-2-klein-9b.safetensors", headers.flux2(*headers.KLEIN_9B))
    put(tmp_path / "flux-2-klein-base-9b.safetensors", headers.flux2(*headers.KLEIN_9B))
    put(tmp_path / "flux2-dev.safetensors", headers.flux2(*headers.FLUX2_DEV, guidance=True))
    folder = qwen(tmp_path / "text_encoder" / "Qwen--Qwen3-4B-FP8")
    models = result(Library([tmp_path]))
    for name in ("flux-2-klein-4b", "flux-2-klein-base-4b"):
        assert not models[name].missing
        assert models[name].sources["text_encoder"].path == folder
        assert models[name].sources["tokenizer"].path == folder
        assert models[name].sources["vae"].path == tmp_path / "ae.safetensors"
    assert models["flux-2-klein-4b"].distilled
    assert not models["flux-2-klein-base-4b"].distilled
    assert models["flux-2-klein-9b"].missing["text_encoder"] == ("qwen3-8b",)
    assert not models["flux-2-klein-base-9b"].distilled
    larger = qwen(tmp_path / "text_encoder" / "Qwen--Qwen3-8B-FP8", 4096)
    again = result(Library([tmp_path]))
    for name in ("flux-2-klein-9b", "flux-2-klein-base-9b"):
        assert not again[name].missing
        assert again[name].sources["text_encoder"].path == larger
    assert "vae" not in models["flux2-dev"].missing
    assert "text_encoder" in models["flux2-dev"].missing


def test_a_vae_of_the_wrong_shape_completes_nothing(tmp_path: Path) -> None:
    put(tmp_path / "ae.safetensors", headers.vae(16, False))
    put(tmp_path / "flux-2-klein-4b.safetensors", KLEIN)
    put(tmp_path / "flux1-dev.safetensors", headers.flux1())
    models = result(Library([tmp_path]))
    assert "vae" in models["flux-2-klein-4b"].missing
    assert models["flux1-dev"].sources["vae"].part == "vae-flux1"


def test_a_single_file_that_needs_the_configuration_of_its_folder_completes_nothing(
    tmp_path: Path,
) -> None:
    put(tmp_path / "flux2-dev.safetensors", headers.flux2(*headers.FLUX2_DEV, guidance=True))
    mistral = headers.decoder(5120, 40, normed=False, vocabulary=131072)
    put(tmp_path / "mistral.safetensors", mistral)
    library = Library([tmp_path])
    assert result(library)["flux2-dev"].missing["text_encoder"] == ("mistral-small",)
    folder = tmp_path / "text_encoder"
    put(folder / "model.safetensors", headers.prefixed("language_model.", mistral))
    config = {"text_config": {"hidden_size": 5120, "num_hidden_layers": 40}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert result(library)["flux2-dev"].sources["text_encoder"].path == folder


def test_a_checkpoint_brings_its_own_parts(tmp_path: Path) -> None:
    put(tmp_path / "sd_xl_base_1.0.safetensors", headers.SDXL_CHECKPOINT)
    model = result(Library([tmp_path]))["sd_xl_base_1.0"]
    assert set(model.sources) == {"text_encoder", "text_encoder_2", "vae"}
    assert model.sources["vae"].prefix == "first_stage_model."
    assert set(model.missing) == {"tokenizer", "tokenizer_2"}
    assert model.size_bytes == (tmp_path / "sd_xl_base_1.0.safetensors").stat().st_size


def test_a_diffusers_folder_lends_its_parts(tmp_path: Path) -> None:
    shutil.copytree(NANO, tmp_path / "klein")
    folder = tmp_path / "klein" / "vae"
    put(folder / "diffusion_pytorch_model.safetensors", headers.vae(32, True, normed=True))
    (folder / "config.json").write_text("{}", encoding="utf-8")
    put(tmp_path / "x.safetensors", KLEIN)
    models = result(Library([tmp_path]))
    assert models["x"].sources["vae"].path == folder
    assert "tokenizer" in models["x"].missing  # the small model's words are its own


def test_a_config_that_contradicts_the_weights_is_refused(tmp_path: Path) -> None:
    folder = qwen(tmp_path / "encoder")
    (folder / "config.json").write_text(
        '{"model_type": "qwen3", "hidden_size": 4096}', encoding="utf-8"
    )
    put(tmp_path / "x.safetensors", KLEIN)
    library = Library([tmp_path])
    assert "text_encoder" in result(library)["x"].missing
    assert "contradicts" in library.refused()["encoder"].detail


def test_a_config_decides_between_vaes_of_one_shape(tmp_path: Path) -> None:
    put(tmp_path / "some" / "model.safetensors", headers.vae(16, False))
    (tmp_path / "some" / "config.json").write_text('{"scaling_factor": 1.5305}', encoding="utf-8")
    assert list(Library([tmp_path]).parts()) == ["vae-sd3"]


@pytest.mark.parametrize("program", ["main.py", "webui.py"])
def test_the_tree_of_another_program_is_read_where_its_models_are(
    tmp_path: Path, program: str
) -> None:
    (tmp_path / program).write_text("", encoding="utf-8")
    put(tmp_path / "models" / "Stable-diffusion" / "v1-5.safetensors", headers.SD15_CHECKPOINT)
    put(tmp_path / "models" / "Lora" / "style.safetensors", kohya("lora_unet_", unet(768)))
    put(tmp_path / "custom" / "other.safetensors", KLEIN)
    settings = Settings(model_dirs=(), extra_model_dirs=(tmp_path,))
    library = Library(settings.model_places)
    assert list(result(library)) == ["v1-5"]
    assert list(library.loras()) == ["style"]


def test_files_named_by_the_environment_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "far" / "away.safetensors", KLEIN)
    monkeypatch.setenv("KLEIN_4B_MODEL_PATH", str(path))
    monkeypatch.setenv("AE_MODEL_PATH", str(tmp_path / "nowhere.safetensors"))
    assert list(result(Library(Settings(model_dirs=()).model_places))) == ["away"]


@pytest.mark.parametrize(
    ("variable", "shapes", "variant"),
    [
        ("FLUX2_MODEL_PATH", headers.flux2(*headers.FLUX2_DEV, guidance=True), "flux2-dev"),
        ("KLEIN_4B_MODEL_PATH", KLEIN, "flux2-klein-4b"),
        ("KLEIN_4B_BASE_MODEL_PATH", KLEIN, "flux2-klein-base-4b"),
        ("KLEIN_9B_MODEL_PATH", headers.flux2(*headers.KLEIN_9B), "flux2-klein-9b"),
        ("KLEIN_9B_BASE_MODEL_PATH", headers.flux2(*headers.KLEIN_9B), "flux2-klein-base-9b"),
    ],
)
def test_every_variable_names_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, shapes: Shapes, variant: str
) -> None:
    vae = put(tmp_path / "here" / "any.safetensors", headers.vae(32, True, normed=True))
    monkeypatch.setenv(variable, str(put(tmp_path / "far" / "model.safetensors", shapes)))
    monkeypatch.setenv("AE_MODEL_PATH", str(vae))
    settings = Settings(model_dirs=())
    (model,) = result(Library(settings.model_places, words=settings.model_words)).values()
    assert model.variant is not None
    assert model.variant.id == variant
    assert model.sources["vae"].path == vae


def test_a_variable_for_a_base_model_says_that_it_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "diffusion_pytorch_model.safetensors", KLEIN)
    monkeypatch.setenv("KLEIN_4B_BASE_MODEL_PATH", str(path))
    settings = Settings(model_dirs=())
    library = Library(settings.model_places, words=settings.model_words)
    variant = result(library)["diffusion_pytorch_model"].variant
    assert variant is not None
    assert variant.id == "flux2-klein-base-4b"


def test_what_is_recognised_but_not_loaded_yet_says_so(tmp_path: Path) -> None:
    put(tmp_path / "flux-2-klein-4b.safetensors", KLEIN)
    put(tmp_path / "ae.safetensors", headers.vae(32, True, normed=True))
    library = Library([tmp_path])
    with pytest.raises(ModelMissing, match="not complete: Qwen3 4B text encoder"):
        library.get("flux-2-klein-4b")
    qwen(tmp_path / "qwen")


def test_ids_are_unique_and_copies_are_one(tmp_path: Path) -> None:
    for folder, mark in (("a", b"1"), ("b", b"2"), ("c", b"1")):
        put(tmp_path / folder / "x.safetensors", KLEIN, mark)
    models = result(Library([tmp_path]))
    assert len(models) == 2
    first, second = sorted(models)
    assert first == "x"
    assert second == f"x~{models[second].fingerprint[:6]}"
    assert models["x"].path == tmp_path / "a" / "x.safetensors"


def test_a_model_is_known_by_its_content_after_it_moved(tmp_path: Path) -> None:
    complete(tmp_path)
    memory = StringMap(tmp_path / "data" / "models.json")
    library = Library([tmp_path / "models"], memory)
    model = library.get("mine")
    library.remember(model)
    shutil.move(tmp_path / "models" / "mine", tmp_path / "models" / "yours")
    again = Library([tmp_path / "models"], StringMap(tmp_path / "data" / "models.json"))
    content = model.fingerprint
    references = ["mine", content, content[:10], f"mine~{content[:6]}", f"any@{content[:8]}"]
    for entry in (library, again):
        for reference in references:
            assert entry.get(reference).id == "yours"
    with pytest.raises(ModelMissing):
        again.get("facade")


def test_a_single_file_is_known_by_its_content_after_it_was_renamed(tmp_path: Path) -> None:
    put(tmp_path / "ae.safetensors", headers.vae(32, True, normed=True))
    qwen(tmp_path / "qwen")
    old = put(tmp_path / "mine.safetensors", KLEIN, b"mine")
    put(tmp_path / "other.safetensors", KLEIN, b"other")
    memory = StringMap(tmp_path / "data" / "models.json")
    library = Library([tmp_path], memory)
    model = library.get("mine")
    library.remember(model)
    (tmp_path / "deep").mkdir()
    old.rename(tmp_path / "deep" / "yours.safetensors")
    for reference in ("mine", model.fingerprint, f"mine~{model.fingerprint[:6]}"):
        assert library.get(reference).id == "yours"


def complete(tmp_path: Path) -> None:
    shutil.copytree(NANO, tmp_path / "models" / "mine")


def test_a_model_is_known_by_its_label_too(tmp_path: Path) -> None:
    complete(tmp_path)
    library = Library([tmp_path / "models"])
    assert library.get(library.get("mine").label).id == "mine"


def test_a_memory_that_is_broken_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    for content in (b"[]", b"{", b"\xff", b'{"a": 1}'):
        path.write_bytes(content)
        assert StringMap(path).get("a") is None


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        put(tmp_path / f"{name}.safetensors", KLEIN, name.encode())
    reads: list[Path] = []
    read = shelves.of_file
    monkeypatch.setattr(shelves, "of_file", lambda *at: reads.append(at[0]) or read(*at))
    library = Library([tmp_path])
    assert len(result(library)) == 2
    for _ in range(3):
        library.incomplete()
    assert len(reads) == 2
    put(tmp_path / "a.safetensors", headers.flux1())
    put(tmp_path / "c.safetensors", headers.flux1(guidance=False))
    assert result(library)["a"].family.id == "flux1"
    assert sorted(path.name for path in reads[2:]) == ["a.safetensors", "c.safetensors"]
    (tmp_path / "b.safetensors").unlink()
    assert set(result(library)) == {"a", "c"}


def test_a_lora_library_is_not_read_for_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(tmp_path)
    for number in range(3):
        put(tmp_path / "models" / "loras" / f"{number}.safetensors", kohya("lora_unet_", unet(768)))
    reads: list[Path] = []
    read = shelves.of_file
    monkeypatch.setattr(shelves, "of_file", lambda *at: reads.append(at[0]) or read(*at))
    library = Library([tmp_path / "models"])
    library.get("mine")
    assert [path.name for path in reads] == ["nano-control.safetensors"], "the model's own adapter"
    assert library.lora("1").item.finding.family == "sd15"
    assert len(reads) == 4
    with pytest.raises(ModelMissing, match="no LoRA"):
        library.lora("4")


def test_folders_that_lead_in_a_circle_are_walked_once(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.safetensors", KLEIN)
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dead.safetensors").symlink_to(tmp_path / "nowhere")
    library = Library([tmp_path])
    assert list(result(library)) == ["x"]


def test_files_that_did_not_change_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(tmp_path)
    for number in range(20):
        (tmp_path / f"{number}.safetensors").write_bytes(b"\0" * 32)
    library = Library([tmp_path])
    before, refused, opened = result(library), library.refused(), []
    monkeypatch.setattr(Path, "open", lambda path, *_: opened.append(path))
    assert (result(library), library.refused()) == (before, refused)
    assert len(refused) >= 20
    assert opened == []


def test_many_threads_may_look_at_a_changing_library(tmp_path: Path) -> None:
    complete(tmp_path)
    library = Library([tmp_path / "models"])

    def look(number: int) -> int:
        put(tmp_path / "models" / f"{number}.safetensors", KLEIN, str(number).encode())
        library.loras()
        return len(result(library))

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(look, range(24)))
    assert max(counts) == len(result(library)) == 25
