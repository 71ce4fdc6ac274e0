"""One picture on its way: the pipeline of its mode, its texts, its random numbers, its end."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL.Image import Image

from core.engine.latents import ToVae
from core.engine.schedule import wrong_sampler
from core.engine.steps import Change, Steps
from core.errors import TaskFailure

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

# How every prompt is encoded: one at a time, so that texts can be kept and shared.
_ALONE = {
    "prompt_2": None,
    "prompt_3": None,
    "num_images_per_prompt": 1,
    "do_classifier_free_guidance": False,
}


class PipelineRun:
    """What an adapter works with. One per picture: its scheduler remembers its steps."""

    def __init__(self, loaded: Loaded, order: RenderRequest) -> None:
        self.loaded = loaded
        self.order = order
        self.pipeline = loaded.pipeline_of(order.mode)
        self.pipeline.scheduler = loaded.scheduler(order.sampler)
        own = {"max_sequence_length": order.max_sequence_length}
        asked = {name: value for name, value in own.items() if value is not None}
        self._fixed = {**loaded.model.call, **asked}
        self.generator = torch.Generator("cpu").manual_seed(order.seed)
        order.report("encoding prompt")

    def embed(self, text: str, **how: Any) -> tuple[torch.Tensor, ...]:
        """What the pipeline's `encode_prompt` makes of `text`, kept for the next picture."""
        pipeline = self.pipeline
        names = accepted(type(pipeline).encode_prompt)
        settings = {**_ALONE, "device": pipeline._execution_device, **self._fixed, **how}
        chosen = {name: value for name, value in settings.items() if name in names}

        def encode() -> tuple[torch.Tensor, ...]:
            with torch.no_grad(), text_model(pipeline.text_encoder):
                found = pipeline.encode_prompt(text, **chosen)
            return tuple(one for one in found if one is not None)

        length = self._fixed.get("max_sequence_length")
        key = (text, tuple(sorted(how.items())), length, self.loaded.voice)
        return self.loaded.embeddings.get(key, encode)

    def run(
        self, to_vae: ToVae, *, steps: int | None = None, change: Change | None = None, **call: Any
    ) -> Image:
        """Call the pipeline and return its picture; `steps` is how many will really run.

        Raises `TaskFailure` when what comes out is no picture.
        """
        order = self.order
        names = accepted(type(self.pipeline).__call__)
        fixed = {name: value for name, value in self._fixed.items() if name in names}
        call = {
            "num_inference_steps": order.num_inference_steps,
            "generator": self.generator,
            "callback_on_step_end": Steps(order, self.loaded.preview, to_vae, change),
            "output_type": "np",
            **fixed,
            **call,
        }
        check_names(call, names)
        wanted = order.num_inference_steps if steps is None else steps
        order.report("denoising", step=0, steps=wanted)
        return self._finished(self._called(call))

    def _called(self, call: Mapping[str, Any]) -> Any:
        try:
            return self.pipeline(**call).images
        except ValueError as error:
            # Only diffusers can say whether a scheduler goes with a pipeline, and only when called.
            if self.order.sampler is None or "set_timesteps" not in str(error):
                raise
            raise wrong_sampler(self.order.sampler) from error

    def _finished(self, images: np.ndarray[Any, Any]) -> Image:
        if not np.isfinite(images).all():
            raise TaskFailure(
                f"{self.loaded.model.label} made numbers that are no picture (NaN).",
                fix="Try another VAE, fewer or weaker LoRAs, or the model in a higher precision.",
            )
        picture: Image = self.pipeline.image_processor.numpy_to_pil(images)[0]
        return picture


@contextmanager
def text_model(encoder: Any) -> Iterator[None]:
    """Where diffusers 0.42 leaves out layers of SD1.5's CLIP, it reaches for a level of names that
    transformers 5 has taken out. It is there for as long as a text is encoded."""
    if hasattr(encoder, "text_model"):
        yield
        return
    vars(encoder)["text_model"] = encoder  # not as a module, or it would hold itself
    try:
        yield
    finally:
        del vars(encoder)["text_model"]


@cache
def accepted(function: Callable[..., Any]) -> frozenset[str]:
    """The names of a function's arguments, `**kwargs` not counted."""
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    parameters = inspect.signature(function).parameters.values()
    return frozenset(one.name for one in parameters if one.kind not in kinds) - {"self"}


def check_names(call: Mapping[str, Any], names: frozenset[str]) -> None:
    """Pipelines that take `**kwargs` swallow what they do not know: refuse it here."""
    unknown = sorted(set(call) - names)
    if unknown:
        raise TypeError(f"the pipeline takes no {', '.join(unknown)}")
