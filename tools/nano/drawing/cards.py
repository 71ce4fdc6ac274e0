"""Playing cards: an index in two corners, pips in their usual places, figures for court cards."""

from __future__ import annotations

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import COLORS, RGB
from tools.nano.drawing.geometry import heart, shifted
from tools.nano.drawing.parts import CARD, FIGURE, PIP

RANKS = ("ace", "2", "3", "4", "5", "6", "7", "8", "9", "10", "jack", "queen", "king")
SUITS = ("hearts", "diamonds", "clubs", "spades")
LETTERS = {"ace": "A", "jack": "J", "queen": "Q", "king": "K"}
WIDTH, HEIGHT = 0.66, 0.92
SKIN: RGB = (246, 206, 170)
GOLD: RGB = (244, 190, 60)

_L, _C, _R = -0.12, 0.0, 0.12
_TOP, _BOTTOM = -0.31, 0.31
_FOUR = [(_L, _TOP), (_R, _TOP), (_L, _BOTTOM), (_R, _BOTTOM)]
_EIGHT = [(x, y) for x in (_L, _R) for y in (-0.33, -0.11, 0.11, 0.33)]
PIPS: dict[int, list[tuple[float, float]]] = {
    1: [(_C, 0)],
    2: [(_C, _TOP), (_C, _BOTTOM)],
    3: [(_C, _TOP), (_C, 0), (_C, _BOTTOM)],
    4: _FOUR,
    5: [*_FOUR, (_C, 0)],
    6: [*_FOUR, (_L, 0), (_R, 0)],
    7: [*_FOUR, (_L, 0), (_R, 0), (_C, -0.155)],
    8: [*_FOUR, (_L, 0), (_R, 0), (_C, -0.155), (_C, 0.155)],
    9: [*_EIGHT, (_C, 0)],
    10: [*_EIGHT, (_C, -0.22), (_C, 0.22)],
}


def ink_of(suit: str) -> RGB:
    return (212, 38, 46) if suit in ("hearts", "diamonds") else (30, 30, 38)


def pip(canvas: Canvas, suit: str, x: float, y: float, r: float, turned: bool = False) -> None:
    """One suit sign of radius r at (x, y); `turned` puts it upside down."""
    color, s = ink_of(suit), -1 if turned else 1
    if suit == "hearts":
        canvas.polygon(heart(x, y, r, turned), color, solid=True)
    elif suit == "diamonds":
        corners = [(0, -1.05), (0.74, 0), (0, 1.05), (-0.74, 0)]
        canvas.polygon(shifted(corners, x, y, r), color, solid=True)
    elif suit == "clubs":
        for dx, dy in ((0, -0.46), (-0.48, 0.2), (0.48, 0.2)):
            canvas.ellipse(x + dx * r, y + s * dy * r, 0.46 * r, 0.46 * r, color, solid=True)
        foot = [(-0.1, -0.1 * s), (0.1, -0.1 * s), (0.32, s), (-0.32, s)]
        canvas.polygon(shifted(foot, x, y, r), color, solid=True)
    else:
        canvas.polygon(heart(x, y - 0.12 * s * r, 0.92 * r, not turned), color, solid=True)
        canvas.polygon(shifted([(0, 0), (0.32, s), (-0.32, s)], x, y, r), color, solid=True)


def _crown(canvas: Canvas, x: float, y: float, color: RGB) -> None:
    crown = [(-0.11, 0.06), (-0.13, -0.07), (-0.06, -0.01), (0, -0.1)]
    crown += [(0.06, -0.01), (0.13, -0.07), (0.11, 0.06)]
    canvas.polygon(shifted(crown, x, y, 1), color)


def _figure(canvas: Canvas, rank: str, suit: str, x: float, y: float) -> None:
    """A bust: the king has a beard, the queen long hair, the jack a cap."""
    robe = {"jack": "teal", "queen": "purple", "king": "blue"}[rank]
    canvas.begin(FIGURE)
    hair: RGB = {"jack": (196, 140, 70), "queen": (120, 74, 44), "king": (150, 150, 156)}[rank]
    if rank == "queen":
        canvas.ellipse(x, y - 0.05, 0.155, 0.2, hair)
    canvas.polygon(
        shifted([(-0.08, -0.12), (0.08, -0.12), (0.21, 0.26), (-0.21, 0.26)], x, y + 0.18, 1),
        COLORS[robe],
    )
    if rank != "queen":
        canvas.ellipse(x, y - 0.08, 0.125, 0.12, hair)
    canvas.ellipse(x, y - 0.06, 0.1, 0.12, SKIN)
    if rank == "king":
        canvas.polygon(shifted([(-0.1, 0.0), (0.1, 0.0), (0, 0.19)], x, y - 0.03, 1), hair)
    for side in (-1, 1):
        canvas.ellipse(x + side * 0.04, y - 0.07, 0.015, 0.018, (40, 40, 48), solid=True)
    if rank == "jack":
        canvas.rectangle(x - 0.13, y - 0.22, x + 0.13, y - 0.14, COLORS["red"], 0.03)
    else:
        _crown(canvas, x, y - 0.2, GOLD)
    pip(canvas, suit, x, y + 0.28, 0.075)


def draw_card(canvas: Canvas, rank: str, suit: str, x: float, y: float) -> None:
    """A card that stands upright, centred at (x, y)."""
    left, right, top, bottom = x - WIDTH / 2, x + WIDTH / 2, y - HEIGHT / 2, y + HEIGHT / 2
    edge = 0.01
    canvas.begin(CARD)
    if canvas.style.colored:
        canvas.rectangle(
            left - edge, top - edge, right + edge, bottom + edge, (150, 152, 160), 0.065
        )
    canvas.rectangle(left, top, right, bottom, (253, 253, 251), 0.06)
    canvas.begin(PIP)
    letter, color = LETTERS.get(rank, rank), ink_of(suit)
    dx = 0.105 if rank == "10" else 0.085
    for cx, cy, turned in ((left + dx, top + 0.1, False), (right - dx, bottom - 0.1, True)):
        canvas.glyph(cx, cy, letter, color, 0.15, turned)
        pip(canvas, suit, cx, cy + (-0.135 if turned else 0.135), 0.045, turned)
    if rank in ("jack", "queen", "king"):
        _figure(canvas, rank, suit, x, y)
        return
    count = 1 if rank == "ace" else int(rank)
    for px, py in PIPS[count]:
        pip(canvas, suit, x + px, y + py, 0.17 if count == 1 else 0.068, turned=py > 0.01)
