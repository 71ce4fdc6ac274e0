"""A trial of fine-tuning: a robot that the model has never seen, learnt from 24 drawings.

The studio trains the LoRA by its preset for the built-in model, as it would for a user.
"""

import json
import time
from pathlib import Path
from typing import Any

from core.settings import ROOT, Settings
from core.studio import Studio as QpytStudio
from tools.nano.drawing.colors import COLORS
from tools.nano.grids import sheet
from tools.nano.kept_adherence import PROMPTS as OLD_PROMPTS
from tools.nano.kept_adherence import Kept, measure
from tools.nano.robots import SUBJECT, robot, write_dataset
from tools.nano.studio import Studio

PICTURES = 24
PROMPTS = (
    "a red robot on a blue background",
    "a green robot on a yellow background",
    "a purple robot on a white background",
    "a teal robot on a pink background",
    "a red cat on a blue background",
    "the ace of spades on a green background",
    "a red house with a blue roof at night",
    "a large pink heart on a white background",
)


def run(work: Path, model: Path, old_prompts: int = OLD_PROMPTS) -> Kept:
    """Train the LoRA; write `lora.png` and `lora.json` into evaluation/ of the work folder."""
    begin = time.monotonic()
    lora = train(work, {})
    seconds = round(time.monotonic() - begin)
    kept = measure(model, lora, old_prompts)
    target = work / "evaluation"
    target.mkdir(parents=True, exist_ok=True)
    report = {"training_seconds": seconds, **kept.record()}
    (target / "lora.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    _sheet(model, lora).save(target / "lora.png")
    return kept


def train(work: Path, config: dict[str, Any]) -> Path:
    """Train robots through a studio in the work folder; the file of the LoRA.

    `config`: sections of a training that replace those of the preset.
    """
    folder = write_dataset(work / "robots", 0, PICTURES)
    models = work / "models"
    settings = Settings(data_dir=work / "data", model_dirs=(models, ROOT / "models"))
    params = {"dataset": str(folder), "trigger_word": SUBJECT, "lora_name": SUBJECT}
    with QpytStudio(settings) as studio:
        studio.result(studio.submit("train_lora", **params, config=json.dumps(config)))
    (lora,) = models.rglob(f"{SUBJECT}*.safetensors")
    return lora


def _sheet(model: Path, lora: Path) -> Any:
    """Training drawings, and the same prompts before and after."""
    studio = Studio.of_folder(model)
    before = studio.draw(PROMPTS, seed=1)
    studio.pipe.load_lora_weights(lora.parent, weight_name=lora.name)
    after = studio.draw(PROMPTS, seed=1)
    examples = [robot(color, "plain", 0.5) for color in list(COLORS)[: len(PROMPTS)]]
    texts = ["training picture"] * len(PROMPTS) + [*PROMPTS, *("after",) * len(PROMPTS)]
    return sheet([*examples, *before, *after], texts, len(PROMPTS))
