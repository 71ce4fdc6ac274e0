"""rembg's own custom session loads the background remover that ships, and cuts things out."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tools.nano.backdrops import cloud, gradient
from tools.nano.cutout import MAX_BYTES
from tools.nano.cutout_samples import cut, pasted
from tools.nano.cutout_training import agreement
from tools.nano.scene import Scene

MODEL = Path(os.environ.get("NANO_CUTOUT", "models/nano/cutout.onnx"))
CAT = Scene("object", "cat", 1, color="orange", background="teal", size="large")

# The first import of rembg compiles numba functions for minutes; nothing here needs them.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")

pytestmark = pytest.mark.skipif(not MODEL.exists(), reason=f"{MODEL} is not there")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """rembg's session over the file; it reads models only from the folder it calls its home."""
    pytest.importorskip("onnxruntime")
    rembg = pytest.importorskip("rembg")
    with pytest.MonkeyPatch.context() as changed:
        changed.delenv("U2NET_HOME", raising=False)
        changed.setenv("REMBG_HOME", str(MODEL.parent.resolve()))
        yield rembg.new_session("u2net_custom", model_path=str(MODEL.resolve()))


@pytest.mark.parametrize("draw", [cloud, gradient])
def test_a_cat_is_cut_out_of_noise_and_gradients(session: Any, draw: Any) -> None:
    rembg = pytest.importorskip("rembg")
    front, truth = cut(CAT, random.Random(4), 256)
    generator = np.random.default_rng(5)
    picture = pasted(front, truth, draw(generator, 256), generator)
    result = rembg.remove(picture, session=session)
    assert result.mode == "RGBA"
    assert result.size == picture.size
    assert agreement([result.getchannel("A")], [truth])[0] > 0.9


def test_a_mask_alone_can_be_had(session: Any) -> None:
    rembg = pytest.importorskip("rembg")
    mask = rembg.remove(Image.new("RGB", (100, 60), "red"), session=session, only_mask=True)
    assert mask.size == (100, 60)


def test_the_file_is_small() -> None:
    assert MODEL.stat().st_size <= MAX_BYTES
