"""A real process imports what the server imports, and torch is not among it."""

import json
import subprocess
import sys

from tools.house.source import ROOT

CODE = """
import json, sys
import main, api.app, core.studio, core.studio.services
from core.operations.declaration.registry import load
load()
print(json.dumps(sorted(sys.modules)))
"""
NEVER = {
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "rembg",
    "onnxruntime",
    "alembic",
    "c2pa",
    "cryptography",
}
# Modules of the studio that the first request does not need.
LATER = {"core.prompts.styles", "core.prompts.swatches"}


def test_the_server_process_imports_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not {name.partition(".")[0] for name in loaded} & NEVER
    assert not loaded & LATER
