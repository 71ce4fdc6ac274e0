"""The claims of an image about its origin, checked. Runs in a decoder process.

A claim is no proof: marks can be removed, and texts can say anything. A valid signature says that
nothing was changed after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.provenance.manifests import read_manifests
from core.provenance.source_types import sentence_of
from core.provenance.watermark import source_type_in
from core.store.limits import UploadLimits
from core.store.uploads import decode_upload

TOOLS = {
    "qpyt": "Qpyt Studio",
    "a1111": "A1111 or a tool that writes as it does",
    "comfyui": "ComfyUI",
    "invokeai": "InvokeAI",
    "swarmui": "SwarmUI",
    "fooocus": "Fooocus",
    "novelai": "NovelAI",
}
_STATES = {
    "own": "the signature is valid, and this installation made it",
    "valid": "the signature is valid; the signer is on no list of trusted issuers here",
    "tampered": "the image was changed after it was signed",
    "invalid": "the signature does not hold",
    "unreadable": "it cannot be read",
}
CONTRADICTED = frozenset({"tampered", "invalid", "unreadable"})


def verify(data: bytes, limits: UploadLimits, root: bytes | None = None) -> dict[str, Any]:
    """The report on an image file; `root` is the certificate of this installation.

    Raises as `decode_upload` for anything that is not an image. Keys: `type`, `width`, `height`,
    `sentences` (the claims in plain words), `contradicted` (True where a signature does not hold),
    `digital_source_type`, `source` (the tool whose texts are in it), `prompt`, `steps` (the
    operations that its own texts list), `watermark` (the source type in its pixels) and `c2pa` (of
    `read_manifests`).
    """
    upload = decode_upload(data, limits)
    metadata = upload.metadata
    manifests = read_manifests(data, upload.source_type, root)
    generation = metadata.get("generation")
    prompt = generation.get("prompt") if isinstance(generation, Mapping) else None
    report: dict[str, Any] = {
        "type": upload.source_type,
        "width": upload.image.width,
        "height": upload.image.height,
        "digital_source_type": metadata.get("digital_source_type"),
        "source": metadata.get("source"),
        "prompt": prompt if isinstance(prompt, str) and prompt else None,
        "steps": _steps(metadata.get("qpyt")),
        "c2pa": manifests,
        "watermark": source_type_in(upload.image),
        "contradicted": manifests is not None and manifests["state"] in CONTRADICTED,
    }
    return {**report, "sentences": list(_sentences(report))}


def _steps(snapshot: Any) -> list[str]:
    """The operations that made an image of this studio, the oldest first."""
    if not isinstance(snapshot, Mapping):
        return []
    history = snapshot.get("history")
    steps = [*(history if isinstance(history, list) else []), snapshot]
    names = (step.get("operation") for step in steps if isinstance(step, Mapping))
    return [name[:100] for name in names if isinstance(name, str)]


def _sentences(report: Mapping[str, Any]) -> Iterator[str]:
    manifests = report["c2pa"]
    if manifests:
        yield from _of_manifests(manifests)
    if source_type := report["digital_source_type"]:
        yield f"Its XMP says: {sentence_of(source_type)}."
    if source := report["source"]:
        words = "with the prompt" if report["prompt"] else "without a prompt"
        yield f"It has the metadata of {TOOLS.get(source, source)}, {words}."
    if mark := report["watermark"]:
        yield f"Its pixels hold the watermark of Qpyt Studio: {sentence_of(mark)}."
    if len(report["steps"]) > 1:
        yield f"Its own record lists these steps: {', '.join(report['steps'])}."
    claims = (manifests, report["digital_source_type"], report["source"], report["watermark"])
    if not any(claims):
        yield "It makes no claim about its origin. That proves nothing: marks can be removed."


def _of_manifests(manifests: Mapping[str, Any]) -> Iterator[str]:
    by = f" by {manifests['signer']}" if manifests["signer"] else ""
    yield f"It has a C2PA manifest{by}: {_STATES[manifests['state']]}."
    if manifests["tool"]:
        yield f"The manifest names the tool {manifests['tool']}."
    if manifests["source_type"]:
        yield f"The manifest says: {sentence_of(manifests['source_type'])}."
    for ingredient in manifests["ingredients"]:
        role = "It was made from" if ingredient["relationship"] == "parentOf" else "It used"
        signed = f"signed by {ingredient['signer']}" if ingredient["signed"] else "not signed"
        kind = f", {sentence_of(ingredient['source_type'])}" if ingredient["source_type"] else ""
        wrong = ", which was changed after it was signed" if ingredient["problems"] else ""
        yield f"{role} {ingredient['title'] or 'an image'} ({signed}{kind}){wrong}."
