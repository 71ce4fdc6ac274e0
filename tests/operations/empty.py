"""Operations that do nothing, to measure the cost of the machinery around them."""

import gc
import os
import resource
import sys

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import Port


class Empty(Operation):
    """Ends at once; returns its parameter."""

    name = "empty"
    title = "Empty"
    category = "setting"
    lane = "cpu"
    outputs = (Port("value", "json"),)

    value: int = 0

    def run(self, ctx: Context) -> None:
        ctx.add_value(self.value, port="value")


class EmptyDevice(Empty):
    """The same on the device lane."""

    name = "empty_device"
    lane = "device"


class Probe(Operation):
    """Delivers facts about the process that runs it."""

    name = "probe"
    title = "Probe"
    category = "setting"
    lane = "cpu"
    outputs = (Port("found", "json"),)

    def run(self, ctx: Context) -> None:
        facts = {
            "pid": os.getpid(),
            "torch": "torch" in sys.modules,
            "collecting": gc.isenabled(),
            "accelerators": os.environ.get("CUDA_VISIBLE_DEVICES"),
            "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "offline": os.environ.get("HF_HUB_OFFLINE"),
        }
        ctx.add_value(facts, port="found")


class ProbeDevice(Probe):
    """The same on the device lane."""

    name = "probe_device"
    lane = "device"
