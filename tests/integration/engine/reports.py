"""A report that remembers, for tests of drawing."""

from collections.abc import Callable


class Steps:
    """Records progress, makes every preview, and may raise at a phase and step."""

    def __init__(self, stop: tuple[str, int] | None = None) -> None:
        self.reported: list[tuple[str, int]] = []
        self.previews: list[bytes] = []
        self._stop = stop

    def __call__(
        self,
        phase: str,
        *,
        step: int = 0,
        steps: int = 0,
        preview: Callable[[], bytes] | None = None,
    ) -> None:
        self.reported.append((phase, step))
        if (phase, step) == self._stop:
            raise KeyboardInterrupt
        if preview is not None:
            self.previews.append(preview())
