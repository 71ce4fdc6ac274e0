"""An operation whose tasks run together, four at a time, and may fail only together."""

import time
from collections.abc import Callable, Sequence
from typing import Literal

from PIL import Image
from pydantic import Field

from core.models.library.model import Model
from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import Port

Fault = Literal["", "error", "memory", "alone"]


class Together(Operation):
    """Counts to `until` in steps of `pause` seconds and paints. In a batch, `fault` raises;
    `alone` raises in a task that runs alone."""

    name = "together"
    title = "Together"
    category = "setting"
    lane = "cpu"
    outputs = (Port("image", "image"), Port("company", "json"))
    varies_in_batch = frozenset({"colour", "fault"})

    colour: int = 0
    fault: Fault = ""
    until: int = Field(1, ge=1)
    pause: float = Field(0.0, ge=0)

    def run(self, ctx: Context) -> None:
        if self.fault == "alone":
            raise RuntimeError("it never works")
        self._count([ctx])
        self._paint(ctx, 1)

    def batch_size(self, device: str, model_of: Callable[[str], Model]) -> int:
        return 4

    @staticmethod
    def run_batch(runs: Sequence[tuple["Together", Context]]) -> None:
        for operation, ctx in runs:
            ctx.add_value("lost with the batch", port="company")
            if operation.fault == "memory":
                raise MemoryError
            if operation.fault:
                raise RuntimeError("not together")
        runs[0][0]._count([ctx for _, ctx in runs])
        for operation, ctx in runs:
            operation._paint(ctx, len(runs))

    def _count(self, contexts: Sequence[Context]) -> None:
        for number in range(self.until):
            for ctx in contexts:
                ctx.progress("counting", step=number + 1, steps=self.until)
            time.sleep(self.pause)

    def _paint(self, ctx: Context, company: int) -> None:
        ctx.note({"batched": company})
        ctx.add_image(Image.new("RGB", (8, 8), (self.colour, 0, 0)))
        ctx.add_value(company, port="company")
