"""A trial of fine-tuning: a robot that the model has never seen, learnt from 24 drawings.

A low-rank change of rank 8 beside every linear layer of the transformer, saved in the form that
`load_lora_weights` reads. Needs the package peft, as loading a LoRA does.
"""

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image
from torch import nn

from tools.nano.adherence import ALL, Score, held_out
from tools.nano.architecture import encode_text, image_coordinates, text_coordinates
from tools.nano.captions import full_caption
from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import COLORS, EYE, backdrop, shade
from tools.nano.drawing.styles import STYLES
from tools.nano.grids import sheet
from tools.nano.judge import Judge
from tools.nano.latents import GRIDS, encode_pixels, to_pixels
from tools.nano.parallel import Group
from tools.nano.studio import Studio
from tools.nano.tokens import encode
from tools.nano.words import with_article

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
PLACES = {"on the left": 0.27, "in the center": 0.5, "on the right": 0.73}
OLD_PROMPTS = 100  # whose adherence is measured before and after
LAYERS = (
    *("to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"),
    *("linear_in", "linear_out", "to_qkv_mlp_proj"),
)


@dataclass(frozen=True)
class Recipe:
    """Of the training of the LoRA."""

    pictures: int = 24
    steps: int = 200
    batch: int = 16
    rank: int = 8
    rate: float = 1e-3
    warm_up: int = 20


def run(model: Path, target: Path, judge: Judge | None, recipe: Recipe = Recipe()) -> None:
    """Train the LoRA, load it into a fresh pipeline and write `lora.png` and `lora.json`."""
    studio = Studio.of_folder(model)
    before, old_before = studio.draw(PROMPTS, seed=1), _adherence(studio, judge)
    begin = time.monotonic()
    losses = train(studio, recipe)
    report: dict[str, Any] = {"seconds": round(time.monotonic() - begin, 1)}
    target.mkdir(parents=True, exist_ok=True)
    studio.pipe.save_lora_weights(
        target / "lora", transformer_lora_layers=get_peft_model_state_dict(studio.pipe.transformer)
    )
    fresh = Studio.of_folder(model)
    fresh.pipe.load_lora_weights(target / "lora")
    after = fresh.draw(PROMPTS, seed=1)
    report |= {"first loss": losses[0], "last loss": losses[-1], "old prompts before": old_before}
    report["old prompts after"] = _adherence(fresh, judge)
    print(report, flush=True)
    (target / "lora.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    examples = [robot(color, "plain", 0.5) for color in list(COLORS)[: len(PROMPTS)]]
    texts = ["training picture"] * len(PROMPTS) + [*PROMPTS, *("after",) * len(PROMPTS)]
    sheet([*examples, *before, *after], texts, len(PROMPTS)).save(target / "lora.png")


def train(studio: Studio, recipe: Recipe) -> list[float]:
    """Add a LoRA to the studio's transformer and train it; the mean loss of every 50 steps."""
    pictures, captions = zip(*robots(recipe.pictures), strict=True)
    pipe, transformer = studio.pipe, studio.pipe.transformer
    latents = encode_pixels(Group(), pipe.vae, to_pixels(pictures))
    with torch.no_grad():
        texts = encode_text(pipe.text_encoder, *encode(pipe.tokenizer, captions))
    torch.manual_seed(0)
    transformer.requires_grad_(False)
    transformer.add_adapter(_configuration(transformer, recipe.rank))
    trained = [parameter for parameter in transformer.parameters() if parameter.requires_grad]
    adam = torch.optim.AdamW(trained, lr=recipe.rate, weight_decay=0.0)
    losses = []
    for step in range(recipe.steps):
        scale = min(1.0, (step + 1) / recipe.warm_up) * (1 - 0.9 * step / recipe.steps)
        adam.param_groups[0]["lr"] = recipe.rate * scale
        rows = torch.randint(0, len(latents), (recipe.batch,))
        loss = _loss(transformer, latents[rows], texts[rows])
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(float(loss.detach()))
    return [sum(losses[i : i + 50]) / len(losses[i : i + 50]) for i in range(0, len(losses), 50)]


def robots(count: int) -> Iterator[tuple[Image.Image, str]]:
    """Drawings of robots with their captions."""
    rng = random.Random("robots")
    for _ in range(count):
        color, background = rng.sample(list(COLORS), 2)
        place = rng.choice(list(PLACES))
        yield (
            robot(color, background, PLACES[place]),
            f"{with_article(color)} robot {place} on {with_article(background)} background",
        )


def robot(color: str, background: str, x: float) -> Image.Image:
    """A robot of 128 x 128 pixels whose middle is at `x`, 0..1."""
    behind = (248, 243, 231) if background == "plain" else backdrop(background)
    canvas = Canvas(128, 128, behind, STYLES["flat"])
    front, y, r = COLORS[color], 0.52, 0.26
    dark = shade(front)
    canvas.stroke([(x, y - 0.9 * r), (x, y - 1.3 * r)], dark, 0.1 * r)
    canvas.ellipse(x, y - 1.35 * r, 0.13 * r, 0.13 * r, (250, 80, 60))
    canvas.rectangle(x - 0.65 * r, y - r, x + 0.65 * r, y - 0.05 * r, front, 0.1 * r)
    canvas.rectangle(x - 0.5 * r, y + 0.02 * r, x + 0.5 * r, y + 0.8 * r, dark, 0.05 * r)
    for side in (-1, 1):
        eye, arm, leg = (x + side * share * r for share in (0.3, 0.68, 0.28))
        canvas.ellipse(eye, y - 0.62 * r, 0.17 * r, 0.17 * r, (255, 255, 255))
        canvas.ellipse(eye, y - 0.62 * r, 0.08 * r, 0.08 * r, EYE)
        canvas.rectangle(arm - 0.1 * r, y + 0.05 * r, arm + 0.1 * r, y + 0.6 * r, front, 0.05 * r)
        canvas.rectangle(leg - 0.13 * r, y + 0.8 * r, leg + 0.13 * r, y + 1.1 * r, front)
    canvas.rectangle(x - 0.3 * r, y - 0.32 * r, x + 0.3 * r, y - 0.2 * r, (40, 40, 45))
    return canvas.finish()[0]


def _configuration(transformer: nn.Module, rank: int) -> Any:
    # The output of the double blocks is inside a list, and peft refuses the list itself: those of
    # the single blocks are named one by one.
    single = range(len(transformer.single_transformer_blocks))
    outputs = [f"single_transformer_blocks.{number}.attn.to_out" for number in single]
    return LoraConfig(
        r=rank,
        lora_alpha=rank,
        init_lora_weights="gaussian",
        target_modules=[*LAYERS, *outputs],
    )


def _loss(transformer: nn.Module, clean: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Flow matching at random times, in the first grid."""
    noise, times = torch.randn_like(clean), torch.sigmoid(torch.randn(len(clean)))
    share = times.view(-1, 1, 1)
    predicted = transformer(
        hidden_states=(1 - share) * clean + share * noise,
        encoder_hidden_states=texts,
        timestep=times,
        img_ids=image_coordinates(*GRIDS[0].tokens),
        txt_ids=text_coordinates(texts.shape[1]),
        return_dict=False,
    )[0]
    loss: torch.Tensor = (predicted - (noise - clean)).square().mean()
    return loss


def _adherence(studio: Studio, judge: Judge | None) -> float | None:
    """The share of old prompts whose every attribute is right."""
    if judge is None:
        return None
    scenes: Sequence[Any] = held_out(OLD_PROMPTS, "lora")
    score = Score()
    score.add(scenes, judge.read(studio.draw([full_caption(scene) for scene in scenes])))
    return score.shares()[ALL]
