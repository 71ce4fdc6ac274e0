"""The line that a training run prints now and then: losses, rate and the time that is left."""


class Progress:
    """Sums what happened since the last line."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._clear()

    def add(self, kind: str, loss: float, samples: int, seconds: float) -> None:
        """Count one step; `samples` of all processes."""
        self._losses.setdefault(kind, []).append(loss)
        self._samples += samples
        self._seconds += seconds

    def tell(self, step: int, done: float, left: float) -> None:
        """Print a line every so many steps; `left` in seconds."""
        if step % self._every:
            return
        means = {kind: sum(losses) / len(losses) for kind, losses in sorted(self._losses.items())}
        losses = ", ".join(f"{kind} {mean:.4f}" for kind, mean in means.items())
        rate = f"{self._samples / max(self._seconds, 1e-9):.1f} samples/s"
        print(
            f"step {step}  {done:6.1%}  loss {losses}  {rate}  {left / 60:.1f} min left", flush=True
        )
        self._clear()

    def _clear(self) -> None:
        self._losses: dict[str, list[float]] = {}
        self._samples, self._seconds = 0, 0.0
