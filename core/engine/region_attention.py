"""Prompts per region by attention: one run of the network with the texts of all regions.

A mask keeps each text beside the part of the image that it is for. The share of a region in a cell
of the image weighs its text there: its logarithm is added to the attention of the cell.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from core.engine.regions import CORES, Keywords, Run, shares_of

KEYWORDS = "joint_attention_kwargs"  # of the cores of FLUX.1 and FLUX.2


@contextmanager
def attended(run: Run, core: Any, *, guided: bool) -> Iterator[None]:
    """The core with the texts of all regions of the run, while its pipeline runs; `guided`: with a
    negative prompt. Afterwards it is as it was."""
    texts = CORES[run.loaded.model.family.architecture]
    names = list(inspect.signature(type(core).forward).parameters)[1:]
    hooked = "forward" in vars(core)  # by model offload
    forward: Callable[..., Any] = core.forward
    calls = 0

    def attend(*arguments: Any, **keywords: Any) -> tuple[Any]:
        nonlocal calls
        given = {**dict(zip(names, arguments, strict=False)), **keywords, "return_dict": False}
        negative = guided and calls % 2 == 1
        calls += 1
        parts = [
            (share, texts.change(run, given, own, negative) if own is not None else {})
            for share, own in zip(
                shares_of(run, given[names[0]], texts), [*run.region_texts, None], strict=True
            )
            if share is not None
        ]
        return (forward(**{**given, **_joined(given, parts)})[0],)

    core.forward = attend
    try:
        yield
    finally:
        if hooked:
            core.forward = forward
        else:
            del core.forward


def _joined(given: Keywords, parts: Sequence[tuple[torch.Tensor, Keywords]]) -> Keywords:
    """The changed arguments of a call with all texts; of one text as they are, without a mask."""
    if len(parts) == 1:
        return parts[0][1]
    whole = [{**given, **changed} for _, changed in parts]
    states = [entry["encoder_hidden_states"] for entry in whole]
    mask = attention_bias(
        [text.shape[1] for text in states], [share for share, _ in parts], given["hidden_states"]
    )
    return {
        "encoder_hidden_states": torch.cat(states, dim=1),
        "txt_ids": torch.cat([entry["txt_ids"] for entry in whole], dim=-2),
        KEYWORDS: {**(given.get(KEYWORDS) or {}), "attention_mask": mask},
    }


def attention_bias(
    lengths: Sequence[int], shares: Sequence[torch.Tensor], image: torch.Tensor
) -> torch.Tensor:
    """The summand of the attention of texts of these `lengths` and of the tokens of an `image`:
    (1, 1, tokens, tokens), texts first.

    A text sees itself and the cells with a share of it, a cell all cells, and each text by its
    share. `shares` are (1, cells, 1) each; tokens after the cells, of references, see all.
    """
    texts, cells = sum(lengths), shares[0].shape[1]
    bias = image.new_zeros(texts + image.shape[1], texts + image.shape[1])
    bias[:texts, :texts] = -torch.inf
    begin = 0
    for length, share in zip(lengths, shares, strict=True):
        end, column = begin + length, share.reshape(-1, 1).to(bias)
        bias[begin:end, begin:end] = 0
        bias[texts : texts + cells, begin:end] = torch.log(column)
        unseen = torch.where(column > 0, 0.0, -torch.inf).to(bias)
        bias[begin:end, texts : texts + cells] = unseen.T
        begin = end
    return bias[None, None]
