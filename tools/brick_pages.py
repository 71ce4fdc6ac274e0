"""The page of all bricks, from their declarations: `docs/bricks.md`, a part of `make docs`.

Reads the registry and writes tables. The pictures on it are made by
`tools.brick_pictures`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.operations.declaration.registry import describe, load

PAGE = Path("docs/bricks.md")
PICTURES = Path("docs/images/bricks")
CATEGORIES = {
    "input": "What you bring",
    "generator": "What makes something",
    "setting": "What sets something",
    "output": "What shows something",
}
LEAD = (
    "What stands on the wall. A brick with a lane runs as a task, also by `POST /api/{name}` and "
    "as a command; the others hold values or show results. Pictures are made by `make bricks`."
)


def bricks() -> list[dict[str, Any]]:
    """The built-in bricks as the canvas reads them, by category."""
    bricks = [describe(declaration) for declaration in load()]
    order = list(CATEGORIES)
    seen = [brick for brick in bricks if brick["has_brick"]]
    return sorted(seen, key=lambda brick: order.index(brick["category"]))


def page(mark: str) -> str:
    """The whole page; `mark` says that it is generated."""
    lines = ["# Bricks", "", mark, "", LEAD]
    category = ""
    for brick in bricks():
        if brick["category"] != category:
            category = brick["category"]
            lines += ["", f"## {CATEGORIES[category]}"]
        lines += ["", *_section(brick)]
    return "\n".join([*lines, ""])


def _section(brick: dict[str, Any]) -> Iterator[str]:
    name, title = brick["name"], brick["title"]
    picture = (PICTURES / f"{name}.webp").relative_to(PAGE.parent).as_posix()
    yield f"### {title}"
    yield ""
    yield f"{brick['summary']} `{name}`" + (f", lane `{brick['lane']}`" if brick["lane"] else "")
    yield ""
    yield f"![The brick {title}]({picture})"
    yield ""
    for words, ports in (("Takes", brick["inputs"]), ("Gives", brick["outputs"])):
        if ports:
            yield f"{words}: {', '.join(_port(port) for port in ports)}."
            yield ""
    fields = brick["schema"]["properties"]
    shown = {name: field for name, field in fields.items() if _shown(field)}
    if shown:
        yield "| field | what | values | default |"
        yield "| --- | --- | --- | --- |"
        for field, schema in shown.items():
            yield _row(field, schema)


def _port(port: dict[str, Any]) -> str:
    needed = ", needed" if port.get("required") else ""
    return f"`{port['name']}` ({port['type']}{', several' if port['many'] else ''}{needed})"


def _shown(schema: dict[str, Any]) -> bool:
    return bool(schema.get("ui", {}).get("widget") != "hidden")


def _row(name: str, schema: dict[str, Any]) -> str:
    texts = [schema.get("title", ""), schema.get("description", "")]
    what = ": ".join(text.rstrip(".") for text in texts if text)
    cells = (f"`{name}`", what, _values(schema), _default(schema))
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _values(schema: dict[str, Any]) -> str:
    hints = schema.get("ui", {})
    choices = hints.get("choices") or schema.get("enum")
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    if least is None or most is None:
        return ""
    return f"{_number(least)} to {_number(most)}{' ' + hints['unit'] if hints.get('unit') else ''}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _default(schema: dict[str, Any]) -> str:
    if schema.get("ui", {}).get("from_model"):
        return "the model's"
    value = schema.get("default")
    if value in (None, "", [], {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
