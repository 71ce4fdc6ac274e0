"""The layouts of cards by name, without reading them: operations are light to import."""

from __future__ import annotations

from collections.abc import Mapping

from core.settings import ROOT

FOLDER = ROOT / "presets" / "overlays"
SHAPES = "shapes"
LAYOUTS: Mapping[str, str] = {
    path.stem: path.stem.replace("-", " ").capitalize()
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.stem != SHAPES
}
