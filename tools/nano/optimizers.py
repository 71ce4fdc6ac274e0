"""Optimizers: Muon for the matrices inside blocks, AdamW for everything else, and an average.

Gradients live in one flat buffer, so that processes average them in one call. Optimizers
identify parameters by name and shape, and return their state as plain named tensors.
"""

from collections.abc import Callable, Mapping

import torch
from torch import nn

from tools.nano.parallel import Group

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic Newton-Schulz step, by Keller Jordan
NEWTON_STEPS = 5
WIDE = 2  # from this ratio of its sides on, a matrix is iterated by its small Gram matrix


class Gradients:
    """All gradients as views of one buffer. Has to be made before the first backward pass."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        total = sum(parameter.numel() for parameter in parameters)
        self.flat = torch.zeros(total, device=parameters[0].device)
        start = 0
        for parameter in parameters:
            end = start + parameter.numel()
            parameter.grad = self.flat[start:end].view_as(parameter)
            start = end

    def clear(self) -> None:
        """Set all to zero; never set them to None, that would leave the buffer."""
        self.flat.zero_()

    def clip(self, limit: float) -> float:
        """Shorten the whole gradient to the norm `limit`; give the norm it had."""
        norm = float(self.flat.norm())
        if norm > limit:
            self.flat.mul_(limit / norm)
        return norm


class Muon:
    """Momentum whose every update is made orthogonal; a convolution counts as a matrix.

    The same step as torch.optim.Muon. The iteration runs in the precision of the group, and
    processes may share the matrices among them.
    """

    def __init__(
        self,
        named: Mapping[str, nn.Parameter],
        group: Group,
        decay: float = 0.01,
        momentum: float = 0.95,
    ) -> None:
        self._named = dict(named)
        self._momenta = {name: torch.zeros_like(parameter) for name, parameter in named.items()}
        self._group, self._decay, self._momentum = group, decay, momentum
        self._dtype = group.precision.dtype

    def step(self, rate: float) -> None:
        """Move every matrix once, at the learning rate `rate`."""
        with torch.no_grad():
            for name, parameter in self._named.items():
                gradient, momentum = parameter.grad, self._momenta[name]
                if gradient is None:
                    raise ValueError(f"{name} has no gradient")
                momentum.lerp_(gradient, 1 - self._momentum)
                wanted = gradient.lerp(momentum, self._momentum).flatten(1)
                update = orthogonal(wanted.to(self._dtype)).to(parameter.dtype)
                length = max(1.0, wanted.shape[0] / wanted.shape[1]) ** 0.5
                parameter.mul_(1 - rate * self._decay)
                parameter.add_(update.view_as(parameter), alpha=-rate * length)

    def state(self) -> dict[str, torch.Tensor]:
        """The momenta by name of parameter."""
        return dict(self._momenta)

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take over what `state` gave."""
        for name, momentum in self._momenta.items():
            momentum.copy_(state[name])


class Adam:
    """AdamW whose state goes by the names of its parameters."""

    def __init__(
        self, named: Mapping[str, nn.Parameter], betas: tuple[float, float] = (0.9, 0.98)
    ) -> None:
        self._names = list(named)
        self._adam = torch.optim.AdamW(
            list(named.values()), lr=0.0, betas=betas, weight_decay=0.0, fused=True
        )

    def step(self, rate: float) -> None:
        """Move every parameter once, at the learning rate `rate`."""
        for settings in self._adam.param_groups:
            settings["lr"] = rate
        self._adam.step()

    def state(self) -> dict[str, torch.Tensor]:
        """The moments by `name/key`; empty before the first step."""
        states = self._adam.state_dict()["state"]
        return {
            f"{self._names[index]}/{key}": value
            for index, entry in states.items()
            for key, value in entry.items()
        }

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take over what `state` gave."""
        entries: dict[int, dict[str, torch.Tensor]] = {}
        numbers = {name: index for index, name in enumerate(self._names)}
        for path, value in state.items():
            name, key = path.rsplit("/", 1)
            entries.setdefault(numbers[name], {})[key] = value.clone()
        settings = self._adam.state_dict()["param_groups"]
        self._adam.load_state_dict({"state": entries, "param_groups": settings})


class Average:
    """The exponential moving average of the weights: what is exported and looked at."""

    def __init__(self, named: Mapping[str, nn.Parameter], decay: float) -> None:
        self._parameters = [parameter.detach() for parameter in named.values()]
        self._decay = decay
        self.weights = {name: parameter.detach().clone() for name, parameter in named.items()}

    def step(self, number: int) -> None:
        """Follow the weights after training step `number`, faster in the first ones."""
        with torch.no_grad():
            keep = min(self._decay, (number + 1) / (number + 10))
            torch._foreach_lerp_(list(self.weights.values()), self._parameters, 1 - keep)

    def restore(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Take over the averages by name."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(weights[name])


def divide(
    named: Mapping[str, nn.Parameter], is_matrix: Callable[[str, nn.Parameter], bool]
) -> tuple[dict[str, nn.Parameter], dict[str, nn.Parameter]]:
    """The parameters for Muon, and the others."""
    matrices = {name: parameter for name, parameter in named.items() if is_matrix(name, parameter)}
    return matrices, {name: parameter for name, parameter in named.items() if name not in matrices}


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """`matrix` with all its singular values brought near 1, by Newton-Schulz steps.

    A matrix much longer than wide is iterated as the small product with its own transpose: the
    same polynomial for a third of the work. That needs single precision.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    wide = (matrix.T if tall else matrix) / matrix.norm().clamp(min=1e-7)
    if wide.dtype == torch.float32 and wide.shape[1] >= WIDE * wide.shape[0]:
        result = _by_gram(wide)
    else:
        result = _directly(wide)
    return result.T if tall else result


def _directly(wide: torch.Tensor) -> torch.Tensor:
    a, b, c = COEFFICIENTS
    for _ in range(NEWTON_STEPS):
        gram = wide @ wide.T
        change = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        wide = torch.addmm(wide, change, wide, beta=a)
    return wide


def _by_gram(wide: torch.Tensor) -> torch.Tensor:
    a, b, c = COEFFICIENTS
    gram = wide @ wide.T
    unit = torch.eye(gram.shape[0], dtype=gram.dtype, device=gram.device)
    product = unit
    for _ in range(NEWTON_STEPS):
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c) + a * unit
        product = factor @ product
        gram = factor @ gram @ factor
    return product @ wide
