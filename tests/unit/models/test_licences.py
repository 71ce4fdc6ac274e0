"""Licences: the record of a checkpoint, the catalogue's entry of its variant, and of images."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.models.library.catalogue import Catalogue, Licence, read_catalogue
from core.models.library.library import Library
from core.models.library.record import Record
from core.models.licences import licence_data, licence_of, licence_of_id
from core.settings import ROOT

CATALOGUE = read_catalogue(ROOT / "presets")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library([ROOT / "models"], presets_dir=ROOT / "presets")


def with_record(library: Library, **record: object) -> Licence | None:
    model = library.models()[0]
    return licence_of(replace(model, record=Record.model_validate(record)), CATALOGUE)


def test_a_record_that_names_a_licence_of_the_catalogue_has_its_terms_and_link(
    library: Library,
) -> None:
    licence = licence_of(library.models()[0], CATALOGUE)
    assert licence == CATALOGUE.licences["apache-2.0"]
    assert (
        with_record(library, licence="CreativeML Open RAIL-M") == CATALOGUE.licences["openrail-m"]
    )


def test_a_record_without_a_licence_leaves_that_of_its_variant_or_none(library: Library) -> None:
    model = replace(library.models()[0], record=Record())
    assert licence_of(replace(model, variant=None), CATALOGUE) is None
    assert licence_of(model, Catalogue(licences={}, models=(), parts=())) is None


def test_a_licence_of_another_name_is_not_stated_until_its_record_says_so(
    library: Library,
) -> None:
    unknown = with_record(library, licence="House rules")
    assert unknown is not None
    assert (unknown.badge, unknown.outputs_badge, unknown.url) == ("unknown", "unknown", None)
    own = with_record(
        library,
        licence="House rules",
        commercial="conditional",
        licence_terms="Name the author.",
        licence_url="https://example.org/rules",
    )
    data = licence_data(own)
    assert data is not None
    assert (data["commercial"], data["outputs"]) == ("conditional", "conditional")
    assert data["sentence"].endswith("Name the author.")
    assert data["url"] == "https://example.org/rules"


@pytest.mark.parametrize("licence", CATALOGUE.licences.values(), ids=CATALOGUE.licences)
def test_every_licence_of_the_catalogue_says_use_sale_condition_and_link(licence: Licence) -> None:
    data = licence_data(licence)
    assert data is not None
    assert data["sentence"].startswith("Commercial use is ")
    assert "outputs may" in data["sentence"]
    assert data["url"]
    assert data["terms"] or "conditional" not in (data["commercial"], data["outputs"])


def test_a_model_is_looked_up_here_and_then_in_the_catalogue(library: Library) -> None:
    nano = library.models()[0]
    licences = {name: licence_of_id(name, library) for name in (nano.id, "flux1-dev", "gone")}
    assert [licence and licence.badge for licence in licences.values()] == ["yes", "no", None]
