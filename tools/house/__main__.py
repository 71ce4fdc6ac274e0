"""Measure the house: `python -m tools.house` prints a table, `--write` puts it into the docs."""

from typing import Annotated

import typer

from tools.house.additions import addition_figures
from tools.house.figures import Figure, static_figures
from tools.house.source import ROOT

PAGE = ROOT / "docs" / "architecture.md"
HEADING = "\n## Measured\n"


def main(
    write: Annotated[bool, typer.Option(help="Update docs/architecture.md.")] = False,
    additions: Annotated[bool, typer.Option(help="Add an operation, a family and a kind.")] = True,
) -> None:
    """Print every figure with its target; exit 1 if one is missed."""
    figures = [*static_figures(), *(addition_figures() if additions else [])]
    print(table(figures))
    if write:
        PAGE.write_text(updated(PAGE.read_text(encoding="utf-8"), table(figures)), encoding="utf-8")
    if not all(figure.reached for figure in figures):
        raise typer.Exit(1)


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = [
        f"| {figure.name} | {figure.value} | {figure.target} |"
        if figure.reached
        else f"| {figure.name} | **{figure.value}** | {figure.target} |"
        for figure in figures
    ]
    return "\n".join(["| figure | value | target |", "| --- | --- | --- |", *rows])


def updated(page: str, table: str) -> str:
    """A page whose section "Measured" holds the table in place of its old one.

    Raises:
        ValueError: the page has no such section.
    """
    before, heading, section = page.partition(HEADING)
    if not heading:
        raise ValueError(f'the page has no section "{HEADING.strip()}"; add the heading')
    text, following, rest = section.partition("\n## ")
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    return f"{before}{heading}{prose.rstrip()}\n\n{table}\n{following}{rest}"


if __name__ == "__main__":
    typer.run(main)
