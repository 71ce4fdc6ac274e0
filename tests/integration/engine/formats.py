"""The small formats of a network's weights, for tests."""

import torch


def formats_of(network: torch.nn.Module) -> set[str]:
    """The small formats that a network's weights have; an NF4 weight is really packed."""
    formats = set()
    for tensor in network.parameters():
        state = getattr(tensor, "quant_state", None)
        if state is not None:
            assert tensor.nbytes - state.shape.numel() / 2 < tensor.element_size(), "four bits each"
            formats.add(state.quant_type)
        elif tensor.dtype == torch.float8_e4m3fn:
            formats.add("fp8")
    return formats
