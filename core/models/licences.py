"""Licences of models, and so of the images that they made: permitted use, conditions and link.

The record of a checkpoint (`qpyt.json`) precedes the catalogue's entry of its variant.
"""

from __future__ import annotations

from typing import Any

from core.errors import StudioError
from core.models.library.catalogue import Catalogue, Licence
from core.models.library.library import Library
from core.models.library.model import Model


def licence_of(model: Model, catalogue: Catalogue) -> Licence | None:
    """The licence of a checkpoint's weights; None where no record names one."""
    record = model.record
    name = model.licence
    known = catalogue.licence(model.variant.id if model.variant else None)
    if name is not None:
        known = catalogue.licence_named(name) or Licence(label=name)
    if record.commercial is None and record.licence_url is None and record.licence_terms is None:
        return known
    own = {
        "commercial": record.commercial,
        "url": record.licence_url,
        "terms": record.licence_terms,
    }
    changes = {field: value for field, value in own.items() if value is not None}
    return (known or Licence(label="Licence of its own")).model_copy(update=changes)


def licence_data(licence: Licence | None) -> dict[str, Any] | None:
    """A licence as JSON: `label`, `commercial`, `outputs`, `terms`, `url`, `sentence`."""
    if licence is None:
        return None
    return {
        "label": licence.label,
        "commercial": licence.badge,
        "outputs": licence.outputs_badge,
        "terms": licence.terms,
        "url": licence.url,
        "sentence": licence.sentence,
    }


def licence_of_id(model_id: str, library: Library) -> Licence | None:
    """The licence of a model here, or else of the catalogue's entry of that name."""
    try:
        return licence_of(library.get(model_id), library.catalogue)
    except StudioError:  # removed, renamed, or broken by now
        return library.catalogue.licence(model_id)
