"""Drawing styles as data: what happens to a fill, to a background and to the finished picture."""

from __future__ import annotations

from dataclasses import dataclass

from tools.nano.drawing.colors import BLUEPRINT, CHALK, INK, PAPER, RGB, mix


@dataclass(frozen=True)
class Style:
    """`paper` and `line` make an outline drawing; `wash` mixes white in; `cells` makes pixels."""

    name: str
    paper: RGB | None = None
    line: RGB | None = None
    wash: float = 0.0
    cells: int = 0
    stroke: float = 0.02

    def fill(self, color: RGB) -> RGB:
        if self.paper:
            return self.paper
        return mix(color, (255, 252, 246), self.wash) if self.wash else color

    def solid(self, color: RGB) -> RGB:
        """The colour of what stays filled in an outline drawing: eyes, text, thin lines."""
        return self.line or self.fill(color)

    def ground(self, color: RGB) -> RGB:
        return self.paper or self.fill(color)

    @property
    def colored(self) -> bool:
        return self.paper is None


STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        Style("flat"),
        Style("ink", paper=PAPER, line=INK),
        Style("blueprint", paper=BLUEPRINT, line=CHALK),
        Style("pixel", cells=32),
        Style("pastel", wash=0.5),
    )
}
