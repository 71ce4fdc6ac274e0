"""Depth and segments where no network is named: the catalogue's, else that of a model."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ModelMissing
from core.models.inventory.inventory import Inventory
from core.models.library.library import Library
from core.models.library.model import LAYOUT_TASKS
from core.operations.depth import Depth
from core.operations.segment import Segment
from core.pictures.control.grey import levels
from core.pictures.control.score import depth_correlation
from core.settings import ROOT
from tests.integration.engine.running import Running
from tests.integration.engine.tiny_finders import save_finders
from tools.nano.drawing.parts import CLASSES
from tools.nano.render import render
from tools.nano.scene import Scene

RED, BLUE = 4, 2  # the classes of the two parts of the network below


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in model with a network whose parts are red and blue, and whose depth is blue."""
    onnx = pytest.importorskip("onnx")
    root = tmp_path_factory.mktemp("models")
    shutil.copytree(ROOT / "models" / "nano", root / "nano")
    record = json.loads((root / "nano" / "qpyt.json").read_text(encoding="utf-8"))
    (root / "nano" / "qpyt.json").write_text(
        json.dumps(record | {"layout": "layout.onnx"}), encoding="utf-8"
    )
    make, number = onnx.helper, onnx.TensorProto.FLOAT
    picks = [
        make.make_tensor(name, onnx.TensorProto.INT64, [len(rows)], rows)
        for name, rows in (("both", [0, 2]), ("blue", [2]))
    ]
    graph = make.make_graph(
        [
            make.make_node("Gather", ["pictures", "both"], ["parts"], axis=1),
            make.make_node("Gather", ["pictures", "blue"], ["depth"], axis=1),
        ],
        "x" * 1024,  # a smaller file is taken for a pointer to one
        [make.make_tensor_value_info("pictures", number, [1, 3, "height", "width"])],
        [make.make_tensor_value_info(name, number, None) for name in ("parts", "depth")],
        picks,
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    make.set_model_props(model, {"parts": json.dumps({"red": RED, "blue": BLUE})})
    onnx.save(model, root / "nano" / "layout.onnx")
    return root


def running(*places: Path) -> Running:
    picture = Image.new("RGB", (90, 60), "red")
    picture.paste((0, 0, 255), (45, 0, 90, 60))
    library = Library([*places], presets_dir=ROOT / "presets")
    return Running(library, pictures={"A": picture})


def test_a_fresh_machine_has_depth_by_the_network_of_its_model(models: Path) -> None:
    run = running(models)
    depth = np.asarray(run.run(Depth(image="A"))["image"])
    assert depth[:, :40].max() == 0, "the red half is far"
    assert depth[:, 50:].min() == 255, "the blue half is near"
    resolved = Depth(image="A").resolve(run.resolver)
    assert resolved.operation.model == "nano"
    assert [warning.code for warning in resolved.warnings] == ["for_drawings"]


def test_a_fresh_machine_has_segments_and_masks_by_the_names_of_parts(models: Path) -> None:
    run = running(models)
    made = run.run(Segment(image="A", objects="blue"))
    mask = np.asarray(made["mask"])
    assert mask[:, :44].max() == 0
    assert mask[:, 46:].min() == 255
    assert len(made["image"].getcolors() or ()) == 2


def test_a_network_of_the_catalogue_goes_first(models: Path, tmp_path: Path) -> None:
    save_finders(tmp_path)
    resolved = Segment(image="A").resolve(running(models, tmp_path).resolver)
    assert (resolved.operation.model, resolved.warnings) == ("upernet-convnext-tiny", ())


def test_the_built_in_network_finds_the_roof_and_the_depth_of_a_house() -> None:
    scene = Scene("building", "house", 3, color="pink", roof="blue", windows=2, sky="day")
    drawing = render(replace(scene, ground="grass"), 256, 256)
    library = Library([ROOT / "models"], presets_dir=ROOT / "presets")
    run = Running(library, pictures={"A": drawing.image})
    roof = np.asarray(run.run(Segment(image="A", objects="roof"))["mask"]) > 127
    truth = np.asarray(drawing.parts) == CLASSES.index("roof")
    assert (roof & truth).sum() > 0.6 * (roof | truth).sum()
    depth = levels(run.run(Depth(image="A"))["image"])
    assert (depth_correlation(levels(drawing.depth), depth) or 0) > 0.9


def test_without_any_network_the_download_is_named(tmp_path: Path) -> None:
    for operation in (Depth(image="A"), Segment(image="A")):
        with pytest.raises(ModelMissing, match="not on this machine"):
            operation.resolve(running(tmp_path).resolver)


def test_the_network_of_a_model_is_listed_for_each_of_its_tasks(models: Path) -> None:
    library = Library([models], presets_dir=ROOT / "presets")
    entries = Inventory(library, library.catalogue, models).auxiliary_models()
    listed = [(entry.task, entry.missing) for entry in entries if entry.id == "nano"]
    assert listed[1:] == [(task, ()) for task in LAYOUT_TASKS]
