"""Random graphs of modules, as the lint rules of the page allow them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from random import Random

HEADS = ("", "// a comment; import nothing\n", "/**\n * A module.\n */\n", "/* a\n   b */ ", "\n\n")
ASIDES = (
    "/** Adds. */\n",
    "// export const commented = 1;\n",
    "/*\nexport const removed = 1;\n*/\n",
    "const local = { import: 1, export: 2 };\n",
    'const text = "export const no = 1; import x";\n',
    "const pattern = /import|export/u;\n",
    "\n",
)


@dataclass(slots=True)
class ModuleText:
    """A module that is written: its path, text and the names that it exports."""

    path: str
    text: str
    names: list[str] = field(default_factory=list)


def graph(random: Random) -> dict[str, str]:
    """The texts of two to nine modules without cycles by address; `/app.js` imports all others."""
    modules: list[ModuleText] = []
    for number in range(random.randrange(1, 9)):
        folder = random.choice(("", "a/", "a/b/", "c/"))
        modules.append(_module(random, f"/{folder}m{number}.js", modules))
    modules.append(_module(random, "/app.js", modules, every=True))
    return {module.path: module.text for module in modules}


def with_cycle(random: Random) -> tuple[dict[str, str], tuple[str, str]]:
    """The texts of a graph with a cycle of three modules, and the two ends that close it."""
    texts = graph(random)
    first, second, third = (f"/cycle/{name}.js" for name in "abc")
    for path, target in ((first, second), (second, third), (third, first)):
        texts[path] = _import(path, target, "") + f'export const name = "{path}";\n'
    texts["/app.js"] = _import("/app.js", first, "") + texts["/app.js"]
    return texts, (third, first)


def _module(
    random: Random, path: str, others: list[ModuleText], *, every: bool = False
) -> ModuleText:
    head, sources = random.choice(HEADS), []
    imported = others if every else random.sample(others, random.randrange(len(others) + 1))
    for number, other in enumerate(imported):
        binding, values = _binding(random, other, number)
        head += _import(path, other.path, binding, quote=random.choice("\"'"))
        head += random.choice(("", "", "\n", "// between imports\n"))
        sources += values
    module = ModuleText(path, "")
    body = f'globalThis.order.push("{path}");\n' + "".join(random.sample(ASIDES, 3))
    for number in range(random.randrange(4)):
        name = f"{random.choice(('value', '$v', '_v', 'Value'))}{number}"
        body += _declaration(random, name, sources or ["1"]) + random.choice(("", "\n"))
        module.names.append(name)
    module.text = head + body
    return module


def _binding(random: Random, module: ModuleText, number: int) -> tuple[str, list[str]]:
    """The clause of an import, and expressions of what it takes."""
    kind = random.choice(("names", "lines", "space", "bare"))
    if kind == "bare" or (not module.names and kind != "space"):
        return "", []
    if kind == "space":
        return f"* as space{number}", [f"Object.keys(space{number}).join()"]
    names = random.sample(module.names, random.randrange(1, len(module.names) + 1))
    pairs = [(name, f"{name}_{number}") for name in names]
    parts = [f"{name} as {local}" for name, local in pairs]
    clause = (
        "{\n  " + ",\n  ".join(parts) + ",\n}" if kind == "lines" else f"{{{', '.join(parts)}}}"
    )
    return clause, [f"String({local}).length" for _, local in pairs]


def _import(path: str, target: str, binding: str, quote: str = '"') -> str:
    relative = posixpath.relpath(target, posixpath.dirname(path))
    address = relative if relative.startswith(".") else f"./{relative}"
    return f"import {f'{binding} from ' if binding else ''}{quote}{address}{quote};\n"


def _declaration(random: Random, name: str, sources: list[str]) -> str:
    value = " + ".join(random.choices(sources, k=2))
    return random.choice(
        (
            f"export const {name} = {value};\n",
            f"export const {name} = [\n  {value},\n  `\n    an export`,\n];\n",
            f"export const {name} = () => {value};\n",
            f"export function {name}() {{\n  return {value};\n}}\n",
            f"export async function {name}(a, b) {{\n  return await {value};\n}}\n",
            f"export function* {name}(a) {{\n  yield {value};\n}}\n",
            f"export class {name} {{\n  static field = {value};\n}}\n",
        )
    )
