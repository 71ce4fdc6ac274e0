"""The analysis of a dataset as text, and as one HTML page without script or reference."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from core.training.datasets.analysis import Analysis, AnalyzedImage

STYLE = """
:root { color-scheme: light dark; --line: #8884; --crop: #d97706; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 24px auto; max-width: 1080px; }
body { padding: 0 16px; }
h1 { font-size: 22px; }
h2 { font-size: 16px; margin: 32px 0 8px; }
ul { padding-left: 20px; }
li { overflow-wrap: anywhere; }
.error { font-weight: 600; }
.columns { display: grid; gap: 0 32px; }
.columns { grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); }
table { border-collapse: collapse; width: 100%; }
td { border-bottom: 1px solid var(--line); padding: 4px 8px 4px 0; overflow-wrap: anywhere; }
td + td { text-align: right; font-variant-numeric: tabular-nums; }
.images { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); }
figure { margin: 0; font-size: 12px; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: 160px; background: #8882; border-radius: 4px; }
rect { fill: none; stroke: var(--crop); vector-effect: non-scaling-stroke; stroke-width: 3px; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_DIGEST}'; base-uri 'none'"
"""The content security policy of the page: no script, no request, only its own style."""
ThumbnailOf = Callable[[AnalyzedImage], bytes | None]


def text_report(analysis: Analysis) -> str:
    """The analysis as a table of text."""
    lines = [f"{len(analysis.images)} images at {analysis.resolution} pixels"]
    for title, rows in _tables(analysis):
        lines += ["", title]
        width = max((len(name) for name, _ in rows), default=0)
        lines += [f"  {name:<{width}}  {value}" for name, value in rows]
    for title, names in _lists(analysis):
        lines += ["", title, *(f"  {name}" for name in names)]
    return "\n".join(lines) + "\n"


def html_report(title: str, analysis: Analysis, thumbnail: ThumbnailOf) -> str:
    """The analysis as a page; `thumbnail` is the WebP of an image, None where there is none."""
    return "".join(_page(title, analysis, thumbnail))


def _page(title: str, analysis: Analysis, thumbnail: ThumbnailOf) -> Iterator[str]:
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_text(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_text(title)}</h1>\n"
        f"<p>{len(analysis.images)} images at {analysis.resolution} pixels.</p>\n"
    )
    for heading, names in _lists(analysis):
        items = "".join(f"<li>{_text(name)}</li>" for name in names)
        yield f"<h2>{_text(heading)}</h2>\n<ul>{items}</ul>\n"
    yield '<div class="columns">\n'
    for heading, rows in _tables(analysis):
        cells = "".join(f"<tr><td>{_text(n)}</td><td>{_text(v)}</td></tr>" for n, v in rows)
        yield f"<section><h2>{_text(heading)}</h2><table>{cells}</table></section>\n"
    yield '</div>\n<h2>Crops</h2>\n<div class="images">\n'
    for image in analysis.images:
        yield _figure(image, thumbnail(image))
    yield "</div>\n</body>\n</html>\n"


def _figure(image: AnalyzedImage, thumbnail: bytes | None) -> str:
    left, top, width, height = image.crop
    data = base64.b64encode(thumbnail).decode() if thumbnail else ""
    size = f'width="{image.width}" height="{image.height}"'
    picture = f'<image href="data:image/webp;base64,{data}" {size}/>' if data else ""
    label = f"{image.name}: {image.width} × {image.height}, bucket {_size(image.bucket)}"
    return (
        f'<figure><svg viewBox="0 0 {image.width} {image.height}" role="img" '
        f'aria-label="{_text(label)}">{picture}'
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}"/></svg>'
        f"<figcaption><b>{_text(image.name)}</b><br>{image.width} × {image.height} → "
        f"{_size(image.bucket)}, {image.kept:.0%} kept<br>{_text(image.caption or 'no caption')}"
        "</figcaption></figure>\n"
    )


def _tables(analysis: Analysis) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    tables: dict[str, Mapping[str, Any]] = {
        "Buckets": analysis.buckets,
        "Sizes": analysis.sizes,
        "Aspect ratios": analysis.aspects,
        "Caption lengths, characters": analysis.caption_lengths,
        "Words, by captions": dict(analysis.words),
        "Estimate": _estimate(analysis.estimate),
    }
    for title, rows in tables.items():
        if rows:
            yield title, list(rows.items())


def _lists(analysis: Analysis) -> Iterator[tuple[str, list[str]]]:
    lists: dict[str, Iterable[str]] = {
        "Faults": [f"{f['level']}: {f['detail']} {f['fix']}" for f in analysis.faults],
        "Exact duplicates": map(" = ".join, analysis.duplicates),
        "Near duplicates": map(" ≈ ".join, analysis.near_duplicates),
        "Blurred": analysis.blurred,
        "Dark": analysis.dark,
        "Bright": analysis.bright,
    }
    for title, names in lists.items():
        if shown := list(names):
            yield title, shown


def _estimate(estimate: Mapping[str, Any]) -> dict[str, str]:
    if not estimate:
        return {}
    return {
        "memory": f"{estimate['memory_bytes'] / (1 << 30):.2f} GiB",
        "time": f"{estimate['seconds'] / 60:.1f} min for {estimate['steps']:.0f} steps",
        "here": estimate["sentence"],
    }


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]}"


def _text(value: Any) -> str:
    letters = (c if c.isprintable() or c == "\n" else "\ufffd" for c in str(value))
    return html.escape("".join(letters), quote=True)
