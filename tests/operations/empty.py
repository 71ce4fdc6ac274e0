"""An operation that does nothing: what is left is the cost of the machinery."""

from core.operations.base import Context, Operation
from core.operations.fields import Port


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
