"""One training step of every family equals the formula written down here, on tiny models."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DDPMScheduler,
    Flux2Transformer2DModel,
    FluxPipeline,
    UNet2DConditionModel,
)
from PIL import Image

from core.engine.training.adapters.base import Adapter, stacked
from core.engine.training.layers import add_layers, target_names
from core.engine.training.make import adapter_of
from core.engine.training.objectives import Diffusion, Flow
from core.engine.training.session import Batch, Session
from core.errors import InvalidInput
from core.models.families import FAMILIES, training
from core.training.configuration.schema import parse
from core.training.plan import training_of
from tests.integration.engine.stand_in import CALL, ONE_PER_FAMILY, loaded
from tests.integration.engine.tiny_models import FAMILY

TIMES = torch.tensor([0.3, 0.8])
# The first tiny model of every family that trains.
FAMILY_NAMES = [name for name in ONE_PER_FAMILY if FAMILIES[FAMILY[name]].training]


def picture(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64, 3), np.uint8)
    return Image.fromarray(pixels)


def config(**sections: Any) -> Any:
    return parse({"lora": {"rank": 4, "target_modules": "blocks"}, **sections})


def session(name: str, steps: int = 4, **sections: Any) -> Session:
    """A tiny model with trained layers, in float32."""
    settings = config(**{"model": {"dtype": "float32"}, **sections})
    adapter = adapter_of(loaded(name))
    family = adapter.loaded.model.family
    assert family.training is not None
    names = target_names(adapter.network, family.training, settings.lora.target_modules)
    return Session(adapter, settings, add_layers(adapter.network, settings, names), steps)


def batch(adapter: Adapter, rows: int = 2) -> Batch:
    texts = adapter.encode_text("a red house")
    latents = torch.stack([adapter.encode_image(picture(row)) for row in range(rows)])
    conditions = {key: torch.stack([value] * rows) for key, value in texts.items()}
    return Batch(latents, conditions, None, tuple(map(str, range(rows))))


# The formulas. `x` are pixels -1 … 1, `t` noise levels or timesteps.


def pixels(rows: int = 2) -> torch.Tensor:
    arrays = [np.asarray(picture(row), np.float32) / 127.5 - 1 for row in range(rows)]
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2)


def flux2_loss(pipe: Any, noise: torch.Tensor, guidance: float | None) -> torch.Tensor:
    """Batch-norm latents, target noise - latents, the noise level itself as timestep."""
    z = pipe.vae.encode(pixels()).latent_dist.mode()
    b, c, h, w = z.shape
    z = z.view(b, c, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 2, 4).reshape(b, 4 * c, h // 2, -1)
    mean, var = (v.view(1, -1, 1, 1) for v in (pipe.vae.bn.running_mean, pipe.vae.bn.running_var))
    z = (z - mean) / torch.sqrt(var + pipe.vae.config.batch_norm_eps)
    t = TIMES.view(-1, 1, 1, 1)
    x, target = (1 - t) * z + t * noise, noise - z
    embeds = pipe.encode_prompt(["a red house"] * 2, **_lengths(pipe))[0]
    rows, columns = x.shape[-2:]
    image_ids = torch.tensor([[0, r, k, 0] for r in range(rows) for k in range(columns)])
    text_ids = torch.tensor([[0, 0, 0, position] for position in range(embeds.shape[1])])
    predicted = pipe.transformer(
        hidden_states=x.flatten(2).transpose(1, 2),
        encoder_hidden_states=embeds,
        timestep=TIMES,
        guidance=None if guidance is None else torch.full((2,), guidance),
        img_ids=image_ids,
        txt_ids=text_ids,
        return_dict=False,
    )[0]
    return (predicted - target.flatten(2).transpose(1, 2)).square().mean((1, 2))


def _lengths(pipe: Any) -> dict[str, Any]:
    return {} if "Klein" not in type(pipe).__name__ else {"max_sequence_length": 32}


def scaled(pipe: Any) -> torch.Tensor:
    """Latents of an autoencoder with one scale and shift."""
    z = pipe.vae.encode(pixels()).latent_dist.mode()
    return (z - (pipe.vae.config.shift_factor or 0)) * pipe.vae.config.scaling_factor


def flux1_loss(pipe: Any, noise: torch.Tensor) -> torch.Tensor:
    z, t = scaled(pipe), TIMES.view(-1, 1, 1, 1)
    x, target = (1 - t) * z + t * noise, noise - z
    embeds, pooled, text_ids = pipe.encode_prompt(["a red house"] * 2, None, max_sequence_length=32)
    b, c, h, w = x.shape
    predicted = pipe.transformer(
        hidden_states=FluxPipeline._pack_latents(x, b, c, h, w),
        encoder_hidden_states=embeds,
        pooled_projections=pooled,
        timestep=TIMES,
        guidance=torch.full((2,), 3.5),
        img_ids=FluxPipeline._prepare_latent_image_ids(b, h // 2, w // 2, "cpu", x.dtype),
        txt_ids=text_ids,
        return_dict=False,
    )[0]
    return (predicted - FluxPipeline._pack_latents(target, b, c, h, w)).square().mean((1, 2))


def chroma_loss(pipe: Any, noise: torch.Tensor) -> torch.Tensor:
    z, t = scaled(pipe), TIMES.view(-1, 1, 1, 1)
    x, target = (1 - t) * z + t * noise, noise - z
    embeds, text_ids, mask, *_ = pipe.encode_prompt(["a red house"] * 2, max_sequence_length=32)
    b, c, h, w = x.shape
    tokens = torch.ones(b, h * w // 4, dtype=torch.bool)
    predicted = pipe.transformer(
        hidden_states=FluxPipeline._pack_latents(x, b, c, h, w),
        encoder_hidden_states=embeds,
        timestep=TIMES,
        img_ids=FluxPipeline._prepare_latent_image_ids(b, h // 2, w // 2, "cpu", x.dtype),
        txt_ids=text_ids,
        attention_mask=torch.cat([mask, tokens], dim=1),
        return_dict=False,
    )[0]
    return (predicted - FluxPipeline._pack_latents(target, b, c, h, w)).square().mean((1, 2))


def sd3_loss(pipe: Any, noise: torch.Tensor) -> torch.Tensor:
    z, t = scaled(pipe), TIMES.view(-1, 1, 1, 1)
    texts = pipe.encode_prompt(
        ["a red house"] * 2, None, None, do_classifier_free_guidance=False, max_sequence_length=32
    )
    predicted = pipe.transformer(
        hidden_states=(1 - t) * z + t * noise,
        timestep=TIMES * 1000,
        encoder_hidden_states=texts[0],
        pooled_projections=texts[2],
        return_dict=False,
    )[0]
    return (predicted - (noise - z)).square().mean((1, 2, 3))


def unet_loss(pipe: Any, noise: torch.Tensor) -> torch.Tensor:
    steps = (TIMES * 1000).long()
    scheduler = DDPMScheduler.from_config(pipe.scheduler.config)
    x = scheduler.add_noise(scaled(pipe), noise, steps)
    conditions = {}
    if hasattr(pipe, "text_encoder_2"):
        embeds, _, pooled, _ = pipe.encode_prompt(["a red house"] * 2, None)
        sizes = torch.tensor([[64.0, 64, 0, 0, 64, 64]] * 2)
        conditions = {"added_cond_kwargs": {"text_embeds": pooled, "time_ids": sizes}}
    else:
        embeds, _ = pipe.encode_prompt(["a red house"] * 2, "cpu", 1, False)
    predicted = pipe.unet(x, steps, embeds, return_dict=False, **conditions)[0]
    return (predicted - noise).square().mean((1, 2, 3))


def channelwise(pipe: Any) -> torch.Tensor:
    """Latents of the autoencoder of Qwen-Image, which has a mean and deviation by channel."""
    z = pipe.vae.encode(pixels()[:, :, None]).latent_dist.mode()[:, :, 0]
    mean, std = (
        torch.tensor(values).view(1, -1, 1, 1)
        for values in (pipe.vae.config.latents_mean, pipe.vae.config.latents_std)
    )
    return (z - mean) / std


def qwen_image_loss(pipe: Any, noise: torch.Tensor) -> torch.Tensor:
    z, t = channelwise(pipe), TIMES.view(-1, 1, 1, 1)
    x, target = (1 - t) * z + t * noise, noise - z
    embeds, mask = pipe.encode_prompt(["a red house"] * 2, **CALL["qwen-image"])
    b, c, h, w = x.shape
    predicted = pipe.transformer(
        hidden_states=pipe._pack_latents(x, b, c, h, w),
        encoder_hidden_states=embeds,
        encoder_hidden_states_mask=mask,
        timestep=TIMES,
        img_shapes=[[(1, h // 2, w // 2)]] * b,
        return_dict=False,
    )[0]
    return (predicted - pipe._pack_latents(target, b, c, h, w)).square().mean((1, 2))


def krea2_loss(pipe: Any, noise: torch.Tensor) -> torch.Tensor:
    """The text is padded in its middle, up to a fixed length."""
    z, t = channelwise(pipe), TIMES.view(-1, 1, 1, 1)
    x, target = (1 - t) * z + t * noise, noise - z
    embeds, mask = pipe.encode_prompt(["a red house"] * 2, **CALL["krea2"])
    b, c, h, w = x.shape
    predicted = pipe.transformer(
        hidden_states=pipe._pack_latents(x, b, c, h, w),
        encoder_hidden_states=embeds,
        encoder_attention_mask=mask,
        timestep=TIMES,
        position_ids=pipe.prepare_position_ids(embeds.shape[1], h // 2, w // 2, "cpu"),
        return_dict=False,
    )[0]
    return (predicted - pipe._pack_latents(target, b, c, h, w)).square().mean((1, 2))


def z_image_loss(pipe: Any, noise: torch.Tensor) -> torch.Tensor:
    """The time runs from 0, noise, to 1, and the prediction is the image minus the noise."""
    z, t = scaled(pipe), TIMES.view(-1, 1, 1, 1)
    x = (1 - t) * z + t * noise
    embeds, _ = pipe.encode_prompt(
        ["a red house"] * 2, do_classifier_free_guidance=False, **CALL["z-image"]
    )
    predicted = pipe.transformer([row[:, None] for row in x], 1 - TIMES, embeds)[0]
    return (torch.stack(predicted)[:, :, 0] - (z - noise)).square().mean((1, 2, 3))


FORMULAS: dict[str, Callable[[Any, torch.Tensor], torch.Tensor]] = {
    "klein": lambda pipe, noise: flux2_loss(pipe, noise, None),
    "flux2": lambda pipe, noise: flux2_loss(pipe, noise, 3.5),
    "flux1": flux1_loss,
    "chroma": chroma_loss,
    "sd3": sd3_loss,
    "qwen-image": qwen_image_loss,
    "krea2": krea2_loss,
    "z-image": z_image_loss,
    "sdxl": unet_loss,
    "sd15": unet_loss,
}


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_one_step_is_the_formula(name: str) -> None:
    run = session(name, training={"guidance_scale": 3.5})
    rows = batch(run.adapter)
    noise = torch.randn(rows.latents.shape, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        ours = run.loss(rows, run.objective.noised(rows.latents, noise, TIMES))
        torch.testing.assert_close(ours, FORMULAS[name](run.adapter.pipeline, noise))


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_captions_of_several_lengths_are_trained_on_as_alone(name: str) -> None:
    run = session(name)
    captions = ["a red house", "a small blue boat in the rain at night"]
    texts = [run.adapter.encode_text(caption) for caption in captions]
    latents = torch.stack([run.adapter.encode_image(picture(row)) for row in range(2)])
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(3))

    def losses(rows: list[int]) -> torch.Tensor:
        joined = stacked([texts[row] for row in rows], torch.device("cpu"))
        batch = Batch(latents[rows], joined, None, tuple(map(str, rows)))
        with torch.no_grad():
            return run.loss(batch, run.objective.noised(latents[rows], noise[rows], TIMES[rows]))

    torch.testing.assert_close(losses([0, 1]), torch.cat([losses([0]), losses([1])]))


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_the_levels_are_shifted_by_the_tokens_of_the_image(name: str) -> None:
    adapter = adapter_of(loaded(name))
    record = training_of(adapter.loaded.model.family)
    tokens = adapter.tokens(adapter.encode_image(picture(0)).shape)
    assert tokens == (64 // record.multiple) ** 2


def test_a_family_that_does_not_train_names_the_reason() -> None:
    for family in FAMILIES.values():
        if family.training is None:
            with pytest.raises(InvalidInput, match=r"cannot be trained: [a-z].+[a-z]\.$"):
                training_of(family)


def test_guidance_is_an_input_of_dev_only() -> None:
    assert adapter_of(loaded("flux2")).guided
    assert not adapter_of(loaded("klein")).guided


def test_velocity_and_min_snr_follow_their_definitions() -> None:
    section = config(training={"min_snr_gamma": 5.0}).training
    base = loaded("sd15").scheduler(None)
    velocity = type(base).from_config(base.config, prediction_type="v_prediction")
    clean, noise = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
    made = Diffusion(section, velocity).noised(clean, noise, TIMES)
    alphas = DDPMScheduler.from_config(base.config).alphas_cumprod[(TIMES * 1000).long()]
    root, rest = alphas.sqrt().view(-1, 1, 1, 1), (1 - alphas).sqrt().view(-1, 1, 1, 1)
    torch.testing.assert_close(made.target, root * noise - rest * clean)
    ratio = alphas / (1 - alphas)
    torch.testing.assert_close(made.weights, ratio.clamp(max=5) / (ratio + 1))
    made = Diffusion(section, base).noised(clean, noise, TIMES)
    torch.testing.assert_close(made.weights, ratio.clamp(max=5) / ratio)


def test_levels_shift_towards_noise_with_the_number_of_tokens() -> None:
    section = config().training
    flow = Flow(section, loaded("klein").scheduler(None))
    small, large = (flow.shift(tokens) for tokens in (256, 4096))
    assert small == pytest.approx(np.exp(0.5))
    assert large == pytest.approx(np.exp(1.15))
    levels = flow.draw(2000, torch.Generator().manual_seed(0), 4096)
    plain = torch.sigmoid(torch.randn(2000, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(levels, large * plain / (1 + (large - 1) * plain))


# Trained parameters, at real width.

KLEIN_4B: dict[str, Any] = {
    "num_layers": 5,
    "num_single_layers": 20,
    "num_attention_heads": 24,
    "joint_attention_dim": 7680,
    "guidance_embeds": False,
}
DEV: dict[str, Any] = {"num_attention_heads": 48, "joint_attention_dim": 15360}
KLEIN_9B: dict[str, Any] = {
    "num_layers": 8,
    "num_single_layers": 24,
    "num_attention_heads": 32,
    "joint_attention_dim": 12288,
    "guidance_embeds": False,
}


@pytest.mark.parametrize(
    ("shape", "counts"),
    [
        (DEV, {"attention": (32, 6.3e6), "default": (128, 77.5e6), "blocks": (192, 101.1e6)}),
        (KLEIN_9B, {"default": (80, 28.0e6), "blocks": (144, 43.8e6)}),
        (KLEIN_4B, {"attention": (20, 2.0e6), "default": (60, 16.9e6), "blocks": (100, 24.3e6)}),
    ],
    ids=["dev", "klein-9b", "klein-4b"],
)
def test_the_named_sets_hold_the_parameters_of_the_table(
    shape: dict[str, Any], counts: dict[str, tuple[int, float]]
) -> None:
    with torch.device("meta"):
        network = Flux2Transformer2DModel(**shape)
    for targets, (modules, parameters) in counts.items():
        names = target_names(network, training.FLUX2, targets)
        assert len(names) == modules
        assert _parameters(network, names, 16) == pytest.approx(parameters, rel=0.02)


@pytest.mark.parametrize(
    ("targets", "modules", "parameters"),
    [
        ("attention", 8, 24_576),
        ("default", 18, 139_776),
        ("blocks", 34, 231_936),
        # Without norm_out, whose 4,608 parameters no two programs read alike.
        ("all", 35, 238_592 - 4_608),
    ],
)
def test_the_built_in_model_trains_the_measured_parameters(
    nano: Any, targets: str, modules: int, parameters: int
) -> None:
    network = nano.pipeline.transformer
    names = target_names(network, training.FLUX2, targets)
    assert (len(names), _parameters(network, names, 8)) == (modules, parameters)


def _parameters(network: Any, names: list[str], rank: int) -> int:
    layers = [network.get_submodule(name) for name in names]
    return sum(rank * (layer.in_features + layer.out_features) for layer in layers)


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_each_named_set_holds_the_one_before(name: str) -> None:
    adapter = adapter_of(loaded(name))
    record = adapter.loaded.model.family.training
    assert record is not None
    before: set[str] = set()
    for targets in ("attention", "default", "blocks", "all"):
        names = set(target_names(adapter.network, record, targets))
        assert before < names
        before = names


def test_the_sets_of_a_unet_are_those_of_its_transformer_blocks() -> None:
    with torch.device("meta"):
        network = UNet2DConditionModel(cross_attention_dim=768)
    attention = target_names(network, training.SD15, "attention")
    assert len(attention) == 128  # 16 blocks of two attentions of four layers
    assert _parameters(network, attention, 4) == 797_184
