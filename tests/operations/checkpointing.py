"""An operation with a large checkpoint: it writes a file, yields it, and reads it back."""

import hashlib
import resource
import time

from pydantic import Field

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import Port

MEGABYTE = 1 << 20


class Checkpointing(Operation):
    """Yields a file of `megabytes`; the next run delivers its hash and the peak memory."""

    name = "checkpointing"
    title = "Checkpointing"
    category = "setting"
    lane = "cpu"
    outputs = (Port("checkpoint", "json"),)

    megabytes: int = Field(64, ge=1)

    def run(self, ctx: Context) -> None:
        restored = ctx.restored()
        if restored is not None:
            with restored.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            ctx.add_value({"sha256": digest, "peak_kib": peak}, port="checkpoint")
            return
        path = ctx.folder / "checkpoint"
        with path.open("wb") as file:
            for number in range(self.megabytes):
                file.write(bytes([number % 256]) * MEGABYTE)
        while not ctx.should_yield():
            ctx.progress("waiting")
            time.sleep(0.01)
        ctx.checkpoint(path)
