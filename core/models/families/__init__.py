"""The families the studio knows: one file each, collected here.

Adding a family is adding a record (and, if its pipeline is called in an unusual way, an adapter in
`core/engine/modes`).
"""

from __future__ import annotations

from collections.abc import Mapping

from core.models.families.chroma import CHROMA
from core.models.families.family import Family, Variant
from core.models.families.flux1 import FLUX1, FLUX1_FILL, FLUX1_KONTEXT
from core.models.families.flux2 import FLUX2_DEV, FLUX2_KLEIN
from core.models.families.sd3 import SD3
from core.models.families.sd15 import SD15
from core.models.families.sdxl import SDXL

_ALL = (FLUX2_KLEIN, FLUX2_DEV, FLUX1, FLUX1_KONTEXT, FLUX1_FILL, CHROMA, SD3, SDXL, SD15)
FAMILIES: Mapping[str, Family] = {family.id: family for family in _ALL}
# The parameters that some model has a use for. All others are the operations' own.
KNOWN_TO_MODELS = frozenset(
    name for family in _ALL for mode in family.modes.values() for name in mode.parameters
)


def of_pipeline(class_name: str) -> Family | None:
    """The family whose pipelines carry this name in `model_index.json`."""
    for family in FAMILIES.values():
        if class_name in family.class_names:
            return family
    return None


def of_variant(variant_id: str) -> tuple[Family, Variant] | None:
    """The family that has the variant of this id, with it."""
    for family in FAMILIES.values():
        variant = family.variant(variant_id)
        if variant is not None:
            return family, variant
    return None
