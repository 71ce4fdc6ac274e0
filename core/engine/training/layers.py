"""The trained layers: LoRA, DoRA or LoKr of PEFT in a frozen network."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import nn

from core.errors import InvalidInput
from core.models.families.training import Training
from core.training.configuration.schema import TrainingConfig
from core.training.configuration.sections import NAMED_TARGETS

ADAPTER = "trained"
Trained = dict[str, nn.Parameter]


def target_names(
    network: nn.Module, training: Training, targets: str | tuple[str, ...]
) -> list[str]:
    """The full names of the layers to train, in the network's order.

    A list holds endings of names, such as `attn.to_q`. Raises `InvalidInput` where nothing matches.
    """
    layers = [
        name for name, part in network.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)
    ]
    if isinstance(targets, str) and targets in training.targets:
        pattern = re.compile(training.targets[targets])
        names = [name for name in layers if pattern.fullmatch(name)]
    else:
        endings = (targets,) if isinstance(targets, str) else targets
        names = [n for n in layers if any(n == e or n.endswith(f".{e}") for e in endings)]
        unknown = [e for e in endings if not any(n == e or n.endswith(f".{e}") for n in layers)]
        if unknown:
            raise InvalidInput(
                f"`lora.target_modules` names {unknown[0]!r}, which no layer ends with.",
                field="lora.target_modules",
                fix=f"Use one of {', '.join(NAMED_TARGETS)}, or endings such as 'attn.to_q'.",
            )
    return names


def add_layers(network: Any, config: TrainingConfig, names: list[str]) -> Trained:
    """Freeze the network, add the layers and return their parameters by name, in float32.

    The random numbers come from the configuration's seed and leave the global ones unchanged.
    """
    network.requires_grad_(False)
    with torch.random.fork_rng():
        torch.manual_seed(config.training.seed)
        network.add_adapter(peft_config(config, names), adapter_name=ADAPTER)
    trained: Trained = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
            trained[name] = parameter
    return trained


def peft_config(config: TrainingConfig, names: list[str]) -> Any:
    """PEFT's configuration of these layers."""
    from peft import LoKrConfig, LoraConfig

    lora = config.lora
    pattern = "|".join(re.escape(name) for name in names)
    if lora.algorithm == "lokr":
        return LoKrConfig(
            r=lora.rank,
            alpha=config.alpha,
            module_dropout=lora.dropout,
            target_modules=f"(?:{pattern})",
        )
    return LoraConfig(
        r=lora.rank,
        lora_alpha=config.alpha,
        lora_dropout=lora.dropout,
        init_lora_weights="gaussian",
        use_dora=lora.algorithm == "dora",
        target_modules=f"(?:{pattern})",
    )
