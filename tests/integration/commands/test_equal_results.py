"""A random valid graph gives the same pixels by REST and by the command line."""

import json
import random
import subprocess
import sys
from collections import defaultdict
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from core.workflows.workflow import parse
from tests.integration.process import ROOT, Server, environment

SEED = 1
BRICKS = 8
DRAWN = {"width": 64, "height": 64, "num_inference_steps": 1}


def graph(seed: int) -> dict[str, Any]:
    """Two input images, and bricks that each take one random earlier image."""
    choose = random.Random(seed)
    bricks: list[dict[str, Any]] = [
        {"id": "in0", "type": "image_input"},
        {"id": "in1", "type": "image_input"},
    ]
    wires = []
    images = ["in0.image", "in1.image"]
    for place in range(BRICKS):
        name = choose.choice(["filter", "filter", "upscale", "generate", "img2img", "rembg"])
        props: dict[str, Any] = {
            "filter": {"hue_angle": choose.randint(-90, 90), "contrast": choose.uniform(0.5, 2)},
            "upscale": {"factor": choose.choice([1.5, 2])},
            "generate": {**DRAWN, "prompt": "a red house", "seed": choose.randint(0, 99)},
            "img2img": {**DRAWN, "prompt": "a castle", "seed": choose.randint(0, 99)},
            "rembg": {},
        }[name]
        brick = f"b{place}"
        bricks.append({"id": brick, "type": name, "props": props, "column": place + 1})
        if name != "generate":
            wires.append({"from": choose.choice(images), "to": f"{brick}.image"})
        if name != "upscale":  # sizes would grow without end
            images.append(f"{brick}.image")
    return {"bricks": bricks, "wires": wires}


def picture(folder: Path, index: int) -> Path:
    path = folder / f"in{index}.png"
    Image.linear_gradient("L").resize((48, 48)).rotate(90 * index).convert("RGB").save(path)
    return path


def pixels(data: bytes) -> str:
    """A hash of the decoded pixels: files hold the time and version of their task too."""
    with Image.open(BytesIO(data)) as image:
        return sha256(repr(image.size).encode() + image.convert("RGBA").tobytes()).hexdigest()


def by_rest(studio: Server, workflow: dict[str, Any], files: list[Path]) -> dict[str, list[str]]:
    inputs = {}
    for index, path in enumerate(files):
        answer = studio.http.post("/api/assets", files={"file": ("in.png", path.read_bytes())})
        inputs[f"in{index}.image"] = answer.json()["id"]
    body = {"workflow": workflow, "inputs": inputs}
    run = studio.post("/api/workflows/run", body, 202)
    results: dict[str, list[str]] = {}
    for brick, task in run["tasks"].items():
        outputs = studio.done(task, 200)["outputs"]
        images = [studio.http.get(output["url"]).content for output in outputs]
        results[brick] = sorted(map(pixels, images))
    return results


def by_command(folder: Path, workflow: dict[str, Any], files: list[Path]) -> dict[str, list[str]]:
    file, out = folder / "graph.json", folder / "out"
    file.write_text(json.dumps(workflow), encoding="utf-8")
    places = ["--out", str(out), "--data-dir", str(folder / "data")]
    done = subprocess.run(
        [sys.executable, "main.py", "run", str(file), *map(str, files), *places],
        cwd=ROOT,
        env=environment(folder / "data"),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = defaultdict(list)
    for line in done.stdout.splitlines():
        results[Path(line).stem.partition("-")[0]].append(pixels(Path(line).read_bytes()))
    return {brick: sorted(hashes) for brick, hashes in results.items()}


def test_a_random_graph_gives_the_same_images_by_rest_and_by_the_command_line(
    studio: Server, tmp_path: Path
) -> None:
    workflow = parse(graph(SEED)).json_data()
    assert len({brick["type"] for brick in workflow["bricks"]}) == 6
    files = [picture(tmp_path, index) for index in range(2)]
    rest = by_rest(studio, workflow, files)
    assert len(rest) == BRICKS
    assert by_command(tmp_path, workflow, files) == rest
