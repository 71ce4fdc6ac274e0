"""Edit pairs: the image before an edit is a reference of FLUX.2, cut and mirrored as its image."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from core.engine.loaded import Loaded
from core.engine.training.adapters.base import REFERENCE
from core.engine.training.make import adapter_of
from core.errors import InvalidInput
from core.training.datasets.folder import read_folder
from core.training.datasets.importing import import_folder
from core.training.datasets.limits import limits_of_side
from core.training.datasets.versions import DatasetStore
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.training_runs import Recorded, dataset, make_run

LIMITS = limits_of_side(64)
PAIRS = {"edit_pairs": True, "prior_share": 0.0, "prior_prompts": []}


def pairs(root: Path) -> Path:
    """Images with control images, the first one in a folder of its own and of another size."""
    folder = dataset(root)
    (folder / "control").mkdir()
    Image.new("RGB", (96, 64), "navy").save(folder / "control" / "0.png")
    for number in range(1, 5):
        Image.new("RGB", (64, 80), (50 * number, 0, 0)).save(folder / f"{number}_control.png")
    return folder


def test_a_training_on_edit_pairs_reads_the_image_before_the_edit(tmp_path: Path) -> None:
    pairs(tmp_path)
    sections = {"data": PAIRS, "training": {"max_steps": 2}}
    run = make_run(tmp_path, Recorded(tmp_path), **sections)
    assert run.train() == (2, "completed")
    batch = run.rows.batch(0)
    assert batch.texts[REFERENCE].shape == batch.latents.shape
    assert not torch.equal(batch.texts[REFERENCE], batch.latents)


def test_samples_edit_the_control_images_of_their_captions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs(tmp_path)
    modes, sizes = set(), []
    draw = Loaded.draw

    def seen(model: Loaded, mode: str, parameters: Any, **more: Any) -> Image.Image:
        modes.add(mode)
        sizes.append(parameters["image"].size)
        return draw(model, mode, parameters, **more)

    monkeypatch.setattr(Loaded, "draw", seen)
    context = Recorded(tmp_path)
    sections = {"data": PAIRS, "training": {"max_steps": 1}, "validation": {"sample_frequency": 1}}
    run = make_run(tmp_path, context, **sections)
    run.train()
    samples = run.plan["samples"]
    assert [sample["control"] for sample in samples] == ["0.png", "1.png", "2.png"]
    assert modes == {"edit"}
    assert set(sizes) == {(96, 64), (64, 80)}
    drawn = sorted(key for key in context.files if key[0] == "sample")
    assert drawn == [("sample", step, index) for step in (0, 1) for index in range(3)]


def test_a_reference_changes_the_prediction_and_has_no_part_of_it() -> None:
    model = loaded("klein")
    adapter = adapter_of(model)
    text = {name: value[None] for name, value in adapter.encode_text("a robot").items()}
    states = torch.randn(1, adapter.network.config.in_channels, 4, 4)
    times, reference = torch.tensor([0.5]), torch.ones(1, states.shape[1], 2, 4)
    with torch.no_grad():
        plain = adapter.predict(states, text, times, 1.0)
        edited = adapter.predict(states, {**text, REFERENCE: reference}, times, 1.0)
    assert edited.shape == plain.shape == states.shape
    assert not torch.allclose(edited, plain)


def test_pairs_are_kept_by_a_stored_dataset_and_its_export(tmp_path: Path) -> None:
    folder = pairs(tmp_path)
    read = read_folder(folder, LIMITS)
    assert [item.control_path is not None for item in read.items] == [True] * 5
    store = DatasetStore(tmp_path / "datasets")
    stored = import_folder(store, store.create("edits"), folder, "edits").dataset
    assert store.folder(stored, None, LIMITS).digest == read.digest
    store.export(store.version(stored), tmp_path / "out")
    assert read_folder(tmp_path / "out", LIMITS).digest == read.digest


def test_what_edit_pairs_lack_is_refused_by_name(tmp_path: Path) -> None:
    folder = pairs(tmp_path)
    with pytest.raises(InvalidInput, match="have no control image"):
        make_run(tmp_path, Recorded(tmp_path), data={**PAIRS, "prior_share": 0.5})
    with pytest.raises(InvalidInput, match="has no references"):
        make_run(tmp_path, Recorded(tmp_path), loaded("sd15"), data=PAIRS)
    (folder / "1_control.png").unlink()
    with pytest.raises(InvalidInput, match=r"1 images have no control image: 1\.png"):
        make_run(tmp_path, Recorded(tmp_path), data=PAIRS)
