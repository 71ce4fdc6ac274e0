"""The catalogue is whole; the stock says of every model whether it is here and how to get it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.errors import StudioError
from core.models.families import FAMILIES, of_variant
from core.models.families.parts import PARTS
from core.models.inventory.inventory import Inventory, InventoryEntry
from core.models.inventory.report import lines
from core.models.library import upscalers
from core.models.library.catalogue import CATALOGUE_NAME, Catalogue, read_catalogue
from core.models.library.library import Library
from core.operations.declaration.registry import load
from core.settings import ROOT
from tests.unit.models import headers
from tests.unit.models.crafting import safetensors

PRESETS = ROOT / "presets"
CATALOGUE = read_catalogue(PRESETS)


def stock(models_dir: Path) -> dict[str, InventoryEntry]:
    result = Inventory(Library([models_dir]), CATALOGUE, models_dir).all()
    assert len({entry.id for entry in result}) == len(result)
    return {entry.id: entry for entry in result}


def test_every_variant_and_every_part_is_offered() -> None:
    variants = {variant.id for family in FAMILIES.values() for variant in family.variants}
    assert {model.id for model in CATALOGUE.models} == variants
    assert {part.id for part in CATALOGUE.parts} == set(PARTS)


OUTSIDE = ["../x", "/x", "//host/x", "a/../../x", "a//x", ".git/x", "C:x", "a\\..\\x", "x\0", "~/x"]


@pytest.mark.parametrize("start", OUTSIDE)
def test_no_path_of_a_listing_leads_out_of_its_folder(start: str) -> None:
    """A star of a pattern matches separators and dots."""
    for offer in (*CATALOGUE.models, *CATALOGUE.parts):
        for pattern in offer.files:
            path = start + "/" + pattern.replace("*", "x")
            widest = offer.model_copy(update={"files": ("*", f"*/{pattern}", *offer.files)})
            assert not widest.takes(path)
            assert widest.takes(f"a/{pattern.replace('*', 'x')}")


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_a_download_is_about_as_large_as_what_it_brings(model: Any) -> None:
    result = of_variant(model.id)
    assert result is not None
    half = sum(result[1].parameters.values()) * 2
    assert 0.9 < model.bytes / half < 1.1


def test_licences_say_whether_commercial_use_is_allowed() -> None:
    badges = {model.id: CATALOGUE.licences[model.licence].badge for model in CATALOGUE.models}
    assert badges["flux2-klein-4b"] == badges["flux1-schnell"] == "yes"
    assert badges["flux2-klein-9b"] == badges["flux1-dev"] == badges["flux2-dev"] == "no"
    assert badges["sd35-large"] == "conditional"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["models", 0, "id"], "unknown"),
        (["models", 0, "licence"], "unknown"),
        (["models", 0, "repository"], "../../etc"),
        (["models", 0, "files", 0], "../secret"),
        (["models", 0, "files", 0], "/etc/passwd"),
        (["models", 0, "surprise"], 1),
        (["models", 0, "megabytes"], 0),
        (["models", 1, "id"], "flux2-klein-4b"),
        (["parts", 0, "folder"], "../up"),
        (["parts", 0, "id"], "unknown"),
        (["licences", "mit", "commercial"], "perhaps"),
    ],
)
def test_a_fault_in_the_catalogue_is_named(tmp_path: Path, path: list[Any], value: Any) -> None:
    content = yaml.safe_load((PRESETS / CATALOGUE_NAME).read_text(encoding="utf-8"))
    content["models"] = [dict(model, files=list(model["files"])) for model in content["models"]]
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    (tmp_path / CATALOGUE_NAME).write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(StudioError, match=CATALOGUE_NAME):
        read_catalogue(tmp_path)


@pytest.mark.parametrize("text", ["", "[", "!!python/object/apply:os.system [true]", "[1, 2]"])
def test_what_is_no_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / CATALOGUE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(StudioError):
        read_catalogue(tmp_path)


def test_what_is_missing_comes_with_a_command_and_a_place(tmp_path: Path) -> None:
    result = stock(tmp_path)
    assert {entry.state for entry in result.values()} == {"missing"}
    for entry in result.values():
        part = entry.missing[0]
        assert part.command is not None
        assert part.command.split()[-3:] == ["models", "pull", entry.id]
        assert Path(part.path).is_relative_to(tmp_path)
    assert [part.label for part in result["sdxl-lightning"].missing] == [
        "SDXL Lightning",
        "CLIP tokenizer",
    ]


def test_a_single_file_lacks_its_parts_one_by_one(tmp_path: Path) -> None:
    safetensors(tmp_path / "flux-2-klein-9b.safetensors", headers.flux2(*headers.KLEIN_9B))
    result = stock(tmp_path)
    assert "flux2-klein-9b" not in result  # the file stands for it
    entry = result["flux-2-klein-9b"]
    assert (entry.state, entry.variant) == ("incomplete", "flux2-klein-9b")
    assert entry.licence is not None
    assert entry.licence.badge == "no"
    labels = [part.label for part in entry.missing]
    assert labels == ["Qwen3 8B text encoder", "Qwen tokenizer", "FLUX.2 VAE"]
    commands = " ".join(part.command or "" for part in entry.missing)
    assert "models pull qwen3-8b" in commands


def test_a_download_that_broke_off_is_incomplete(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models" / "nano", tmp_path / "flux2-klein-4b")
    shutil.rmtree(tmp_path / "flux2-klein-4b" / "vae")
    entry = stock(tmp_path)["flux2-klein-4b"]
    assert entry.state == "incomplete"
    assert "vae" in (entry.problem or "")
    assert entry.missing


def test_a_folder_with_the_name_of_an_offer_stands_for_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models" / "nano", tmp_path / "sd15")
    entry = stock(tmp_path)["sd15"]
    assert (entry.state, entry.family.id) == ("present", "flux2-klein")


def test_the_embedded_model_is_present(tmp_path: Path) -> None:
    entry = stock(ROOT / "models")["nano"]
    assert (entry.state, entry.missing) == ("present", ())


def test_people_read_states_sizes_and_commands(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models" / "nano", tmp_path / "nano")
    (tmp_path / "bad.safetensors").write_bytes(b"PK\x03\x04" + b"\0" * 50)
    library = Library([tmp_path])
    text = "\n".join(lines(Inventory(library, CATALOGUE, tmp_path).all(), library.refused()))
    for words in (
        "nano                     present",
        "flux1-dev                missing       33.7 GB",
        "set HF_TOKEN first",
        "Commercial use is not allowed",
        "bad.safetensors          refused",
    ):
        assert words in text


def test_every_auxiliary_model_names_an_operation_or_a_brick() -> None:
    operations = {declaration.name for declaration in load()}
    named = {model.task for model in CATALOGUE.auxiliary} | {upscalers.OPERATION}
    finders = {"pose_detector", "object_detector", "object_masks"}  # of several operations
    assert named <= operations | {"control", *finders}  # ControlNets are those of a brick


def test_the_former_name_of_the_auxiliary_section_is_read() -> None:
    content = CATALOGUE.model_dump(mode="json", include={"licences", "models", "parts"})
    models = [model.model_dump(mode="json") for model in CATALOGUE.auxiliary]
    old = Catalogue.model_validate({**content, "companions": models})
    assert old.auxiliary == CATALOGUE.auxiliary


def test_the_catalogue_is_a_value() -> None:
    assert isinstance(CATALOGUE, Catalogue)
    assert CATALOGUE.model(None) is None
    assert CATALOGUE.licence("nothing") is None
