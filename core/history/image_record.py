"""The record of one image: its snapshot, read as what a run of that image alone needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidInput
from core.kinds import kind_of
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import port_fields
from core.operations.declaration.registry import Registry
from core.operations.diffusion.parameters import DiffusionParameters
from core.operations.diffusion.styling import TEXTS
from core.prompts.lora_tags import extract_tags
from core.tasks.task import references
from core.tasks.validation import validate

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image as its snapshot describes it.

    `params` make this image alone: its own seed, no styles, and the LoRAs of its own prompt.
    `texts` are its prompts as they were resolved, without LoRA tags; empty for an operation without
    prompts. `files` are the input files by (field, asset id) as the snapshot keeps them.
    """

    operation: type[Operation]
    params: dict[str, Any]
    texts: dict[str, str]
    port: str
    snapshot: Data

    def inputs(self) -> list[tuple[str, str]]:
        """The input images and masks: field and asset id, in order."""
        entries = []
        for name, port in port_fields(self.operation).items():
            value = self.params.get(name)
            values = value if isinstance(value, list | tuple) else [value]
            if kind_of(port.type).stored:
                entries += [(name, item) for item in values if isinstance(item, str)]
        return entries

    def input_key(self, asset_id: str) -> str | None:
        """The content of an input file; None where the snapshot does not have it."""
        for records in _mapping(self.snapshot.get("inputs")).values():
            for record in records if isinstance(records, list) else ():
                if _mapping(record).get("id") == asset_id:
                    return str(record.get("key"))
        return None

    def fingerprint(self, kind: str, name: str) -> str | None:
        """The content of a file that the image was made with."""
        value = _mapping(self.snapshot.get("fingerprints")).get(f"{kind}/{name}")
        return value if isinstance(value, str) else None


def image_record(metadata: Data, registry: Registry) -> ImageRecord:
    """The record in an image's metadata, as `read_metadata` returns it. Raises `InvalidInput`."""
    snapshot = metadata.get("qpyt")
    if not isinstance(snapshot, Mapping):
        raise InvalidInput(
            "The image has no snapshot of this studio, so it cannot run again.",
            field="asset_id",
            fix="Choose an image that this studio made, in the file that it was saved to.",
        )
    name, params = snapshot.get("operation"), snapshot.get("params")
    operation = registry.get(str(name))
    if operation is None or not issubclass(operation, Operation) or not isinstance(params, Mapping):
        raise InvalidInput(
            f"The snapshot names the operation {str(name)[:80]!r}, which is not here.",
            field="asset_id",
            fix="Load the module of that operation: QPYT_OPERATION_MODULES.",
        )
    output = _mapping(snapshot.get("output"))
    values = {key: value for key, value in params.items() if key in operation.model_fields}
    texts: dict[str, str] = {}
    if issubclass(operation, DiffusionParameters):
        texts = {key: _without_tags(output.get(key, values.get(key, ""))) for key in TEXTS}
        values |= {"styles": [], "loras": output.get("loras", values.get("loras", []))}
    if "num_images" in operation.model_fields:
        values["num_images"] = 1
    if "seed" in operation.model_fields and isinstance(seed := snapshot.get("image_seed"), int):
        values["seed"] = seed
    values = validate(operation, values).model_dump(mode="json")
    if references(values):
        raise InvalidInput("The snapshot refers to the result of a task.", field="asset_id")
    port = str(output.get("port", "image"))
    return ImageRecord(operation, values, texts, port, snapshot)


def _without_tags(text: Any) -> str:
    return extract_tags(text)[0] if isinstance(text, str) else ""


def _mapping(value: Any) -> Data:
    return value if isinstance(value, Mapping) else {}
