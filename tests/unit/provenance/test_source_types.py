"""Digital source types: decided by the lineage, written and read as XMP."""

from __future__ import annotations

import pytest

from core.provenance.source_types import (
    ALGORITHMIC,
    COMPOSITE,
    ENHANCED,
    TRAINED,
    VOCABULARY,
    sentence_of,
    source_type_of,
    source_type_of_file,
)
from core.provenance.xmp import read_source_type, write_packet

CAPTURE = f"{VOCABULARY}digitalCapture"


@pytest.mark.parametrize(
    ("drawn", "inputs", "expected"),
    [
        (True, [], TRAINED),
        (True, [TRAINED, TRAINED], TRAINED),
        (True, [None], COMPOSITE),
        (True, [TRAINED, CAPTURE], COMPOSITE),
        (True, [COMPOSITE], COMPOSITE),
        (False, [], ALGORITHMIC),
        (False, [TRAINED], TRAINED),
        (False, [COMPOSITE], COMPOSITE),
        (False, [None, TRAINED], COMPOSITE),
        (False, [CAPTURE], CAPTURE),
        (False, [None], ENHANCED),
    ],
)
def test_the_step_and_its_inputs_decide(
    drawn: bool, inputs: list[str | None], expected: str
) -> None:
    assert source_type_of(drawn, inputs) == expected


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, None),
        ({"digital_source_type": CAPTURE, "source": "a1111"}, CAPTURE),
        ({"source": "comfyui"}, TRAINED),
        ({"source": "qpyt", "qpyt": {"model": {}}}, TRAINED),
        ({"source": "qpyt", "qpyt": {"model": {}, "inputs": {"image": [{}]}}}, COMPOSITE),
        ({"source": "qpyt", "qpyt": {"inputs": {"image": [{}]}}}, ENHANCED),
    ],
)
def test_metadata_without_a_type_stands_for_one(
    metadata: dict[str, object], expected: str | None
) -> None:
    assert source_type_of_file(metadata) == expected


@pytest.mark.parametrize(
    "packet",
    [
        write_packet(TRAINED),
        f'<rdf:Description Iptc4xmpExt:DigitalSourceType="{TRAINED}"/>',
        f"<Iptc4xmpExt:DigitalSourceType rdf:resource='{TRAINED}'/>",
        f"<Iptc4xmpExt:DigitalSourceType>\n  {TRAINED}\n</Iptc4xmpExt:DigitalSourceType>",
    ],
)
def test_the_type_is_read_from_every_form_of_a_property(packet: str) -> None:
    assert read_source_type(packet) == TRAINED


@pytest.mark.parametrize(
    "packet", ["", "Iptc4xmpExt:DigitalSourceType", "<Iptc4xmpExt:DigitalSourceType>junk<"]
)
def test_a_packet_without_an_address_has_no_type(packet: str) -> None:
    assert read_source_type(packet) is None
    assert read_source_type(write_packet(None)) is None


def test_a_type_reads_as_words_and_an_unknown_one_as_its_name() -> None:
    assert "generative AI" in sentence_of(TRAINED)
    assert sentence_of(f"{VOCABULARY}novelty") == "novelty"
