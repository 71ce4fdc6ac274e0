"""Playground 2.5: the statistics of its latents, from its folder and from its single file."""

from pathlib import Path

import pytest
import torch

from core.engine import latents
from core.engine.loaders.single import load_shared_part
from core.errors import ModelBroken
from core.models.families import FAMILIES, of_pipeline
from core.models.library.model import Model, WeightsSource
from core.models.library.record import Record
from core.models.weights.file import read_weights
from tests.integration.engine import layouts
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.tiny_models import tiny

FAMILY = FAMILIES["playground-v2-5"]


def whole(path: Path, **statistics: torch.Tensor) -> Model:
    """A checkpoint as the library describes it, of which only the VAE is here."""
    state = {f"first_stage_model.{name}": t for name, t in tiny("sdxl").vae.state_dict().items()}
    layouts.write({**state, **statistics}, path)
    file = read_weights(path)
    (part,) = FAMILY.components["vae"].parts
    vae = WeightsSource(path, part, prefix="first_stage_model.", weights=(file,))
    return Model(
        "one", path, FAMILY, Record(), False, {"unet": (file,)}, FAMILY.variants[0], "checkpoint",
        sources={"vae": vae},
    )  # fmt: skip


def test_a_single_file_brings_the_statistics_of_its_latents(tmp_path: Path) -> None:
    config = tiny("playground").vae.config
    mean, deviation = (
        torch.tensor(values, dtype=torch.float16).view(1, 4, 1, 1)
        for values in (config.latents_mean, config.latents_std)
    )
    model = whole(tmp_path / "a.safetensors", edm_mean=mean, edm_std=deviation)
    own = load_shared_part(model, "vae", {"default": torch.float32}).config
    for name in ("scaling_factor", "latents_mean", "latents_std"):
        assert own[name] == config[name]


def test_a_single_file_without_them_is_refused(tmp_path: Path) -> None:
    model = whole(tmp_path / "a.safetensors", edm_mean=torch.zeros(1, 4, 1, 1))
    with pytest.raises(ModelBroken, match="lacks edm_std"):
        load_shared_part(model, "vae", {"default": torch.float32})


def test_previews_are_of_the_latents_that_the_vae_decodes() -> None:
    pipeline = loaded("playground").pipeline_of("img2img")
    image = torch.rand(1, 3, 64, 64) * 2 - 1
    arguments = (image, None, 1, 1, torch.float32, "cpu")
    normalised = pipeline.prepare_latents(
        *arguments, torch.Generator().manual_seed(0), add_noise=False
    )
    posterior = pipeline.vae.encode(image).latent_dist
    encoded = posterior.sample(torch.Generator().manual_seed(0))
    torch.testing.assert_close(latents.plain(pipeline, normalised, 64, 64), encoded)


def test_the_scheduler_of_a_folder_decides_its_family() -> None:
    index = {
        name: list(component.classes[0])
        for name, component in FAMILIES["sdxl"].components.items()
        if not component.optional
    }
    edm = {"scheduler": ["diffusers", "EDMDPMSolverMultistepScheduler"]}
    for entries, family in ((index, "sdxl"), (index | edm, "playground-v2-5")):
        owner = of_pipeline("StableDiffusionXLPipeline", entries)
        assert owner is not None
        assert owner.id == family
