"""The LoRAs of a request as files with weights, of its image and of its regions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.engine.loras import inspected
from core.engine.render_request import RenderRequest
from core.errors import InvalidInput, ModelMissing
from core.models.library.model import Model
from core.models.progress import WarningCallback

Files = dict[Path, float]


def lora_files(
    parameters: Mapping[str, Any],
    model: Model,
    find: Callable[[str], Path],
    warn: WarningCallback | None,
) -> Files:
    """Files and weights of the `loras` of parameters, given as `{name, weight}`, or
    `{path, weight}` for files that are not in the library.

    Under the policy `skip`, those that do not fit are left out, with a warning.
    """
    skip = warn if parameters.get("lora_policy") == "skip" else None
    weights: Files = {}
    for named in map(dict, parameters.get("loras") or ()):
        try:
            path = named.get("path") or find(str(named["name"]))
            if skip is not None:
                inspected(path, model)
        except (InvalidInput, ModelMissing) as error:
            if skip is None:
                raise
            skip("lora_skipped", f"A LoRA was left out: {error.detail}", error.field)
        else:
            weights[path] = weights.get(path, 0.0) + float(named.get("weight", 1.0))
    return weights


def with_region_loras(
    request: RenderRequest, whole: Files, files: Callable[[Mapping[str, Any]], Files]
) -> RenderRequest:
    """The request with the files of the LoRAs of each region: those of the `whole` image, and the
    region's own, whose weights stand. `files` gives those of the parameters of a region."""
    if not request.regions:
        return request
    regions = [{**region, "loras": {**whole, **files(region)}} for region in request.regions]
    return replace(request, regions=regions)
