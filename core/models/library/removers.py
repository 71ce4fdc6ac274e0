"""Background removal networks: an allow-list of rembg's sessions that run on this machine.

Sessions that upload the image or take a path are not on it. Downloads and licences are in the
catalogue, under the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BUILT_IN = "nano"


@dataclass(frozen=True, slots=True)
class Remover:
    """One network: rembg's session that reads `file`, a path in the auxiliary model's folder."""

    id: str
    label: str
    session: str
    file: str


_ALL = (
    Remover(BUILT_IN, "Nano · built in, for drawings · Apache 2.0", "u2net_custom", "cutout.onnx"),
    Remover("u2netp", "U²-Net small · anything, 5 MB · Apache 2.0", "u2netp", "u2netp.onnx"),
    Remover("u2net", "U²-Net · anything, 176 MB · Apache 2.0", "u2net", "u2net.onnx"),
    Remover(
        "u2net_human_seg",
        "U²-Net people · 176 MB · Apache 2.0",
        "u2net_human_seg",
        "u2net_human_seg.onnx",
    ),
    Remover(
        "isnet-general-use",
        "IS-Net · anything, 179 MB · Apache 2.0",
        "isnet-general-use",
        "isnet-general-use.onnx",
    ),
    Remover(
        "isnet-anime",
        "IS-Net anime · figures, 176 MB · Apache 2.0",
        "isnet-anime",
        "isnetis.onnx",
    ),
    Remover(
        "birefnet-general-lite",
        "BiRefNet lite · fine edges, 224 MB · MIT",
        "birefnet-general-lite",
        "onnx/model.onnx",
    ),
)
REMOVERS: Mapping[str, Remover] = {remover.id: remover for remover in _ALL}
LABELS: Mapping[str, str] = {remover.id: remover.label for remover in _ALL}
