"""`rembg` on the built-in network: what comes out, and what is refused by its field."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidInput, ModelMissing
from core.models.library.catalogue import read_catalogue
from core.models.library.library import Library
from core.models.library.removers import BUILT_IN, REMOVERS
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import describe
from core.operations.rembg import MATTING_PIXELS, Rembg
from core.settings import ROOT
from tests.integration.engine.running import Running

PRESETS = ROOT / "presets"


def card(mode: str = "RGB") -> Image.Image:
    """A red card on blue, 121×93."""
    picture = Image.new("RGB", (121, 93), "#205090")
    picture.paste("#e0e0d0", (40, 20, 80, 75))
    return picture.convert(mode)


@pytest.fixture
def running() -> Running:
    """A context with the built-in network and two images."""
    pictures = {"card": card(), "sky": Image.new("RGB", (300, 100), "#80c0ff")}
    return Running(Library([ROOT / "models"], presets_dir=PRESETS), pictures=pictures)


def asked(**more: Any) -> Rembg:
    return Rembg.model_validate({"image": "card", **more})


def test_the_subject_is_cut_out_with_its_mask(running: Running) -> None:
    made = running.run(asked())
    assert {port: (item.mode, item.size) for port, item in made.items()} == {
        "image": ("RGBA", (121, 93)),
        "mask": ("L", (121, 93)),
    }
    mask = np.asarray(made["mask"])
    assert mask[25:70, 45:75].mean() > 230
    assert mask[:15].mean() < 20
    assert made["image"].getpixel((60, 50))[:3] == card().getpixel((60, 50))
    assert made["image"].getchannel("A").tobytes() == made["mask"].tobytes()


def test_the_mask_alone(running: Running) -> None:
    assert list(running.run(asked(only_mask=True))) == ["mask"]


def test_colour_and_picture_behind(running: Running) -> None:
    on_green = running.run(asked(background="colour", background_colour="#00FF00"))["image"]
    assert (on_green.mode, on_green.getpixel((3, 3))) == ("RGB", (0, 255, 0))
    on_sky = running.run(asked(background="image", background_image="sky"))["image"]
    assert (on_sky.size, on_sky.getpixel((3, 3))) == ((121, 93), (128, 192, 255))


def test_what_was_transparent_stays_so(running: Running) -> None:
    seen = card("RGBA")
    seen.paste((0, 0, 0, 0), (40, 20, 60, 75))
    running.pictures["card"] = seen
    mask = np.asarray(running.run(asked())["mask"])
    assert mask[25:70, 42:58].max() == 0
    assert mask[25:70, 64:76].mean() > 200


def test_an_empty_picture_is_said_to_be_empty(running: Running) -> None:
    running.pictures["card"] = Image.new("RGB", (64, 64), "#205090")
    assert not running.run(asked())["mask"].point(lambda level: level > 127).getbbox()
    assert running.warned == ["nothing_found"]


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (641, 2)])
def test_odd_sizes_come_back_as_they_were(running: Running, size: tuple[int, int]) -> None:
    running.pictures["card"] = Image.new("RGB", size, "red")
    assert running.run(asked())["image"].size == size


def test_a_session_is_opened_once(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.engine.auxiliary import removal

    opened = []
    real = removal.open_session
    monkeypatch.setattr(removal, "open_session", lambda *how: opened.append(how[1]) or real(*how))
    running.run(asked())
    running.run(asked())
    assert opened == ["cpu"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"background": "image"}, "background_image"),
        (
            {"alpha_matting_background_threshold": 200, "alpha_matting_foreground_threshold": 200},
            "alpha_matting_background_threshold",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_it_runs(
    running: Running, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(**wrong).resolve(LibraryContext(running.library))
    assert refused.value.field == field


def test_soft_edges_have_their_limit(running: Running) -> None:
    running.pictures["card"] = Image.new("RGB", (MATTING_PIXELS // 1000 + 1, 1000))
    with pytest.raises(InvalidInput) as refused:
        running.run(asked(alpha_matting=True))
    assert refused.value.field == "alpha_matting"
    assert not running.made


def test_a_network_that_is_not_here_is_named_with_its_command(tmp_path: Path) -> None:
    library = Library([tmp_path], presets_dir=PRESETS)
    with pytest.raises(ModelMissing) as missing:
        asked(model="u2net").resolve(LibraryContext(library))
    assert "models pull u2net" in str(missing.value.fix)
    (tmp_path / "rembg").mkdir()
    (tmp_path / "rembg" / "u2net.onnx").touch()
    asked(model="u2net").resolve(LibraryContext(library))


def test_the_allow_list_is_the_catalogue_s_and_names_each_licence() -> None:
    catalogue = read_catalogue(PRESETS)
    offered = describe(Rembg)["schema"]["properties"]["model"]["enum"]
    assert set(REMOVERS) == set(offered)
    for remover in REMOVERS.values():
        offer = catalogue.auxiliary_model(remover.id)
        if remover.id == BUILT_IN:
            continue
        assert offer is not None
        assert offer.task == "rembg"
        assert catalogue.licences[offer.licence].label.split()[0] in remover.label
        assert remover.file in offer.files


def test_no_session_on_the_list_sends_the_picture_away() -> None:
    from core.engine.auxiliary.removal import _sessions

    sessions = _sessions()
    for remover in REMOVERS.values():
        assert sessions[remover.session].is_local()
        assert not sessions[remover.session].requires_credentials()
