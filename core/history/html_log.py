"""The session log as HTML: one file without script and without any reference to another.

Every text is escaped; control characters and those that turn the direction of writing are shown as
a replacement character.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #7779; --bad: #b3261e; --good: #1a7f4b; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #6fd3a0; } }
body { font: 14px/1.5 system-ui, sans-serif; margin: 24px auto; max-width: 1000px; }
body { padding: 0 16px; }
h1 { font-size: 22px; }
h2 { font-size: 14px; margin: 0; }
a { color: inherit; }
article { border-top: 1px solid var(--line); padding: 16px 0; }
header { display: flex; flex-wrap: wrap; gap: 12px; align-items: baseline; }
time, .quiet { opacity: 0.75; font-size: 12px; }
.failed { color: var(--bad); }
.completed { color: var(--good); }
.images { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0; }
.images figure { margin: 0; font-size: 12px; }
.images img { display: block; max-width: 192px; max-height: 192px; border-radius: 4px; }
.missing { border: 1px dashed var(--line); border-radius: 4px; padding: 24px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; }
dt { opacity: 0.75; }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.note { border-left: 3px solid var(--line); padding-left: 12px; white-space: pre-wrap; }
pre { overflow: auto; font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; }
td, th { border-bottom: 1px solid var(--line); padding: 6px 16px 6px 0; text-align: left; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_DIGEST}'; base-uri 'none'"
"""The content security policy of the page: no script, no request, only its own style."""
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STATES = ("completed", "failed", "cancelled", "running", "pending", "held")


def escape(value: Any) -> str:
    """A value as text of HTML, safe in elements and in quoted attributes."""
    return html.escape("".join(map(_visible, str(value))), quote=True)


def _visible(letter: str) -> str:
    if letter in "\n\t":
        return letter
    hidden = unicodedata.category(letter) in ("Cc", "Cs") or letter in _TURNING
    return "\ufffd" if hidden else letter


def page_start(title: str) -> str:
    """The head of a page, up to its heading."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n"
    )


PAGE_END = "</body>\n</html>\n"


def summary(counts: Mapping[str, int], zone: str) -> str:
    """A line with the numbers of a day."""
    parts = [f"{counts[state]} {state}" for state in _STATES if counts.get(state)]
    return f'<p class="quiet">{escape(" · ".join(parts) or "No tasks")} · {escape(zone)}</p>\n'


def article(entry: Mapping[str, Any], thumbnails: Sequence[bytes | None]) -> str:
    """An entry of `core.history.log_entry`. `thumbnails`: WebP of each image; None if missing."""
    status = entry["status"]
    seconds = f" · {entry['seconds']:.1f} s" if entry["seconds"] is not None else ""
    cached = " · from the cache" if entry["cached"] else ""
    parts = [
        "<article>\n<header>",
        f"<h2>{escape(entry['title'])}</h2>",
        f'<span class="{escape(status)}">{escape(status)}</span>',
        f'<time datetime="{escape(entry["time"])}">{escape(entry["time"][11:19])}</time>',
        f'<span class="quiet">{escape(entry["id"])}{escape(seconds + cached)}</span>',
        "</header>\n",
        _figures(entry["images"], thumbnails),
        _facts(entry),
    ]
    if entry["note"]:
        parts.append(f'<p class="note">{escape(entry["note"])}</p>\n')
    if entry["error"]:
        error = " ".join(str(entry["error"][name] or "") for name in ("detail", "fix"))
        parts.append(f'<p class="failed">{escape(error)}</p>\n')
    parts += [f'<p class="quiet">{escape(warning)}</p>\n' for warning in entry["warnings"]]
    params = json.dumps(entry["params"], indent=2, ensure_ascii=False)
    parts.append(f"<details><summary>All parameters</summary><pre>{escape(params)}</pre></details>")
    parts.append("\n</article>\n")
    return "".join(parts)


def index(days: Iterable[Mapping[str, Any]], query: str) -> str:
    """A table of days that links to their pages. `query`: what follows their addresses."""
    rows = "".join(
        f'<tr><td><a href="/history/{escape(day["date"])}{escape(query)}">{escape(day["date"])}</a>'
        f"</td><td>{day['total']}</td><td>{day['counts'].get('failed', 0)}</td></tr>\n"
        for day in days
    )
    head = '<tr><th scope="col">Day</th><th scope="col">Tasks</th><th scope="col">Failed</th></tr>'
    return f"<table>\n<thead>{head}</thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _figures(images: Sequence[Mapping[str, Any]], thumbnails: Sequence[bytes | None]) -> str:
    figures = []
    for image, data in zip(images, thumbnails, strict=True):
        seed = "" if image["seed"] is None else f" · seed {image['seed']}"
        caption = f"{image['width']} × {image['height']}{seed}"
        if data is None:
            picture = '<div class="missing">deleted</div>'
        else:
            source = base64.b64encode(data).decode()
            picture = f'<img alt="{escape(caption)}" src="data:image/webp;base64,{source}">'
        figures.append(f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>")
    return f'<div class="images">{"".join(figures)}</div>\n' if figures else ""


def _facts(entry: Mapping[str, Any]) -> str:
    facts = {
        "Prompt": entry["prompt"],
        "Negative prompt": entry["negative_prompt"],
        "Model": entry["model"],
        "Seed": entry["seed"],
        "LoRAs": "\n".join(entry["loras"]),
    }
    rows = [
        f"<dt>{label}</dt><dd>{escape(value)}</dd>"
        for label, value in facts.items()
        if value not in (None, "")
    ]
    return f"<dl>{''.join(rows)}</dl>\n" if rows else ""
