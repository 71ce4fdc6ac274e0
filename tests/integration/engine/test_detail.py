"""Details redrawn with real pipelines: what changes, what stays, and what switches one off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.engine.canvas import masks
from core.engine.loaded import Loaded
from core.errors import InvalidInput, ModelMissing
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.detail import Detail
from core.operations.inpaint import Inpaint
from core.settings import ROOT
from core.worker.auxiliary_models import WarmAuxiliaryModels
from tests.integration.engine.context import Alone
from tests.integration.engine.test_modes import picture
from tests.integration.engine.test_painting import SET, small
from tests.integration.engine.tiny_finders import save_detector, save_masks

SIZE = (200, 120)
SPOTS = [(20, 20, 50, 50), (90, 60, 120, 90), (150, 10, 180, 40)]  # from left to right
ASKED: dict[str, Any] = {**SET, "prompt": "a face", "image": "picture", "num_inference_steps": 2}


class Redrawing(Alone):
    """A context that keeps results by port, and finds objects by networks of a library."""

    def __init__(self, model: Any, library: Library | None = None, **pictures: Image.Image) -> None:
        super().__init__(model, **pictures)
        self.auxiliary_models: Any = WarmAuxiliaryModels(library or Library([]), "cpu")
        self.ports: dict[str, list[Any]] = {}

    def add_image(self, image: Image.Image, *, port: str = "image", **_about: Any) -> None:
        self.ports.setdefault(port, []).append(image)

    def add_value(self, value: Any, *, port: str) -> None:
        self.ports[port] = value


def spots(*boxes: tuple[int, int, int, int], size: tuple[int, int] = SIZE) -> Image.Image:
    mask = Image.new("L", size)
    for box in boxes:
        mask.paste(255, box)
    return mask


def redrawn(model: Any, **asked: Any) -> Redrawing:
    mask = asked.pop("given", spots(*SPOTS))
    context = Redrawing(model, picture=picture(size=SIZE), mask=mask)
    Detail(**{**ASKED, "mask": ("mask",), **asked}).run(context)
    return context


def changed(first: Image.Image, second: Image.Image) -> np.ndarray[Any, Any]:
    different: np.ndarray[Any, Any] = (np.asarray(first) != np.asarray(second)).any(axis=2)
    return different


@pytest.fixture(scope="module")
def tiny() -> Loaded:
    return small("sd15")


def test_only_the_objects_and_their_soft_edges_change(tiny: Loaded) -> None:
    context = redrawn(tiny, mask_feather=6)
    (result,) = context.ports["image"]
    free = masks.feathered(spots(*SPOTS), 6)
    different = changed(result, picture(size=SIZE))
    assert not different[np.asarray(free) == 0].any()
    for left, top, right, bottom in SPOTS:
        assert different[top:bottom, left:right].mean() > 0.5
    assert [tuple(item["box"]) for item in context.facts["objects"]] == SPOTS
    assert [item["number"] for item in context.ports["objects"]] == [1, 2, 3]
    assert len(context.facts["drawn"]) == len(context.ports["details"]) == 3
    assert context.ports["numbers"][0].size == SIZE


def test_an_object_left_out_stays_as_it_was_and_the_others_are_the_same(tiny: Loaded) -> None:
    whole, partial = redrawn(tiny), redrawn(tiny, skip=(2,))
    (all_made,), (made,) = whole.ports["image"], partial.ports["image"]
    middle = (78, 0, 132, SIZE[1])
    assert made.crop(middle).tobytes() == picture(size=SIZE).crop(middle).tobytes()
    assert made.crop((0, 0, 78, 120)).tobytes() == all_made.crop((0, 0, 78, 120)).tobytes()
    assert made.crop((132, 0, 200, 120)).tobytes() == all_made.crop((132, 0, 200, 120)).tobytes()
    assert [item["redrawn"] for item in partial.ports["objects"]] == [True, False, True]
    none = redrawn(tiny, skip=(1, 2, 3))
    assert none.ports["image"][0].tobytes() == picture(size=SIZE).tobytes()


def test_one_object_is_what_inpainting_its_mask_gives(tiny: Loaded) -> None:
    mask = spots(SPOTS[0])
    detail = redrawn(tiny, given=mask, mask_feather=8, padding_mask_crop=16, strength=0.5)
    context = Redrawing(tiny, picture=picture(size=SIZE), mask=mask)
    Inpaint(
        **{**ASKED, "mask": "mask", "mask_feather": 8, "strength": 0.5},
        only_masked=True,
        padding_mask_crop=16,
    ).run(context)
    assert detail.ports["image"][0].tobytes() == context.ports["image"][0].tobytes()


def test_an_object_has_its_own_prompt_by_number_or_word(tiny: Loaded) -> None:
    plain = redrawn(tiny)
    own = redrawn(tiny, object_prompts=("2: a green tree",))
    same = [a.tobytes() == b.tobytes() for a, b in zip(*_details(plain, own), strict=True)]
    assert same == [True, False, True]
    by_word = redrawn(tiny, object_prompts=("mask: a green tree", "1: a face", "3: a face"))
    assert by_word.ports["image"][0].tobytes() == own.ports["image"][0].tobytes()


def _details(*contexts: Redrawing) -> list[list[Image.Image]]:
    return [context.ports["details"] for context in contexts]


def test_several_images_have_seeds_of_their_own(tiny: Loaded) -> None:
    both = redrawn(tiny, num_images=2, given=spots(SPOTS[0]))
    second = redrawn(tiny, seed=SET["seed"] + 1, given=spots(SPOTS[0]))
    assert both.ports["image"][1].tobytes() == second.ports["image"][0].tobytes()


def test_the_built_in_model_redraws_objects(nano: Loaded) -> None:
    context = redrawn(nano, given=spots(SPOTS[1]), prompt="a red house")
    (result,) = context.ports["image"]
    free = np.asarray(masks.feathered(spots(SPOTS[1]), 12)) > 0
    different = changed(result, picture(size=SIZE))
    assert different[free].any()
    assert not different[~free].any()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"mask": (), "objects": " "}, "objects"),
        ({"object_prompts": ("a face",)}, "object_prompts.0"),
        ({"object_prompts": ("1: a face", "hand: a hand")}, "object_prompts.1"),
        ({"object_prompts": ("0: a face",)}, "object_prompts.0"),
    ],
)
def test_bad_values_are_named_by_field(asked: dict[str, Any], field: str) -> None:
    library = LibraryContext(Library([ROOT / "models"]))
    wanted = {"prompt": "a face", "image": "A", "mask": ("M",), **asked}
    with pytest.raises(InvalidInput) as refusal:
        Detail(**wanted).resolve(library)
    assert refusal.value.field == field


def test_masks_without_an_object_or_of_another_image_are_refused(tiny: Loaded) -> None:
    for mask in (spots(), spots((1, 1, 3, 3)), spots(*SPOTS, size=(120, 200))):
        with pytest.raises(InvalidInput) as refusal:
            redrawn(tiny, given=mask)
        assert refusal.value.field == "mask"


def test_objects_are_found_by_words_and_missing_networks_named(
    tiny: Loaded, tmp_path: Path
) -> None:
    library = Library([tmp_path], presets_dir=ROOT / "presets")
    save_detector(tmp_path / "companions" / "owlv2-base")
    with pytest.raises(ModelMissing, match="SAM"):
        LibraryContext(library).auxiliary.fingerprint("sam-vit-base")
    save_masks(tmp_path / "companions" / "sam-vit-base")
    context = Redrawing(tiny, library, picture=picture(size=SIZE))
    Detail(**ASKED, objects="face, hand", threshold=0.01, skip=(64,)).run(context)
    records = context.ports["objects"]
    assert {item["word"] for item in records} <= {"face", "hand"}
    assert len(context.ports["details"]) == len(records) > 0
    assert "object_unknown" in context.warnings
    nothing = Redrawing(tiny, library, picture=picture(size=SIZE))
    Detail(**ASKED, threshold=0.95).run(nothing)
    assert nothing.warnings == ["nothing_found"]
    assert nothing.ports["image"][0].tobytes() == picture(size=SIZE).tobytes()
