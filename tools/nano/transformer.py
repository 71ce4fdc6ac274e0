"""Joint training of transformer and text encoder on pools of latents, by flow matching.

The model predicts noise minus picture from their mixture. Batches come from
`batches`, optimizers are in `training`.
"""

from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import nn
from torch.nn import functional

from tools.nano.architecture import (
    REFERENCE_TIME,
    encode_text,
    image_coordinates,
    text_coordinates,
)
from tools.nano.attention import match_norms, use_plain_attention
from tools.nano.batches import Batch, Plan, Source
from tools.nano.model import Model
from tools.nano.parallel import Group
from tools.nano.training import Outcome


class Drawing:
    """The task of drawing: a model and where its batches come from."""

    def __init__(self, group: Group, model: Model, source: Source, compiled: bool = False) -> None:
        self.group, self.model, self.source = group, model.to(group.device), source
        match_norms(model.transformer)
        if group.device == "cpu":
            use_plain_attention(model.transformer)
        self._forward = torch.compile(model.transformer) if compiled else model.transformer
        # A GPU must not wait for captions; on a processor there is no core left to draw them.
        self._ahead = ThreadPoolExecutor(1) if group.device == "cuda" else None
        self._next: tuple[int, Future[Batch]] | None = None

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters of both parts."""
        return self.model.named()

    def is_matrix(self, name: str, parameter: nn.Parameter) -> bool:
        """The matrices inside blocks and layers; no embeddings and no projections in and out."""
        return parameter.ndim == 2 and ("blocks" in name or "layers" in name)

    def learn(self, step: int, done: float) -> Outcome:
        """The loss of this process's batch of `step`."""
        batch = self._batch(step, done)
        kind = f"{batch.plan.grid.name}{' edit' if batch.plan.edit else ''}"
        return Outcome(self.loss(batch), kind, len(batch.time))

    def loss(self, batch: Batch) -> torch.Tensor:
        """Mean squared error of the predicted velocity, a scalar with a gradient."""
        target, noise, level, ids, mask = (
            tensor.to(self.group.device)
            for tensor in (batch.target, batch.noise, batch.time, batch.ids, batch.mask)
        )
        mixed = torch.lerp(target, noise, level[:, None, None])
        if batch.reference is not None:
            mixed = torch.cat([mixed, batch.reference.to(self.group.device)], dim=1)
        with self.group.autocast():
            velocity = self._forward(
                hidden_states=mixed,
                encoder_hidden_states=encode_text(self.model.text_encoder, ids, mask),
                timestep=level,
                img_ids=_image_coordinates(batch.plan).to(self.group.device),
                txt_ids=text_coordinates(batch.plan.text_tokens).to(self.group.device),
                return_dict=False,
            )[0]
        return functional.mse_loss(velocity[:, : target.shape[1]].float(), noise - target)

    def _batch(self, step: int, done: float) -> Batch:
        if self._ahead is None:
            return self._draw(step, done)
        waiting = self._next
        self._next = (step + 1, self._ahead.submit(self._draw, step + 1, done))
        if waiting is not None and waiting[0] == step:
            return waiting[1].result()
        return self._draw(step, done)

    def _draw(self, step: int, done: float) -> Batch:
        return self.source.batch(step, self.group.rank, self.source.plan(step, done))


def _image_coordinates(plan: Plan) -> torch.Tensor:
    rows, columns = plan.grid.tokens
    coordinates = image_coordinates(rows, columns)
    if not plan.edit:
        return coordinates
    return torch.cat([coordinates, image_coordinates(rows, columns, REFERENCE_TIME)])
