"""Training: a step beside a bare PyTorch loop, and the wait of an image while a training runs.

The loop uses the same network with the same PEFT layers, and the optimizer of PyTorch: it leaves
out our rows, checks and logs. Both take turns in one process. The second part asks a server for
the same image with and without a training beside it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.child import report_of
from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, percentile, ratio
from benchmarks.server import studio

MODEL = "nano"
STEP_GOAL, WAIT_GOAL = 1.05, 2.0
IMAGE = {"prompt": "a red house at night", "width": 64, "height": 64, "seed": 7}
PATIENCE = 300.0  # seconds


def measure(quick: bool) -> Figure:
    """The ratio of the steps, and the extra wait of an image in steps."""
    steps = report_of("training", str(4 if quick else 40))
    waits = waits_of_images(2 if quick else 8)
    extra = (median(waits["beside"]) - median(waits["alone"])) / waits["step"]
    measures = [
        Measure("training step / bare loop", ratio(steps["ours"], steps["bare"]), "x", STEP_GOAL),
        Measure("image beside a training: extra wait", extra, "steps", WAIT_GOAL),
        Measure("training step", median(steps["ours"]), "s"),
        Measure("bare step", median(steps["bare"]), "s"),
        Measure("image alone", median(waits["alone"]), "s"),
        Measure("image beside a training", median(waits["beside"]), "s"),
        Measure("the slowest tenth of them", percentile(waits["beside"], 0.9), "s"),
        Measure("step of that training", waits["step"], "s"),
    ]
    return Figure("training", measures, {"steps": steps, "waits": waits})


# The step


def main(rounds: int) -> None:
    """In the child: steps of the session and of the bare loop in turns, as JSON."""
    ours, bare = _session(), _bare_loop()
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(rounds + 2):
        for name, step in (("ours", ours), ("bare", bare)):
            began = time.perf_counter()
            step()
            if number >= 2:  # the first steps compile and allocate
                times[name].append(time.perf_counter() - began)
    print(json.dumps(times))


def _parts() -> tuple[Any, Any, Any, Any]:
    """A fresh network with trained layers, its adapter, the configuration and a batch of 8."""
    import torch

    from core.engine import device, loading
    from core.engine.pool import ModelPool
    from core.engine.training.layers import add_layers, target_names
    from core.engine.training.make import adapter_of
    from core.engine.training.session import Batch
    from core.models.library.library import Library
    from core.settings import Settings
    from core.training.configuration.schema import parse

    loading.quiet()
    device.use_threads(0)
    loaded = ModelPool(Library(Settings().model_places), device.choose_device()).get(MODEL)
    config = parse(
        {
            "lora": {"rank": 8, "target_modules": "blocks"},
            "training": {"learning_rate": 2e-3, "weight_decay": 0.0, "warmup_steps": 0},
        }
    )
    adapter = adapter_of(loaded)
    record = loaded.model.family.training
    assert record is not None
    names = target_names(adapter.network, record, config.lora.target_modules)
    trained = add_layers(adapter.network, config, names)
    text = adapter.encode_text("a red house")
    texts = {name: torch.stack([value] * 8) for name, value in text.items()}
    channels = adapter.network.config.in_channels
    latents = torch.randn(8, channels, 8, 8, generator=torch.Generator().manual_seed(1))
    batch = Batch(latents, texts, None, tuple(map(str, range(8))))
    return adapter, config, trained, batch


def _session() -> Any:
    from core.engine.training.session import Session

    adapter, config, trained, batch = _parts()
    session = Session(adapter, config, trained, 1_000)
    return lambda: session.train_step([batch])


def _bare_loop() -> Any:
    """The same maths as plain PyTorch: flow matching with logit-normal noise levels."""
    import torch

    from core.engine.training.session import compute_dtype

    adapter, config, trained, batch = _parts()
    network, parameters = adapter.network, list(trained.values())
    optimizer = torch.optim.AdamW(parameters, lr=2e-3, weight_decay=0.0)
    pipeline = adapter.pipeline
    positions = pipeline._prepare_latent_ids(batch.latents)
    words = pipeline._prepare_text_ids(batch.texts["embeds"])
    dtype = compute_dtype(config.model.dtype, batch.latents.device)
    network.train()

    def step() -> None:
        noise = torch.randn_like(batch.latents)
        times = torch.sigmoid(torch.randn(len(noise)))
        levels = times.view(-1, 1, 1, 1)
        states = (1 - levels) * batch.latents + levels * noise
        with torch.autocast("cpu", dtype, enabled=dtype is not torch.float32):
            predicted = network(
                hidden_states=pipeline._pack_latents(states),
                encoder_hidden_states=batch.texts["embeds"],
                timestep=times,
                guidance=None,
                img_ids=positions,
                txt_ids=words,
                return_dict=False,
            )[0]
        target = pipeline._pack_latents(noise - batch.latents)
        loss = ((predicted.float() - target) ** 2).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


# The wait


def waits_of_images(count: int) -> dict[str, Any]:
    """Seconds of the same image without and with a training beside it, and of a training step."""
    with studio() as server:
        client = server.client()
        folder = _dataset(server.folder / "data" / "drawings")
        _draw(client, 0)  # loads the model
        alone = [_draw(client, number + 1) for number in range(count)]
        params = {
            "dataset": str(folder),
            "max_steps": 100_000,
            "config": {
                "data": {"resolution": [128], "prior_share": 0},
                "validation": {"enable": False, "sample_frequency": 0},
                "output": {"checkpoint_every_n_steps": 100_000},
            },
        }
        task = client.post("/api/train_lora", params)["task_id"]
        beside = []
        for number in range(count):
            _until_step(client, task)
            beside.append(_draw(client, 100 + number))
        values = client.get(f"/api/training/runs/{task}/values?name=steps_per_second")["values"]
        client.post(f"/api/tasks/{task}/cancel")
        client.close()
    speeds = [speed for _, speed in values["steps_per_second"]]
    return {"alone": alone, "beside": beside, "step": 1 / median(speeds)}


def _draw(client: Client, number: int) -> float:
    """Seconds until an image is there."""
    request = client.request(
        "POST", "/api/generate", {**IMAGE, "seed": number}, Prefer=f"wait={PATIENCE:.0f}"
    )
    seconds, task = client.timed(request)
    if task["status"] != "completed":
        raise RuntimeError(f"the image is {task['status']}")
    return seconds


def _until_step(client: Client, task: str) -> None:
    """Wait until the training is in the middle of its steps."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        state = client.get(f"/api/tasks/{task}")
        if state["status"] == "failed":
            raise RuntimeError(state["error"]["detail"])
        progress = state["progress"]
        if progress and progress["phase"] == "training":
            time.sleep(1.0)
            return
        time.sleep(0.05)
    raise RuntimeError("the training does not begin")


def _dataset(folder: Path) -> Path:
    """Eight plain images with captions."""
    from PIL import Image

    folder.mkdir(parents=True)
    for number in range(8):
        Image.new("RGB", (128, 128), (30 * number, 90, 120)).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"a box of shade {number}", encoding="utf-8")
    return folder


if __name__ == "__main__":
    main(int(sys.argv[1]))
