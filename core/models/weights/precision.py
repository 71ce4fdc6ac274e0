"""The number format of a network: by the bytes of its tensors and the marks of quantizers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from core.models.weights.header import Tensor

_NAMES = {
    "F32": "fp32", "F16": "fp16", "BF16": "bf16", "F64": "fp64", "F8_E4M3": "fp8_e4m3",
    "F8_E5M2": "fp8_e5m2", "F8_E4M3FNUZ": "fp8_e4m3", "I8": "int8", "F4": "fp4",
}  # fmt: skip
# Ending of a tensor's name → the format of its module: the marks of bitsandbytes and NVIDIA.
_MARKS = (
    (".quant_state.bitsandbytes__nf4", "nf4"),
    (".quant_state.bitsandbytes__fp4", "fp4"),
    (".weight_scale_2", "nvfp4"),
    (".SCB", "int8"),
)
PACKED = frozenset({"U8", "I8", "F4"})
# Endings behind a module's name: its tensors, and those that quantizers add.
_LEAF = re.compile(
    r"\.(?:weight|bias|scale)?"
    r"(?:\.(?:absmax|quant_map|nested_absmax|nested_quant_map|quant_state\.\w+|SCB|weight_format))?"
    r"$|\.(?:weight_scale(?:_2|_inv)?|scale_weight|scale_input|input_scale|comfy_quant|SCB"
    r"|running_mean|running_var|num_batches_tracked)$"
)


def module_of(name: str) -> str:
    """The name of a tensor's module: without `.weight` and the endings that quantizers add."""
    return _LEAF.sub("", name, count=1)


def is_packed(tensor: Tensor) -> bool:
    """True where the shape is that of a container, not of the weight."""
    return tensor.dtype in PACKED


def precision_of(tensors: Mapping[str, Tensor], format: str) -> str:
    """The format of most bytes, as `bf16`, `fp8_e4m3`, `nf4` or `gguf Q4_K`."""
    for mark, name in _MARKS:
        if any(tensor.endswith(mark) for tensor in tensors):
            return name
    bytes_of: Counter[str] = Counter()
    for tensor in tensors.values():
        bytes_of[tensor.dtype] += tensor.size
    if not bytes_of:
        return ""
    most = bytes_of.most_common(1)[0][0]
    return f"gguf {most}" if format == "gguf" else _NAMES.get(most, most.lower())
