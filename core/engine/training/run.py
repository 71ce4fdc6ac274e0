"""A whole training in a worker: encoding, the steps, what is measured and saved on the way."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.engine.embeddings import EmbeddingCache
from core.engine.loaded import Loaded
from core.engine.training import state
from core.engine.training.cache import TensorCache
from core.engine.training.export import file_of, trained_lora
from core.engine.training.layers import add_layers, target_names
from core.engine.training.make import adapter_of
from core.engine.training.measures import Measures, memory_gb
from core.engine.training.prior import prior_rows
from core.engine.training.rows import Row, Rows, encode_rows, encode_texts
from core.engine.training.session import Diverged, Session
from core.engine.training.validation import validation_loss
from core.errors import TaskFailure
from core.training.configuration.schema import TrainingConfig
from core.training.context import TrainingContext
from core.training.datasets.folder import Folder
from core.training.datasets.pictures import load_image
from core.training.kept_files import STATE
from core.training.metadata import LoraOrigin, lora_metadata
from core.training.plan import training_of
from core.training.split import split
from core.training.tensorboard import EventFile
from core.training.wandb_run import WandbRun

log = logging.getLogger(__name__)

CHECKPOINT, SAMPLE = "checkpoint", "sample"
YIELDED = "yielded"  # a value at each step where the training made way for another task
SAVE_SECONDS = 300.0  # between states, where checkpoints are rarer
TEXT_ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")
SAMPLE_EMBEDDINGS = 4 << 30  # bytes: the texts of all samples stay
SAFETENSORS = "application/octet-stream"


@dataclass
class TrainingRun:
    """One attempt of a training. `plan` is that of the task's snapshot."""

    ctx: TrainingContext
    loaded: Loaded
    config: TrainingConfig
    folder: Folder
    plan: Mapping[str, Any]
    thumbnail: bytes | None = None
    measures: Measures = field(default_factory=Measures)
    rows: Rows = field(init=False)
    held: list[Row] = field(init=False)
    session: Session = field(init=False)
    wandb: WandbRun | None = None

    @property
    def steps(self) -> int:
        """The number of optimizer steps."""
        return int(self.plan["steps"])

    def train(self) -> tuple[int, str]:
        """Train to the end; the step that is delivered, and the reason of the end."""
        self._encode()
        if self.config.logging.wandb != "disabled":
            self.wandb = WandbRun(self.config, self.ctx.task_id, self.ctx.run_folder)
        try:
            reason = self._begin() or self._loop()
        except Diverged as error:
            reason = self._roll_back(error)
        finally:
            if self.wandb is not None:
                self.wandb.finish()
        self.ctx.run_log.flush()
        return self.session.step, reason

    def lora_files(self) -> dict[str, bytes]:
        """The files of the weights as they are now, by layout."""
        with self.session.evaluated():
            lora = trained_lora(self.session.adapter)
        metadata = lora_metadata(self.config, self._origin())
        output = self.config.output
        return {layout: file_of(lora, layout, metadata, output.dtype) for layout in output.layouts}

    # Preparation

    def _encode(self) -> None:
        config, adapter = self.config, adapter_of(self.loaded)
        cache = TensorCache(self.ctx.cache_folder, _base_facts(self.loaded))
        validation = config.validation
        items, held = split(self.folder.items, validation.held_share, validation.seed)
        rows = encode_rows(adapter, items, config, cache, self._report)
        self.held = encode_rows(adapter, held, config, cache, self._report)
        share, prompts = config.data.prior_share, self._prior_prompts()
        captions = [caption for row in (*rows, *self.held) for caption in row.captions]
        captions += prompts if share else ()
        texts = encode_texts(adapter, captions, cache, self._report)
        prior: list[Row] = []
        if share:
            shapes = [row.shape for row in rows]
            count, seed = config.data.prior_images, config.training.seed
            prior = prior_rows(
                adapter, prompts, shapes, texts, seed, count, cache, self._report, self._preempt
            )
        self._release_encoders()
        section = config.training
        self.rows = Rows(config.data, rows, texts, section.seed, section.batch_size, prior)
        record = training_of(self.loaded.model.family)
        names = target_names(adapter.network, record, config.lora.target_modules)
        self.session = Session(
            adapter, config, add_layers(adapter.network, config, names), self.steps
        )

    def _prior_prompts(self) -> list[str]:
        prompts = list(self.config.data.prior_prompts or self.loaded.model.examples)
        if prompts or not self.config.data.prior_share:
            return prompts
        raise TaskFailure(
            "`data.prior_share` needs `data.prior_prompts`: the model has no examples.",
            field="data.prior_prompts",
            fix="Name some prompts, or set `data.prior_share` to 0.",
        )

    def _begin(self) -> str | None:
        """Restore the last state, and measure its step where that was interrupted.

        Step 0 is the baseline. Returns the reason to end at once, or None.
        """
        if self._state.exists():
            self.measures = Measures.of(state.load(self._state, self.session))
            for step, values in self.measures.recent:
                self.ctx.run_log.values(step, values)
            log.info("resumed at step %s", self.session.step)
        return self._after_step() if self.measures.done < self.session.step else None

    def _release_encoders(self) -> None:
        """Drop the text encoders, whose texts are encoded, and the VAE where nothing is drawn."""
        if self.config.validation.sample_frequency:
            self.loaded.embeddings = EmbeddingCache(SAMPLE_EMBEDDINGS)
            for prompt in self.plan["samples"]:
                with suppress(Encoded):
                    self.loaded.draw(*self._sample(prompt), seed=0, report=_stop)
            self.loaded.drop(TEXT_ENCODERS)
        else:
            self.loaded.drop((*TEXT_ENCODERS, "vae"))

    def _sample(self, prompt: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The mode and the parameters of a sample: of edit pairs an edit of its control image."""
        model, side = self.loaded.model, max(self.config.data.resolution)
        width, height = model.canvas(side, side)
        parameters = {"width": width, "height": height, "prompt": prompt["prompt"]}
        control = next(
            (i.control_path for i in self.folder.items if i.name == prompt.get("control")), None
        )
        if control is None or "edit" not in model.modes:
            return "generate", {**model.defaults("generate"), **parameters}
        return "edit", {**model.defaults("edit"), **parameters, "image": load_image(control)}

    # Steps

    def _loop(self) -> str:
        training = self.config.training
        accumulated = training.gradient_accumulation_steps
        while self.session.step < self.steps:
            self._report("training", step=self.session.step, steps=self.steps)
            began, first = time.perf_counter(), self.session.step * accumulated
            batches = [self.rows.batch(first + place) for place in range(accumulated)]
            result = self.session.train_step(batches)
            seconds = time.perf_counter() - began
            values = {
                "loss": result.loss,
                "loss_smoothed": self.measures.smooth(result.loss),
                "learning_rate": result.rate,
                "grad_norm": result.norm,
                "steps_per_second": 1 / seconds,
                "memory_gb": memory_gb(self.session.device),
            }
            self._log(self.session.step, values, seconds)
            if self.measures.diverges(self.config.callbacks.divergence):
                names = [name for batch in batches for name in batch.names]
                raise Diverged(self.session.step, names, "the mean loss rose without limit")
            if reason := self._after_step():
                return reason
        return "completed"

    def _after_step(self) -> str | None:
        """Measure, sample and save what is due after a step; the reason to stop, or None."""
        step, config = self.session.step, self.config
        last, section = step == self.steps, config.validation
        if step not in self.measures.validation and (step % section.frequency == 0 or last):
            self._validate()
        if section.sample_frequency and (step % section.sample_frequency == 0 or last):
            self._draw_samples()
        self.measures.done = step
        if not step:
            return None
        every = config.output.checkpoint_every_n_steps
        if step % every == 0 or last:
            self._checkpoint()
        elif time.monotonic() - self.measures.saved_at > SAVE_SECONDS:
            self._save()
        limits = config.callbacks
        if limits.early_stopping.enable and self.measures.waits > limits.early_stopping.patience:
            return "early stopping"
        if self.measures.seconds > limits.max_minutes * 60:
            return "time limit"
        if limits.max_memory_gb and memory_gb(self.session.device) > limits.max_memory_gb:
            return "memory limit"
        return None

    def _validate(self) -> None:
        if not self.held:
            return
        self._report("validating", step=self.session.step, steps=self.steps)
        loss = validation_loss(self.session, self.rows, self.held, self._preempt)
        delta = self.config.callbacks.early_stopping.min_delta
        self.measures.validate(self.session.step, loss, delta)
        self._log(self.session.step, {"validation_loss": loss})

    def _draw_samples(self) -> None:
        """Draw the sample prompts with the same seeds at every step."""
        section = self.config.validation
        if not section.sample_frequency:
            return
        with self.session.evaluated():
            for index, prompt in enumerate(self.plan["samples"]):
                self._report("drawing samples", step=index, steps=len(self.plan["samples"]))
                image = self.loaded.draw(
                    *self._sample(prompt), seed=section.seed + index, report=self._ignore
                )
                stream = io.BytesIO()
                image.save(stream, "PNG", compress_level=1)
                if index == 0:
                    self.thumbnail = stream.getvalue()
                facts = {
                    **prompt,
                    "seed": section.seed + index,
                    "width": image.width,
                    "height": image.height,
                }
                self.ctx.run_log.file(
                    SAMPLE,
                    self.session.step,
                    stream.getvalue(),
                    media_type="image/png",
                    index=index,
                    facts=facts,
                )

    # Saving

    @property
    def _state(self) -> Path:
        return self.ctx.run_folder / STATE

    def _save(self) -> None:
        state.save(self._state, self.session, self.measures.facts())
        self.measures.saved_at = time.monotonic()

    def _checkpoint(self) -> None:
        """Log a LoRA file of this step, forget old ones, and save the state."""
        step = self.session.step
        data = next(iter(self.lora_files().values()))
        facts = {"validation_loss": self.measures.validation.get(step)}
        self.ctx.run_log.file(CHECKPOINT, step, data, media_type=SAFETENSORS, facts=facts)
        for old in self.measures.keep(step, self.config.output.checkpoints_limit):
            self.ctx.run_log.drop(CHECKPOINT, old)
        self._save()

    def _keep(self) -> None:
        """Log the weights of a cancelled training as a checkpoint: it may be used or resumed."""
        step = self.session.step if hasattr(self, "session") else 0
        if step and step not in self.measures.kept:
            self._checkpoint()
            self.ctx.run_log.flush()

    def _roll_back(self, error: Diverged) -> str:
        """Return to the last good state. Raises `TaskFailure` where there is none."""
        images = ", ".join(name for name in error.names if not name.startswith("prior "))
        where = f"Step {error.step} failed: {error.why}. Its images: {images[:500]}."
        if not self._state.exists():
            raise TaskFailure(
                where, fix="Lower the learning rate, or look at these images and captions."
            )
        state.load(self._state, self.session)
        self.ctx.warn("training_diverged", f"{where} The LoRA is that of step {self.session.step}.")
        return "diverged"

    def _log(self, step: int, values: Mapping[str, float], seconds: float = 0.0) -> None:
        self.measures.log(step, values, seconds)
        self.ctx.run_log.values(step, values)
        if self.config.logging.tensorboard:
            EventFile(self.ctx.run_folder / "tensorboard").scalars(step, values)
        if self.wandb is not None:
            self.wandb.log(step, values)
        for name, value in values.items():
            self.ctx.metric(name, value, step)

    def _report(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
        """Report progress; step aside where an interactive task waits."""
        self._end_if_cancelled()
        self.ctx.progress(phase, step=step, steps=steps)
        self._preempt()

    def _ignore(self, phase: str, **_: Any) -> None:
        """Report nothing of a sample's own steps, and make way between them."""
        self._preempt()

    def _preempt(self) -> None:
        """Step aside where an interactive task waits; end where a cancel was requested."""
        self._end_if_cancelled()
        if self.config.callbacks.yield_to_images and self.ctx.should_yield():
            self._step_aside()

    def _end_if_cancelled(self) -> None:
        if self.ctx.cancelled:
            self._keep()
            self.ctx.progress("saving")  # raises

    def _step_aside(self) -> None:
        """Save and end this attempt; the queue starts another one when the device is free."""
        if hasattr(self, "session"):
            self._save()
            self.ctx.run_log.values(self.session.step, {YIELDED: 1.0})
        self.ctx.run_log.flush()
        marker = self.ctx.folder / "stepped-aside"
        marker.write_text(self.ctx.task_id, encoding="utf-8")
        self.ctx.checkpoint(marker)

    def _origin(self) -> LoraOrigin:
        model = self.loaded.model
        return LoraOrigin(
            name=self.config.output.name,
            base_id=model.id,
            base_fingerprint=model.fingerprint,
            architecture=model.family.architecture,
            dataset_digest=self.folder.digest,
            images=len(self.folder.items),
            step=self.session.step,
            created_at=self.plan["created_at"],
        )


def _base_facts(loaded: Loaded) -> dict[str, Any]:
    """All of a base model that decides its encodings."""
    model = loaded.model
    return {
        "model": model.fingerprint,
        "sources": {name: source.path.name for name, source in model.sources.items()},
        "call": dict(model.call),
        "facts": dict(loaded.facts),
    }


class Encoded(Exception):
    """Ends a drawing whose texts are encoded."""


def _stop(phase: str, **_: Any) -> None:
    """End a drawing before its first step."""
    if phase == "denoising":
        raise Encoded
