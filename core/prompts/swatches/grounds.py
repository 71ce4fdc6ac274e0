"""Grounds of swatches: what lies under the marks, and what lies over them."""

from __future__ import annotations

from collections.abc import Callable

from core.prompts.swatches.shapes import SIDE
from core.prompts.swatches.sheet import Sheet, darker, lighter, tag

Layer = Callable[[Sheet], None]


def fill(sheet: Sheet, colour: str, **attributes: object) -> None:
    """Cover the sheet."""
    sheet.add("rect", width=SIDE, height=SIDE, fill=colour, **attributes)


def noise(sheet: Sheet, frequency: str, opacity: float, *, seed: int | None = None) -> None:
    """Cover the sheet with grey grain."""
    grain = sheet.filter(
        tag("feTurbulence", type="fractalNoise", baseFrequency=frequency, numOctaves=2,
            seed=seed if seed is not None else sheet.random.randrange(99)),
        tag("feColorMatrix", values="0 0 0 0 0.5 0 0 0 0 0.5 0 0 0 0 0.5 2.4 0 0 0 -0.9"),
    )  # fmt: skip
    fill(sheet, "#fff", filter=grain, opacity=f"{opacity:.2f}", style=None)


def vignette(sheet: Sheet, strength: float) -> None:
    """Darken the corners."""
    dark = sheet.define(
        "radialGradient",
        tag("stop", offset="55%", stop_color="#000", stop_opacity=0),
        tag("stop", offset="100%", stop_color="#000", stop_opacity=f"{strength:.2f}"),
        r="0.75",
    )
    fill(sheet, dark)


def rule(
    sheet: Sheet, gap: float, colour: str, *, both: bool, opacity: float, width: float
) -> None:
    """Cover the sheet with thin lines, or a grid."""
    steps = [index * gap + gap / 2 for index in range(int(SIDE / gap))]
    data = "".join(f"M0 {step:.1f}H{SIDE}" for step in steps)
    data += "".join(f"M{step:.1f} 0V{SIDE}" for step in steps) if both else ""
    sheet.add("path", d=data, stroke=colour, stroke_width=width, opacity=f"{opacity:.2f}")


def _plain(sheet: Sheet) -> None:
    fill(sheet, sheet.colours[0])


def _even(sheet: Sheet) -> None:
    """A backdrop that is lit from above."""
    ground = sheet.colours[0]
    stops = (("0", lighter(ground, 0.18)), ("0.6", ground), ("1", darker(ground, 0.14)))
    fill(sheet, sheet.gradient(*stops))


def _lit(sheet: Sheet) -> None:
    """Light that spreads from the disc."""
    ground, light = sheet.colours[0], sheet.colours[3]
    stops = (("0", light), ("0.55", ground), ("1", darker(ground)))
    fill(sheet, sheet.gradient(*stops, name="radialGradient", cx=0.68, cy=0.31, r="0.9"))


def _grain(sheet: Sheet) -> None:
    noise(sheet, "0.8", 0.13)


def _film(sheet: Sheet) -> None:
    noise(sheet, "0.9", 0.3)
    vignette(sheet, 0.35)


def _letterbox(sheet: Sheet) -> None:
    _film(sheet)
    for top in (0, SIDE - 22):
        sheet.add("rect", y=top, width=SIDE, height=22, fill="#0c0b0e")


def _border(sheet: Sheet) -> None:
    """The white border of an instant film."""
    _grain(sheet)
    sheet.add(
        "path", d="M0 0H160V160H0ZM14 14V128H146V14Z", fill="#f6f3ea", fill_rule="evenodd"
    )  # fmt: skip


def _canvas(sheet: Sheet) -> None:
    rule(sheet, 4, "#fff", both=True, opacity=0.13, width=1.2)
    noise(sheet, "0.5", 0.2)


def _linen(sheet: Sheet) -> None:
    rule(sheet, 5, "#5b4a33", both=True, opacity=0.16, width=1.6)


def _laid(sheet: Sheet) -> None:
    rule(sheet, 5, "#000", both=False, opacity=0.05, width=1)
    noise(sheet, "0.7", 0.14)


def _squared(sheet: Sheet) -> None:
    rule(sheet, 16, sheet.colours[1], both=True, opacity=0.22, width=0.8)


def _plaster(sheet: Sheet) -> None:
    noise(sheet, "0.06", 0.3)
    noise(sheet, "0.5", 0.22)


def _scanned(sheet: Sheet) -> None:
    rule(sheet, 4, "#000", both=False, opacity=0.2, width=1.6)
    vignette(sheet, 0.3)


def _nothing(sheet: Sheet) -> None:
    pass


GROUNDS: dict[str, tuple[Layer, Layer]] = {
    "plain": (_plain, _nothing),
    "paper": (_plain, _grain),
    "laid": (_plain, _laid),
    "canvas": (_plain, _canvas),
    "linen": (_plain, _linen),
    "plaster": (_plain, _plaster),
    "squared": (_plain, _squared),
    "backdrop": (_even, _grain),
    "light": (_lit, _grain),
    "film": (_lit, _film),
    "cinema": (_lit, _letterbox),
    "instant": (_lit, _border),
    "screen": (_plain, _scanned),
}
"""Layers before and after the marks, by name."""
