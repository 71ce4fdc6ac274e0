"""Digital source types of the IPTC: the record of an image that says if software made it.

Decided by the lineage: by the step that made an image, and by the types of its input images.
https://cv.iptc.org/newscodes/digitalsourcetype
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = f"{VOCABULARY}trainedAlgorithmicMedia"
COMPOSITE = f"{VOCABULARY}compositeWithTrainedAlgorithmicMedia"
ALGORITHMIC = f"{VOCABULARY}algorithmicMedia"
ENHANCED = f"{VOCABULARY}algorithmicallyEnhanced"
_SYNTHETIC = frozenset({TRAINED, COMPOSITE, f"{VOCABULARY}compositeSynthetic"})
_SENTENCES = {
    "trainedAlgorithmicMedia": "made by a trained model (generative AI)",
    "compositeWithTrainedAlgorithmicMedia": "a picture changed by a trained model (generative AI)",
    "compositeSynthetic": "a composite with parts made by software",
    "algorithmicMedia": "made by software without a trained model",
    "algorithmicallyEnhanced": "a picture corrected by software",
    "digitalCapture": "a photograph of a digital camera",
    "computationalCapture": "a photograph computed from several exposures",
    "digitalCreation": "made by a person with software",
    "humanEdits": "a picture edited by a person",
}


def source_type_of(drawn: bool, inputs: Sequence[str | None]) -> str:
    """The source type of a result.

    `drawn` is True where a generative model made it. `inputs` are the types of its input images,
    the main one first, None where no type is known: of a photograph, say.
    """
    if drawn:
        return TRAINED if all(given == TRAINED for given in inputs) else COMPOSITE
    if not inputs:
        return ALGORITHMIC
    if all(given == TRAINED for given in inputs):
        return TRAINED
    if any(given in _SYNTHETIC for given in inputs):
        return COMPOSITE
    return inputs[0] or ENHANCED


def source_type_of_file(metadata: Mapping[str, Any]) -> str | None:
    """The source type of an image with this metadata (of `read_metadata`); None if unknown.

    The metadata of a tool that generates images stands for a type that is missing.
    """
    stated = metadata.get("digital_source_type")
    if isinstance(stated, str):
        return stated
    snapshot = metadata.get("qpyt")
    if isinstance(snapshot, Mapping):  # of a version that wrote no type
        return source_type_of("model" in snapshot, [None] if snapshot.get("inputs") else [TRAINED])
    return TRAINED if metadata.get("source") else None


def sentence_of(source_type: str) -> str:
    """A source type in plain words."""
    name = source_type.removeprefix(VOCABULARY)
    return _SENTENCES.get(name, name[:200])
