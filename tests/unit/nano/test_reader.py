"""The metric network: its file answers as the network does, and the shipped one reads drawings."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.evaluation.reader import Reader
from core.errors import ModelBroken
from core.settings import ROOT
from core.training.evaluation.wordings import Wording, named_attributes
from tools.nano import reader
from tools.nano.adherence import Score, held_out
from tools.nano.captions import full_caption
from tools.nano.judge import SIDE, Judge, prepare
from tools.nano.render import render
from tools.nano.scene import ATTRIBUTES, labels

SHIPPED = ROOT / "models" / "nano" / reader.FILE


@pytest.fixture(scope="module")
def shipped() -> Reader:
    return Reader.load(SHIPPED, "cpu")


def test_the_file_answers_as_the_network_does(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = Judge(widths=(4, 4, 4, 4), features=8).eval()
    path = tmp_path / reader.FILE
    reader.export(network, path)
    exported = Reader.load(path, "cpu")
    images = [render(scene, SIDE, SIDE).image for scene in held_out(3)]
    with torch.no_grad():
        expected = network(prepare(images))
    first = torch.cat(list(expected.values()), 1).numpy()
    assert exported._run(images)[1] == pytest.approx(first, abs=1e-2)
    assert exported.attributes == {name: tuple(values) for name, values in ATTRIBUTES.items()}


def test_a_file_without_attributes_is_refused(tmp_path: Path) -> None:
    for content in ((ROOT / "models" / "nano" / "cutout.onnx").read_bytes(), b"no network"):
        path = tmp_path / "odd.onnx"
        path.write_bytes(content)
        with pytest.raises(ModelBroken):
            Reader.load(path, "cpu")


def test_a_full_caption_names_what_the_scene_shows() -> None:
    wordings = reader.wordings()
    for scene in held_out(200):
        named = named_attributes(full_caption(scene), wordings, ATTRIBUTES)
        shown = labels(scene)
        wrong = {k: v for k, v in named.items() if k in shown and v != shown[k]}
        assert not wrong, full_caption(scene)
        assert named.get("subject") == scene.subject


def test_colours_of_parts_are_not_those_of_the_subject() -> None:
    prompt = "A red robot on the left on a golden background"
    named = named_attributes(prompt, reader.wordings(), ATTRIBUTES)
    assert named == {"color": "red", "position": "left", "background": "yellow"}
    odd = [Wording("color", "infrared", "infrared"), Wording("color", "red", "red")]
    assert named_attributes("an infrared cat", odd, {"color": ("red",)}) == {}


def test_the_shipped_network_reads_unseen_drawings(shipped: Reader) -> None:
    scenes = held_out(96, "shipped reader")
    score = Score()
    score.add(scenes, shipped.read([render(scene, SIDE, SIDE).image for scene in scenes]))
    shares = score.shares()
    assert shares["color"] >= 0.95
    assert shares["subject"] >= 0.90
    assert shares["background"] >= 0.95
    assert SHIPPED.stat().st_size <= reader.MAX_BYTES


def test_a_drawing_adheres_to_its_own_caption_and_not_to_another(shipped: Reader) -> None:
    scene = held_out(1, "adherence")[0]
    images = [render(scene, SIDE, SIDE).image.convert("RGBA"), Image.new("RGB", (18, 9))]
    own, other = shipped.adherence(images, [full_caption(scene), "an astronaut"])
    assert own > 0.8
    assert np.isnan(other)
    assert shipped.vectors(images).shape == (2, reader.FEATURES)
