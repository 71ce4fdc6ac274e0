"""Results as text: one aligned line per measure, goals and verdicts beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.measure import Figure, Measure

HEAD = ("what", "measured", "goal", "of goal", "")
SIGN = {"lower": "≤", "higher": "≥"}


def table(figures: Iterable[Figure]) -> str:
    """The table of all measures, grouped by figure."""
    rows: list[Sequence[str]] = [HEAD]
    for figure in figures:
        rows.append((figure.name, "", "", "", ""))
        rows += [_row(measure) for measure in figure.measures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(_line(row, widths) for row in rows)


def _row(measure: Measure) -> tuple[str, str, str, str, str]:
    unit = f" {measure.unit}" if measure.unit else ""
    goal = "" if measure.goal is None else f"{SIGN[measure.better]} {number(measure.goal)}{unit}"
    share = "" if measure.of_goal is None else f"{measure.of_goal:.2f}"
    return (f"  {measure.name}", number(measure.value) + unit, goal, share, measure.verdict)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        text.ljust(width) if column in (0, len(widths) - 1) else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((first, *rest)).rstrip()


def number(value: float) -> str:
    """Three digits that matter, and no digits after the point for what is whole."""
    if value == int(value):
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
