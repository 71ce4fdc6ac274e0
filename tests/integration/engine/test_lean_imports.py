"""Drawing on a processor: what is never imported for it, in a process as the worker's is."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.tiny_lora import write_lora
from core.settings import ROOT
from core.worker.process import CALM, OFFLINE
from tests.integration.engine.tiny_models import tiny

# Each takes between a tenth of a second and a second of processor time.
NEVER = {
    "bitsandbytes.nn",
    "scipy.integrate._quadrature",
    "scipy.optimize",
    "scipy.stats._stats_py",
    "sympy.core",
    "torch._dynamo.eval_frame",
    "torch.fx.experimental.symbolic_shapes",
    "torch._functorch.aot_autograd",
    "torch._inductor",
    "torch.distributed.checkpoint",
    "torch.distributed.fsdp",
    "torch.distributed.tensor",
    "triton",
}
SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from core.settings import ROOT, Settings
from core.worker.resources import Resources
from core.worker.worker_settings import WorkerSettings

data, models = map(Path, sys.argv[1:])
settings = Settings(data_dir=data, model_dirs=(models, ROOT / "models"), threads=1)
resources = Resources("device", WorkerSettings.of(settings))
resources.load_engine()
resources.load_default_model(lambda phase: None)
pixels = {}
for model, size, loras in json.load(sys.stdin):
    loaded = resources.models.get(model)
    picture = loaded.draw(
        "generate",
        {"prompt": "a red house", "num_inference_steps": 2, "guidance_scale": 1.0,
         "width": size, "height": size, "loras": loras},
        seed=1, report=lambda *phase, **progress: None,
    )
    pixels[model + str(len(loras))] = hashlib.sha256(picture.tobytes()).hexdigest()
real = [name for name, module in sys.modules.items() if type(module).__name__ != "StandIn"]
print(json.dumps({"pixels": pixels, "modules": real}))
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA for the built-in model, and a small SDXL."""
    folder = tmp_path_factory.mktemp("models")
    write_lora(ROOT / "models" / "nano" / "transformer", folder / "lines.safetensors", 1)
    tiny("sdxl").save_pretrained(folder / "small-sdxl")
    return folder


def drawn(models: Path, data: Path, draws: list[Any]) -> Any:
    """The pixels of draws by a new process, and the modules that it imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QPYT_")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(data), str(models)],
        input=json.dumps(draws),
        env={**kept, **CALM, **OFFLINE, "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.timeout(600)  # a process that imports everything on a busy machine
def test_neither_a_first_picture_nor_another_model_nor_a_lora_import_what_they_do_not_use(
    models: Path, tmp_path: Path, nano: Any
) -> None:
    lora = [{"name": "lines", "weight": 0.5}]
    process = drawn(
        models, tmp_path, [("nano", 64, []), ("small-sdxl", 64, []), ("nano", 64, lora)]
    )
    assert not NEVER & set(process["modules"])
    picture = nano.draw(
        "generate",
        {
            "prompt": "a red house",
            "num_inference_steps": 2,
            "guidance_scale": 1.0,
            "width": 64,
            "height": 64,
        },
        seed=1,
        report=lambda *phase, **progress: None,
    )
    pixels = process["pixels"]
    assert pixels["nano0"] == hashlib.sha256(picture.tobytes()).hexdigest()
    assert len(set(pixels.values())) == 3
