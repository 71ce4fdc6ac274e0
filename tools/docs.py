"""Writes what is generated from the code: `python -m tools.docs`; a test fails while it is stale.

Sources: the OpenAPI document of the API, the settings, the bricks and the tree of errors.
Everything else in docs/ is written by hand.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from api.app import create_app
from api.server import PortBusy
from core.configuration.declaration import GROUPS, traits_of
from core.errors import StudioError
from core.settings import Settings
from core.studio.services import Services
from core.workflows.comfy.node_types import NODE_TYPES
from tools import brick_pages, operation_stubs

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = Path("docs/reference")
ERRORS = ("core.errors", "api.problems", "api.security", PortBusy.__module__)
SETTINGS_LEAD = (
    "Each is an environment variable, a line of `.env`, or a line of the settings file under the "
    "name without `QPYT_`,\nin lower case; see [settings.md](../settings.md). Sizes are bytes, "
    "times are seconds. REST does not change *guarded* settings."
)
MARK = "Generated from the code by `make docs`; changes belong there."


def main() -> None:
    """Write every generated file, and say which changed."""
    for path, text in generated().items():
        target = ROOT / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path.as_posix()}")


def generated() -> dict[Path, str]:
    """The generated files by their path from the root."""
    return {
        REFERENCE / "openapi.json": json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n",
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "comfyui.md": nodes_page(),
        Path(".env.example"): env_example(),
        brick_pages.PAGE: brick_pages.page(MARK),
        operation_stubs.PATH: operation_stubs.stub(MARK),
    }


def openapi() -> dict[str, Any]:
    """The API's document, of the built-in operations whatever this machine's settings are."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), operation_modules=())
        services = Services(settings)
        try:
            return create_app(services).openapi()
        finally:
            services.database.close()


def nodes_page() -> str:
    """The nodes of ComfyUI that imports have a place for."""
    rows = [
        f"| `{entry.name}` | {entry.becomes or f'inert: waits for {entry.waits_for}'} |"
        for entry in NODE_TYPES
    ]
    return (
        "# Nodes of ComfyUI\n\n"
        f"{MARK}\n\n"
        "Places on the wall of imported nodes; see [workflows.md](../workflows.md#comfyui). A name "
        "with `*` stands for all nodes\nof that shape. Note, Reroute, Primitive, SetNode and "
        "GetNode are resolved before.\n\n"
        "| node | becomes |\n| --- | --- |\n" + "\n".join(rows) + "\n"
    )


def settings_page() -> str:
    """All settings as a table per group."""
    lines = ["# Settings", "", MARK, "", SETTINGS_LEAD]
    for group, title in GROUPS.items():
        rows = [
            f"| `{Settings.variable(name)}` | {default_of(field) or '–'} | {field.description} "
            f"| {_applied(field)} |"
            for name, field in Settings.model_fields.items()
            if traits_of(field).group == group
        ]
        if rows:
            head = ["| variable | default | what it sets | a change |", "| --- | --- | --- | --- |"]
            lines += ["", f"## {title}", "", *head, *rows]
    return "\n".join([*lines, ""])


def _applied(field: FieldInfo) -> str:
    """The moment when a change takes effect, and the mark of guarded settings."""
    traits = traits_of(field)
    moment = "at once" if traits.live else "next start"
    return f"{moment}, guarded" if traits.guarded else moment


def env_example() -> str:
    """All settings as a `.env` file with every line commented out."""
    lines = [f"# Copy to .env and take away the # of what you want to set. {MARK}"]
    for name, field in Settings.model_fields.items():
        lines += ["", f"# {field.description}", f"#{Settings.variable(name)}={default_of(field)}"]
    return "\n".join([*lines, ""])


def default_of(field: FieldInfo) -> str:
    """A default as it would be written; empty where it depends on the machine."""
    if field.default_factory is not None:
        return ""
    value: Any = field.default
    paths = value if isinstance(value, tuple) else (value,)
    if all(isinstance(item, Path) for item in paths):
        return ",".join(item.relative_to(ROOT).as_posix() for item in paths)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def errors_page() -> str:
    """All error codes as a table."""
    rows = sorted(
        f"| `{kind.code}` | {kind.status} | {(kind.__doc__ or '').strip().splitlines()[0]} |"
        for kind in kinds(StudioError)
    )
    head = ["| code | status | meaning |", "| --- | --- | --- |"]
    return "\n".join(["# Error codes", "", MARK, "", *head, *rows, ""])


def kinds(kind: type[StudioError]) -> Iterator[type[StudioError]]:
    """An error and all that derive from it, as far as clients of the API may meet them."""
    if kind.__module__ in ERRORS:
        yield kind
    for narrower in kind.__subclasses__():
        yield from kinds(narrower)


if __name__ == "__main__":
    main()
