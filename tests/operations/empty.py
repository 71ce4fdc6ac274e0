"""An operation that does nothing: what is left is the cost of the machinery."""

import gc
import os
import resource
import sys

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import Port


class Empty(Operation):
    """Ends at once; returns what it was given."""

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
    """Tells what the process that runs it is like."""

    name = "probe"
    title = "Probe"
    category = "setting"
    lane = "cpu"
    outputs = (Port("found", "json"),)

    def run(self, ctx: Context) -> None:
        found = {
            "pid": os.getpid(),
            "torch": "torch" in sys.modules,
            "collecting": gc.isenabled(),
            "accelerators": os.environ.get("CUDA_VISIBLE_DEVICES"),
            "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "offline": os.environ.get("HF_HUB_OFFLINE"),
        }
        ctx.add_value(found, port="found")


class ProbeDevice(Probe):
    """The same on the device lane."""

    name = "probe_device"
    lane = "device"
