"""PNG files with their metadata in text chunks.

`core.store.metadata` reads them back; the syntax of `parameters` is in `core.store.infotext`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL.PngImagePlugin import PngInfo

from core.provenance.xmp import KEYWORD, write_packet
from core.store.infotext import FEWEST_SETTINGS, write_infotext
from core.store.metadata import WORKFLOW
from core.store.metadata import read_metadata as read_metadata

if TYPE_CHECKING:
    from PIL.Image import Image

# Filtered rows repeat bytes, not strings: runs alone (`zlib.Z_RLE`) make drawn pictures and photos
# 12 to 24 per cent smaller than level 1 does, in a quarter of the time of level 6.
PNG_LEVEL = 1
RUNS = 3


def encode_png(image: Image, text: Mapping[str, str] | None = None) -> bytes:
    """Encode fast with `text` in text chunks, which hold no NUL and no lone surrogates."""
    buffer = BytesIO()
    save_png(image, buffer, text or {})
    return buffer.getvalue()


def save_png(image: Image, target: str | BytesIO, text: Mapping[str, str]) -> None:
    """As `encode_png`, to a path or a buffer."""
    info = PngInfo()
    for key, value in text.items():
        clean = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
        if clean.isascii():
            info.add_text(key, clean)
        else:
            info.add_itxt(key, clean)
    image.save(target, "PNG", pnginfo=info, compress_level=PNG_LEVEL, compress_type=RUNS)


def image_metadata(
    snapshot: Mapping[str, Any],
    seed: int | None,
    size: tuple[int, int],
    inherited: str | None = None,
    source_type: str | None = None,
    workflow: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Build the text chunks of one image: `parameters` for other tools, `qpyt` for this one, the
    `workflow` of its run, and XMP with the digital `source_type`.

    The JSON is ASCII, so that any text is read back exactly. `snapshot` must be JSON; `size` is
    width and height in pixels. What a model draws has parameters of its own; what is only changed
    keeps those of its input, `inherited`.
    """
    drawn = "model" in snapshot or not snapshot.get("history")
    parameters = a1111_parameters(snapshot, seed, size) if drawn else inherited
    return {
        **({"parameters": parameters} if parameters else {}),
        "qpyt": json.dumps({**snapshot, "image_seed": seed}, allow_nan=False),
        **({WORKFLOW: json.dumps(workflow, allow_nan=False)} if workflow else {}),
        **({KEYWORD: write_packet(source_type)} if source_type else {}),
    }


def a1111_parameters(
    snapshot: Mapping[str, Any], seed: int | None, size: tuple[int, int]
) -> str | None:
    """Write an infotext from a snapshot: `params`, `output`, `model`, `sampler`, `versions`.

    The prompts of `output`, which were rendered, precede those of `params`. `seed` and `size`
    (width and height in pixels) are those of the image. None where it would hold too little for
    other tools to take it for an infotext.
    """
    params: Mapping[str, Any] = snapshot.get("params") or {}
    model: Mapping[str, Any] = snapshot.get("model") or {}
    versions: Mapping[str, Any] = snapshot.get("versions") or {}
    skipped = params.get("clip_skip")
    finisher: Mapping[str, Any] = snapshot.get("finisher") or {}
    settings = {
        "Steps": params.get("num_inference_steps"),
        "Sampler": snapshot.get("sampler") or snapshot.get("scheduler"),
        "CFG scale": params.get("guidance_scale"),
        "Seed": seed,
        "Size": f"{size[0]}x{size[1]}",
        "Model hash": str(model.get("fingerprint") or "")[:10] or None,
        "Model": model.get("id"),
        # There, 1 is the last layer, which leaves none out.
        "Clip skip": skipped + 1 if isinstance(skipped, int) else None,
        "Denoising strength": params.get("strength"),
        "Postprocess upscaler": finisher.get("file"),
        "Version": f"Qpyt Studio {versions.get('qpyt', '')}".strip(),
    }
    known = {key: value for key, value in settings.items() if value is not None}
    if len(known) < FEWEST_SETTINGS:
        return None
    output: Mapping[str, Any] = snapshot.get("output") or {}
    texts = [output.get(name, params.get(name)) for name in ("prompt", "negative_prompt")]
    return write_infotext(str(texts[0] or ""), str(texts[1] or ""), known)
