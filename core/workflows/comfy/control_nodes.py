"""The nodes of the bricks Control that are wired to a brick that draws."""

from __future__ import annotations

from core.workflows.comfy.nodes.control import UNION_TYPES
from core.workflows.comfy.writing import BrickWriting, Output

_NAMES = {ours: theirs for theirs, ours in UNION_TYPES.items()}


def controlled(w: BrickWriting, positive: Output, negative: Output) -> tuple[Output, Output]:
    """Both prompts behind the ControlNets of a brick, in the order of their wires."""
    for source in w.sources("control"):
        brick = w.writer.workflow.brick(source.partition(".")[0])
        if brick is not None and brick.type == "controlnet":
            positive, negative = _applied(BrickWriting(brick, w.writer), positive, negative)
    return positive, negative


def _applied(w: BrickWriting, positive: Output, negative: Output) -> tuple[Output, Output]:
    image, model = w.image(), w.text("model")
    if image is None:
        w.note("No image arrives.")
        return positive, negative
    if not model:
        w.note("Choose a ControlNet in ComfyUI.")
    if w.text("mode", "balanced") != "balanced":
        w.note("ComfyUI has no modes of control.")
    net = w.share("ControlNetLoader", control_net_name=f"{model}.safetensors" if model else "")
    if name := _NAMES.get(w.text("type")):
        net = w.share("SetUnionControlNetType", type=name, control_net=(net, 0))
    start, end = w.optional("start"), w.optional("end")
    node = w.add(
        "ControlNetApplyAdvanced",
        strength=w.number("strength", 1.0),
        start_percent=0.0 if start is None else start,
        end_percent=1.0 if end is None else end,
        positive=positive,
        negative=negative,
        control_net=(net, 0),
        image=image,
    )
    return (node, 0), (node, 1)
