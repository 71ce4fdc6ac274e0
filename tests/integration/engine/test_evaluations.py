"""An evaluation over a tiny model: one load, equal seeds, finished cells kept, copies found."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from core.engine.evaluation.run import Candidate, EvaluationRun, health_of
from core.engine.loaded import Loaded
from core.training.datasets.folder import read_folder
from core.training.datasets.limits import limits_of_side
from core.training.evaluation.pairs import Pairs
from core.training.evaluation.plan import rows_of
from core.training.evaluation.suites import HELD_OUT, TRAINED, TRIGGER, WITHOUT, SuitePrompt
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.tiny_models import tiny
from tests.integration.engine.training_runs import Recorded, SteppedAside, dataset

PROMPTS = (
    SuitePrompt(TRIGGER, "a robot"),
    SuitePrompt(WITHOUT, "a red house"),
    SuitePrompt(WITHOUT, "two cats"),
)
LAYER = "transformer_blocks.0.attn.to_q"


class ImageContext(Recorded):
    """A context that keeps the images."""

    def __init__(self, root: Path, yields: tuple[int, ...] = ()) -> None:
        super().__init__(root)
        self.images: list[Image.Image] = []
        self._asked = 0
        self._stops = yields

    def should_yield(self) -> bool:
        self._asked += 1
        return self._asked in self._stops

    def add_image(
        self,
        image: Image.Image,
        *,
        port: str = "image",
        seed: int | None = None,
        parameters: Mapping[str, object] = {},
    ) -> None:
        self.images.append(image)


class Judge:
    """A text network that measures brightness."""

    def adherence(self, images: Any, prompts: Any) -> Any:
        return np.array([np.asarray(image).mean() / 255 for image in images])


@pytest.fixture(scope="module")
def model() -> Loaded:
    return loaded("klein")


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA that changes one layer strongly."""
    weight = tiny("klein").transformer.get_submodule(LAYER).weight
    random = torch.Generator().manual_seed(3)
    tensors = {
        f"transformer.{LAYER}.lora_A.weight": torch.randn(4, weight.shape[1], generator=random),
        f"transformer.{LAYER}.lora_B.weight": 9 * torch.randn(weight.shape[0], 4, generator=random),
    }
    path = tmp_path_factory.mktemp("loras") / "robot.safetensors"
    settings = {"transformer.r": 4, "transformer.lora_alpha": 8}
    save_file(tensors, path, {"lora_adapter_metadata": json.dumps(settings)})
    return path


def evaluation(
    root: Path, model: Loaded, lora: Path, context: ImageContext, *, paired: bool = False
) -> EvaluationRun:
    folder = read_folder(dataset(root), limits_of_side(64))
    parameters = {"width": 64, "height": 64, "num_inference_steps": 1}
    candidates = [Candidate("Base model"), Candidate("Step 8", lora, "8", 8, 1.0, 0.4)]
    pairs = Pairs.of(folder.items[:-1], folder.items[-1:])
    rows = [*rows_of(PROMPTS, 2, 7), *(row for row in pairs.rows(1, 7, 3) if paired)]
    return EvaluationRun(
        context,
        model,
        candidates,
        rows,
        folder.items,
        pairs.items(),
        parameters,
        {"judge": Judge()},
        None,
    )


def test_every_column_is_drawn_with_the_same_seeds_and_reported(
    tmp_path: Path, model: Loaded, lora: Path
) -> None:
    context = ImageContext(tmp_path)
    report = evaluation(tmp_path, model, lora, context).report()
    assert len(context.images) == 12
    assert [row["seed"] for row in report["rows"]] == [7, 8, 7, 8, 7, 8]
    base, step = report["columns"]
    assert base["terms"] == []
    assert {term["name"] for term in step["terms"]} >= {"adherence", "fidelity", "diversity"}
    assert step["leakage"] > 0
    assert step["health"]["rank"] == 4
    assert report["best"] == 1
    brightness = np.mean([np.asarray(image).mean() / 255 for image in context.images[:6]])
    assert base["adherence"]["judge"] == pytest.approx(brightness)
    assert context.images[0].tobytes() != context.images[6].tobytes()
    plain = model.draw(
        "generate",
        {"width": 64, "height": 64, "num_inference_steps": 1, "prompt": "a robot"},
        seed=7,
        report=lambda *_, **__: None,
    )
    assert plain.tobytes() == context.images[0].tobytes()  # the base is left as it was


def test_captions_are_compared_with_the_images_that_they_belong_to(
    tmp_path: Path, model: Loaded, lora: Path
) -> None:
    context = ImageContext(tmp_path)
    report = evaluation(tmp_path, model, lora, context, paired=True).report()
    categories = [row["category"] for row in report["rows"]]
    assert categories.count(TRAINED) == categories.count(HELD_OUT) == 4
    base, step = (column["memorisation"] for column in report["columns"])
    assert base["gap"] == pytest.approx(1.0)
    ratio = (step["held_out"] / base["held_out"]) / (step["trained"] / base["trained"])
    assert step["gap"] == pytest.approx(ratio)
    assert len(context.images) == 2 * len(report["rows"])


def test_an_interrupted_evaluation_draws_only_what_is_missing(
    tmp_path: Path, model: Loaded, lora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SteppedAside):
        evaluation(tmp_path, model, lora, ImageContext(tmp_path, yields=(6,))).report()
    seeds: list[int] = []
    draw = Loaded.draw

    def counted(self: Loaded, *arguments: Any, **named: Any) -> Any:
        seeds.append(named["seed"])
        return draw(self, *arguments, **named)

    monkeypatch.setattr(Loaded, "draw", counted)
    context = ImageContext(tmp_path)
    evaluation(tmp_path, model, lora, context).report()
    assert seeds == [8, 7, 8, 7, 8, 7, 8]
    assert len(context.images) == 12


def test_a_training_image_among_the_results_is_found_as_a_copy(
    tmp_path: Path, model: Loaded, lora: Path
) -> None:
    context = ImageContext(tmp_path)
    run = evaluation(tmp_path, model, lora, context)
    with Image.open(dataset(tmp_path) / "3.png") as image:
        copied = run._fitted(image)
    for place in (0, 1):  # the images of the trigger alone, as an earlier attempt left them
        copied.save(context.run_folder / f"1-{place}.png")
    report = run.report()
    column = report["columns"][1]
    assert column["memorisation"]["share"] == 1.0
    assert report["training_images"][column["memorisation"]["nearest"]] == "3.png"
    assert report["best"] is None
    with Image.open(io.BytesIO(context.files["nearest", 1, 0])) as nearest:
        assert nearest.tobytes() == copied.tobytes()


def test_the_scale_of_a_file_counts_in_its_norm(lora: Path) -> None:
    from safetensors.torch import load_file

    down, up = load_file(lora).values()
    expected = 2 * float(torch.linalg.matrix_norm(up @ down))
    (layer,) = health_of(lora).layers
    assert layer.norm == pytest.approx(expected, rel=1e-5)
