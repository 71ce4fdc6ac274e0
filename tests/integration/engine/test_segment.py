"""Segments and objects with the real classes: tiny networks, random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.engine.auxiliary.objects import Detection, MaskPredictor, ObjectDetector, distinct, within
from core.errors import InvalidInput, ModelMissing
from core.models.library.library import Library
from core.operations.segment import Segment
from core.pictures.control.segments import PALETTE
from core.settings import ROOT
from tests.integration.engine.running import Running
from tests.integration.engine.test_modes import picture
from tests.integration.engine.tiny_finders import LABELS, save_finders


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    save_finders(root)
    return root


def running(place: Path) -> Running:
    library = Library([place], presets_dir=ROOT / "presets")
    return Running(library, pictures={"A": picture(size=(90, 60))})


def test_a_scene_has_the_colours_of_ade20k_and_a_mask_for_each_class(models: Path) -> None:
    first, second = running(models), running(models)
    made = first.run(Segment(image="A"))["image"]
    assert (made.size, made.mode) == ((90, 60), "RGB")
    colours = {colour for _, colour in made.getcolors() or ()}
    assert colours <= {tuple(int(c) for c in PALETTE[index]) for index in LABELS}
    second.run(Segment(image="A", objects=", ".join(LABELS.values())))
    masks = [image for port, image in second.made if port == "mask"]
    total = sum(np.asarray(mask, np.int64) for mask in masks)
    assert np.all(total == 255), "every pixel is of one class"
    assert second.made[0][1].tobytes() == made.tobytes()
    assert [item["number"] for item in second.values["objects"]] == [*range(1, len(masks) + 1)]


def test_a_class_that_a_network_lacks_is_refused_with_those_that_it_has(models: Path) -> None:
    with pytest.raises(InvalidInput, match="dragon") as refusal:
        running(models).run(Segment(image="A", objects="sky, dragon"))
    assert refusal.value.field == "objects"
    assert "building" in str(refusal.value.fix)


def test_objects_are_found_by_words_with_masks_of_the_images_size(models: Path) -> None:
    asked = Segment(image="A", method="objects", objects="face, hand", threshold=0.01)
    run, again = running(models), running(models)
    result = run.run(asked)["image"]
    assert (result.size, result.mode) == ((90, 60), "RGB")
    assert again.run(asked)["image"].tobytes() == result.tobytes()
    masks = [image for port, image in run.made if port == "mask"]
    records = run.values["objects"]
    assert len(masks) == len(records) > 1
    assert [item["box"][0] + item["box"][2] for item in records] == sorted(
        item["box"][0] + item["box"][2] for item in records
    )
    assert {item["word"] for item in records} <= {"face", "hand"}
    assert all(mask.size == (90, 60) for mask in masks)
    joined = running(models)
    joined.run(asked.model_copy(update={"merge_masks": True}))
    merged = [image for port, image in joined.made if port == "mask"]
    assert len(merged) == 1
    assert np.array_equal(np.asarray(merged[0]), np.maximum.reduce([np.asarray(m) for m in masks]))


def test_nothing_found_gives_black_with_a_warning(models: Path) -> None:
    run = running(models)
    made = run.run(Segment(image="A", method="objects", objects="face", threshold=0.95))
    assert made["image"].getextrema() == ((0, 0),) * 3
    assert run.warned == ["nothing_found"]
    assert run.values["objects"] == []


def test_boxes_stay_on_the_image_and_masks_follow_them(models: Path) -> None:
    folder = models / "companions"
    detector = ObjectDetector.load(folder / "owlv2-base", "cpu")
    for detection in detector.find(picture(size=(90, 60)), ["a", "b"], 0.01):
        left, top, right, bottom = detection.box
        assert 0 <= left < right <= 90
        assert 0 <= top < bottom <= 60
    predictor = MaskPredictor.load(folder / "sam-vit-base", "cpu")
    masks = predictor.masks(picture(size=(90, 60)), [(0, 0, 40, 30), (50, 30, 90, 60)])
    assert [mask.size for mask in masks] == [(90, 60)] * 2
    assert predictor.masks(picture(), []) == []


def test_words_and_networks_that_are_missing_are_named_by_field(
    models: Path, tmp_path: Path
) -> None:
    for objects in ("", " , ", "x" * 70, ",".join(map(str, range(20)))):
        with pytest.raises(InvalidInput) as refusal:
            running(models).run(Segment(image="A", method="objects", objects=objects))
        assert refusal.value.field == "objects"
    with pytest.raises(ModelMissing, match="UPerNet"):
        running(tmp_path).run(Segment(image="A"))
    with pytest.raises(ModelMissing, match="OWLv2"):
        running(tmp_path).run(Segment(image="A", method="objects", objects="face"))


def test_an_object_that_two_boxes_show_counts_once() -> None:
    near = [Detection(0, 0.5, (0, 0, 10, 10)), Detection(0, 0.9, (1, 0, 11, 10))]
    other = Detection(1, 0.4, (0, 0, 10, 10))
    flat = Detection(0, 0.9, (5, 5, 5, 9))
    assert distinct([*near, other, flat]) == [near[1], other]
    assert within((-3, -1, 95, 70), (90, 60)) == (0, 0, 90, 60)


def test_smaller_objects_are_drawn_on_larger_ones() -> None:
    from core.pictures.control.segments import draw_objects

    large, small = (Image.new("L", (8, 8)) for _ in range(2))
    large.paste(255, (0, 0, 8, 8))
    small.paste(255, (2, 2, 4, 4))
    drawn = draw_objects([(0, small), (1, large)], (8, 8))
    assert drawn.getpixel((3, 3)) != drawn.getpixel((0, 0))
