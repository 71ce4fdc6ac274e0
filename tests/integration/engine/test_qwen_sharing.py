"""Families of Qwen-Image hold one text encoder and one VAE, however many of them are loaded."""

import gc
import weakref
from pathlib import Path

from core.engine.pool import ModelPool
from core.models.families import FAMILIES
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.record import Record
from core.models.recognition.finding import Finding
from core.models.weights.file import read_weights
from tests.integration.engine import layouts
from tests.integration.engine.stand_in import CPU
from tests.integration.engine.test_folders import saved
from tests.integration.engine.test_single_files import folder_of, offered
from tests.integration.engine.tiny_models import tiny

NETWORKS = {
    "qwen-image": "qwen-image",
    "qwen-edit-plus": "qwen-image-edit-plus",
    "qwen-layered": "qwen-image-layered",
}


class Relatives(Library):
    """A network in a single file for each family; all other parts come from one folder."""

    def __init__(self, shelf: Path) -> None:
        super().__init__([])
        whole = saved("qwen-edit-plus", shelf)
        tiny("qwen-layered").vae.save_pretrained(shelf / "layered")
        shared = {
            "text_encoder": folder_of(whole / "text_encoder", "qwen2.5-vl-7b"),
            "tokenizer": offered(whole / "tokenizer", "tokenizer-qwen"),
            "vae": folder_of(whole / "vae", "vae-qwen-image"),
        }
        self.relatives: dict[str, Model] = {}
        for name, family in NETWORKS.items():
            path = layouts.write(tiny(name).transformer.state_dict(), shelf / f"{name}.safetensors")
            layered = "layered" in name
            vae = folder_of(shelf / "layered", "vae-qwen-image-layered")
            measures = {"width": 64, "channels": 64, "joint": 16, "blocks": 1, "head": 32}
            self.relatives[name] = Model(
                name,
                path,
                FAMILIES[family],
                Record(),
                False,
                {"transformer": (read_weights(path),)},
                layout="transformer",
                finding=Finding("transformer", measures={**measures, "layered": int(layered)}),
                sources={**shared, "vae": vae} if layered else shared,
            )

    def get(self, model_id: str) -> Model:
        return self.relatives[model_id]


def test_relatives_share_their_encoder_and_vae_until_the_last_is_unloaded(tmp_path: Path) -> None:
    pool = ModelPool(Relatives(tmp_path), CPU)
    pipelines = [pool.get(name).pipeline for name in NETWORKS]
    encoders = [next(pipeline.text_encoder.parameters()) for pipeline in pipelines]
    vaes = [next(pipeline.vae.parameters()) for pipeline in pipelines]
    assert encoders[0] is encoders[1] is encoders[2]
    assert vaes[0] is vaes[1] is not vaes[2], "that of layers takes transparency"
    held = weakref.ref(encoders[0])
    for tensors in (pipelines, encoders, vaes):
        tensors.clear()
    for left, name in enumerate(NETWORKS, start=1):
        pool.unload(name)
        gc.collect()
        assert (held() is None) == (left == len(NETWORKS))
