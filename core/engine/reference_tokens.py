"""References as tokens of the prompt (FLUX.1 Redux): no layer is added to the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder

from core.engine.references import ReferenceAdapter, ReferenceInput, broken, check_width
from core.engine.regions import NEGATIVE

Entry = tuple[ReferenceInput, ReferenceAdapter]


class TokenCall:
    """The references of one image whose pictures become tokens.

    The tokens of pictures are added up by weight and stand behind those of the text, as
    `FluxPriorReduxPipeline` does with `prompt_embeds_scale`. The text keeps its strength: its own
    weights, which that pipeline takes from the same list, add up to 1.
    """

    def __init__(self, entries: Sequence[Entry], joint: int) -> None:
        """`joint` is the width of the model's texts. Raises `InvalidInput` for an adapter of
        another, `ModelBroken`."""
        for entry, adapter in entries:
            check_width(adapter, joint, entry.place)
        self._tokens = [_tokens(entry, adapter) for entry, adapter in entries]
        self._weights = [entry.weight for entry, _ in entries]

    def complete(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments or text inputs of a call with the tokens behind those of its prompt."""
        embeds, pooled = call["prompt_embeds"], call["pooled_prompt_embeds"]
        whole = sum(self._weights)
        shares = [weight / whole for weight in self._weights]
        parts = [
            torch.cat(
                [embeds * embeds.new_tensor(share), tokens.to(embeds) * embeds.new_tensor(weight)],
                dim=1,
            )
            for tokens, weight, share in zip(self._tokens, self._weights, shares, strict=True)
        ]
        return {
            **call,
            **self._negative(call),
            "prompt_embeds": torch.sum(torch.cat(parts), dim=0, keepdim=True),
            "pooled_prompt_embeds": torch.sum(
                torch.cat([pooled * pooled.new_tensor(share) for share in shares]),
                dim=0,
                keepdim=True,
            ),
        }

    def _negative(self, call: Mapping[str, Any]) -> dict[str, torch.Tensor]:
        """The negative prompt with tokens of nothing: diffusers wants both of one length."""
        embeds = call.get(NEGATIVE)
        if embeds is None:
            return {}
        nothing = torch.zeros_like(self._tokens[0]).to(embeds)
        return {NEGATIVE: torch.cat([embeds, nothing], dim=1)}


def _tokens(entry: ReferenceInput, adapter: ReferenceAdapter) -> torch.Tensor:
    """The tokens of a picture: (1, tokens, width of texts)."""
    state = adapter.projection
    width = state["redux_up.weight"].shape[1]
    with init_empty_weights():
        network = ReduxImageEncoder(width, adapter.joint)
    try:
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise broken(adapter.file, error) from error
    states = entry.vectors.positive.to(state["redux_up.weight"])
    with torch.no_grad():
        tokens: torch.Tensor = network(states).image_embeds
    return tokens
