"""The sections of a training configuration, the same for YAML, REST, the page and the command."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

NAMED_TARGETS = ("attention", "default", "blocks", "all")
SIDE = 16  # pixels: the smallest side, and the step between sides

Optimizer = Literal["adamw", "adamw8bit", "prodigy", "adafactor", "schedule_free"]
LearningRateScheduler = Literal["constant", "cosine", "linear", "restarts"]
Timesteps = Literal["uniform", "logit_normal"]
Algorithm = Literal["lora", "dora", "lokr"]
Quantization = Literal["auto", "none", "fp8", "nf4"]
Offload = Literal["auto", "none", "encoders", "blocks"]
Tracking = Literal["disabled", "offline", "online"]
Layout = Literal["diffusers", "kohya", "bfl"]
Stored = Literal["float32", "float16", "bfloat16"]
Side = Annotated[int, Field(ge=64, le=2048, multiple_of=SIDE)]


def _several(value: object) -> object:
    """A list of one item that was given alone."""
    return [value] if isinstance(value, int | str) and not isinstance(value, bool) else value


class Section(BaseModel):
    """The base of all sections: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ModelSection(Section):
    """The frozen base model."""

    path: str = Field("", max_length=200, description="ID of the base model; empty: the default.")
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Number format of the computation; auto: bfloat16 where it is fast."
    )
    quantization: Quantization = Field(
        "auto", description="Format of the frozen base; auto: as narrow as memory requires."
    )
    offload: Offload = Field(
        "auto",
        description="What leaves the GPU while it trains: encoders, or also the blocks, streamed.",
    )
    allow_distilled: bool = Field(
        False, description="Train a distilled checkpoint although its results are poor."
    )


class LoraSection(Section):
    """The trained layers."""

    algorithm: Algorithm = Field("lora", description="LoRA, DoRA or LoKr.")
    rank: int = Field(16, ge=4, le=128, description="Rank of the matrices.")
    alpha: int | None = Field(
        None, ge=1, le=256, description="Scale of the LoRA is alpha / rank; null: the rank."
    )
    dropout: float = Field(0.0, ge=0, le=0.1, description="Dropout of the LoRA's inputs.")
    target_modules: str | tuple[str, ...] = Field(
        "default",
        description="`attention`, `default`, `blocks`, `all`, or a list of layer names.",
    )


class TrainingSection(Section):
    """Optimizer, learning rate and length."""

    learning_rate: float = Field(1e-4, gt=0, le=10, description="Peak; Prodigy takes 1.")
    batch_size: int = Field(1, ge=1, le=64, description="Images per step, prior images included.")
    max_steps: int | None = Field(
        None, ge=1, le=100_000, description="Steps; null: 30 per image, 500 to 1500."
    )
    optimizer: Optimizer = Field("adamw", description="Optimizer.")
    weight_decay: float = Field(1e-4, ge=0, le=1, description="Weight decay.")
    scheduler: LearningRateScheduler = Field("cosine", description="Course of the learning rate.")
    warmup_steps: int = Field(20, ge=0, le=10_000, description="Steps of linear warm-up.")
    min_lr_ratio: float = Field(0.1, ge=0, le=1, description="Final share of the learning rate.")
    restarts: int = Field(3, ge=1, le=100, description="Cycles of the scheduler `restarts`.")
    gradient_accumulation_steps: int = Field(
        1, ge=1, le=64, description="Batches per optimizer step."
    )
    gradient_checkpointing: bool = Field(
        False, description="Recompute activations: less memory, slower steps."
    )
    max_grad_norm: float = Field(1.0, ge=0, le=100, description="Gradient clipping; 0: none.")
    ema_decay: float = Field(
        0.0, ge=0, lt=1, description="Decay of the average of the weights; 0: no average."
    )
    timesteps: Timesteps = Field("logit_normal", description="Distribution of the noise levels.")
    timestep_shift: float | None = Field(
        None, gt=0, le=20, description="Shift of the noise levels; null: the model's own, 1: none."
    )
    min_snr_gamma: float | None = Field(
        None,
        gt=0,
        le=100,
        description="Min-SNR weighting, for SD1.5 and SDXL.",
    )
    guidance_scale: float = Field(
        1.0, ge=0, le=100, description="Guidance that is an input of the network (FLUX dev)."
    )
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of weights, order and noise.")


class DataSection(Section):
    """Images, captions and prior preservation."""

    dataset_path: str = Field("", max_length=1000, description="Folder or name of a dataset.")
    resolution: Annotated[tuple[Side, ...], BeforeValidator(_several)] = Field(
        (512,), min_length=1, max_length=4, description="Side of a square of equal area, pixels."
    )
    aspect_buckets: bool = Field(
        True, description="Keep aspect ratios by crops of several sizes; false: square crops."
    )
    trigger_word: str = Field("", max_length=80, description="Word that calls the trained motif.")
    caption_dropout: float = Field(0.0, ge=0, le=0.5, description="Share of empty captions.")
    shuffle_captions: bool = Field(False, description="Shuffle the tags between commas.")
    keep_tokens: int = Field(1, ge=0, le=20, description="First tags that stay in place.")
    horizontal_flip: bool = Field(False, description="Mirror half of the images.")
    masked_loss: bool = Field(False, description="Weigh the loss by the mask file or alpha.")
    edit_pairs: bool = Field(
        False, description="Train edits: each image has a control image, the one before the edit."
    )
    prior_share: float = Field(
        0.0, ge=0, le=0.75, description="Share of a batch that are images of the base model."
    )
    prior_images: int = Field(64, ge=4, le=2000, description="Images that the base model draws.")
    prior_prompts: tuple[Annotated[str, Field(max_length=2000)], ...] = Field(
        (), max_length=2000, description="Prompts of them; empty: the base model's examples."
    )


class ValidationSection(Section):
    """Held-out loss and samples while training."""

    enable: bool = Field(True, description="Hold images out and measure their loss.")
    share: float = Field(0.1, gt=0, le=0.5, description="Share of the images that is held out.")
    frequency: int = Field(50, ge=1, le=10_000, description="Steps between measurements.")
    sigmas: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        (1.0, 0.75, 0.5, 0.25), min_length=1, max_length=16, description="Noise levels."
    )
    prompts: tuple[Annotated[str, Field(max_length=2000)], ...] = Field(
        (), max_length=16, description="Prompts of the samples; empty: the first captions."
    )
    sample_frequency: int = Field(
        100, ge=0, le=10_000, description="Steps between samples; 0: none."
    )
    seed: int = Field(42, ge=0, le=2**32 - 1, description="Seed of samples and validation noise.")

    @property
    def held_share(self) -> float:
        """The share of the images that is held out; 0 where validation is off."""
        return self.share if self.enable else 0.0


class OutputSection(Section):
    """Name, checkpoints and layouts of the result."""

    name: str = Field(
        "", max_length=80, pattern=r"^[\w .()+-]*$", description="Name of the LoRA's file."
    )
    checkpoint_every_n_steps: int = Field(100, ge=1, description="Steps between checkpoints.")
    checkpoints_limit: int = Field(
        5, ge=1, le=100, description="Newest checkpoints that are kept, beside the best."
    )
    dtype: Stored = Field("float16", description="Number format of the files.")
    layouts: tuple[Layout, ...] = Field(
        ("diffusers",), min_length=1, description="Layouts of the final file."
    )
    library: bool = Field(True, description="Put the result into the library.")


class LoggingSection(Section):
    """Files for other tools."""

    tensorboard: bool = Field(False, description="Write TensorBoard event files.")
    wandb: Tracking = Field(
        "disabled", description="Weights & Biases: offline writes files, online sends values."
    )
    wandb_project: str = Field("", max_length=120, description="Project in Weights & Biases.")


class EarlyStopping(Section):
    """Stop once the validation loss no longer falls."""

    enable: bool = Field(False, description="Stop early.")
    patience: int = Field(3, ge=1, le=100, description="Measurements without improvement.")
    min_delta: float = Field(0.0, ge=0, description="Smallest improvement.")


class CallbacksSection(Section):
    """Limits and conditions that end or interrupt a training."""

    early_stopping: EarlyStopping = Field(EarlyStopping(), description="Stop without progress.")
    max_minutes: float = Field(1440, gt=0, description="Limit of the training time, minutes.")
    max_memory_gb: float | None = Field(None, gt=0, description="Limit of the memory, GB.")
    divergence: float = Field(
        4.0, ge=0, description="Stop when the mean loss exceeds its best so often; 0: never."
    )
    yield_to_images: bool = Field(True, description="Step aside for interactive tasks.")
