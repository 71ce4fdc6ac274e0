"""Unusable files are listed with the reason: pickles, strangers, files that are cut off."""

import os
from pathlib import Path

import pytest

from core.errors import ModelBroken
from core.models.library.catalogue import read_catalogue
from core.models.library.library import Library
from core.settings import ROOT
from tests.unit.models import headers
from tests.unit.models.crafting import gguf
from tests.unit.models.test_single_files import KLEIN, put, qwen, result


def test_pickles_and_strangers_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "old.ckpt").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    put(tmp_path / "wan.safetensors", {"head.modulation": (1, 2, 5120)})
    put(tmp_path / "cut.safetensors", KLEIN).write_bytes(b"\0" * 100)
    library = Library([tmp_path])
    assert set(library.refused()) == {"old.ckpt", "wan.safetensors", "cut.safetensors"}
    with pytest.raises(ModelBroken, match="pickle"):
        library.get("old.ckpt")


@pytest.mark.parametrize("name", ["a.ckpt", "a.pt", "a.pth", "a.bin", "deep/folder/pytorch.bin"])
@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x80\x02}"])
def test_a_pickle_is_listed_with_the_reason_and_the_way_out(
    tmp_path: Path, name: str, start: bytes
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(start + b"\0" * 100)
    refused = Library([tmp_path]).refused()
    assert list(refused) == [path.name]
    assert "pickle" in refused[path.name].detail
    assert "safetensors" in str(refused[path.name].fix)


def test_pickles_of_one_name_in_several_folders_are_all_listed(tmp_path: Path) -> None:
    for folder in ("bert", "gpt"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text("{}", encoding="utf-8")
        (tmp_path / folder / "pytorch_model.bin").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    assert set(Library([tmp_path]).refused()) == {"pytorch_model.bin", "gpt/pytorch_model.bin"}


def test_a_copy_as_pickle_beside_the_weights_of_a_folder_is_not_listed(tmp_path: Path) -> None:
    folder = qwen(tmp_path / "qwen")
    (folder / "pytorch_model.bin").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    assert not Library([tmp_path]).refused()


CUT_OFF = {
    "flux1-dev": (headers.flux1(), "FLUX.1 dev"),
    "whole": (headers.SDXL_CHECKPOINT, "SDXL"),
    "ae": (headers.vae(16, False), "FLUX.1 VAE"),
    "t5xxl": (headers.t5(), "T5-XXL text encoder"),
}


@pytest.mark.parametrize("name", CUT_OFF)
def test_a_file_that_is_cut_off_names_the_model_of_its_header(tmp_path: Path, name: str) -> None:
    shapes, label = CUT_OFF[name]
    path = put(tmp_path / f"{name}.safetensors", shapes)
    os.truncate(path, path.stat().st_size // 2)
    detail = Library([tmp_path]).refused()[path.name].detail
    assert "is it cut off?" in detail
    assert f"Its header is that of {label}" in detail


def test_a_file_whose_header_is_cut_off_names_no_model(tmp_path: Path) -> None:
    path = put(tmp_path / "flux1-dev.safetensors", headers.flux1())
    os.truncate(path, 1_000)
    detail = Library([tmp_path]).refused()[path.name].detail
    assert "cut off" in detail
    assert "FLUX" not in detail


def test_a_folder_of_a_part_that_is_cut_off_names_it(tmp_path: Path) -> None:
    file = qwen(tmp_path / "encoder") / "model.safetensors"
    os.truncate(file, file.stat().st_size - 1)
    detail = Library([tmp_path]).refused()["encoder"].detail
    assert "Its header is that of Qwen3 4B text encoder" in detail


def test_a_gguf_file_that_is_cut_off_names_the_model_of_its_header(tmp_path: Path) -> None:
    path = gguf(tmp_path / "flux1-dev.gguf", headers.flux1(), "F16")
    os.truncate(path, path.stat().st_size // 2)
    assert "that of FLUX.1 dev" in Library([tmp_path]).refused()[path.name].detail


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
@pytest.mark.parametrize("name", ["canny", "depth"])
def test_a_control_checkpoint_is_recognised_by_shape_and_name(
    tmp_path: Path, prefix: str, name: str
) -> None:
    shapes = headers.prefixed(prefix, headers.flux1(channels=128))
    put(tmp_path / f"flux1-{name}-dev.safetensors", shapes)
    (model,) = Library([tmp_path]).incomplete()
    assert (model.family.id, model.variant and model.variant.id) == (
        "flux1-control",
        f"flux1-{name}-dev",
    )


SCANNED = ("control", "reference")  # downloads that the library finds as files of a user


def test_no_downloaded_auxiliary_model_is_scanned_as_a_model(tmp_path: Path) -> None:
    catalogue = read_catalogue(ROOT / "presets")
    auxiliary = [offer for offer in catalogue.auxiliary if offer.task not in SCANNED]
    for offer in auxiliary:
        folder = offer.target(tmp_path)
        for pattern in offer.files:
            file = folder / pattern.replace("*", "model")
            if file.suffix == ".safetensors":
                put(file, headers.decoder(896, 24, normed=False))
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("{}", encoding="utf-8")
    library = Library([tmp_path], presets_dir=ROOT / "presets")
    assert not library.refused()
    assert not result(library)
    assert all(library.auxiliary(offer.id) for offer in auxiliary)
