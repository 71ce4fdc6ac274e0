"""Descriptions of assets: what the gallery searches by, from a task's row or a file's metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.pictures.origin import Origin, recipe
from core.store.assets import IMPORTED
from core.store.words import normalized

UPLOAD, IMPORT = "upload", IMPORTED
MAX_SEED = 2**63 - 1
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Description:
    """The making of an image. `loras` are records `{name, weight}`."""

    operation: str | None = None
    model: str | None = None
    model_label: str | None = None
    seed: int | None = None
    prompt: str = ""
    negative_prompt: str = ""
    loras: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of_values(cls, values: Sequence[Any]) -> Description:
        """A description of the values of its columns, in their order; of none, an empty one."""
        return cls(*[*values[:-1], tuple(values[-1] or ())]) if values else cls()

    def columns(self, name: str | None) -> dict[str, Any]:
        """The columns of `asset_search` with these values; `name` is that of the asset."""
        return {
            **asdict(self),
            "loras": [dict(lora) for lora in self.loras],
            "words": normalized(
                [
                    self.prompt,
                    self.negative_prompt,
                    self.model_label or "",
                    self.model or "",
                    *(str(lora["name"]) for lora in self.loras),
                    "" if self.seed is None else str(self.seed),
                    name or "",
                ]
            ),
        }


def of_result(asset: Row, task: Row, parent: Description | None) -> Description:
    """The description of a task's output; `asset` and `task` are rows of those tables.

    A task without a prompt, such as `upscale`, passes on what made its input, `parent`.
    """
    params, snapshot = _object(task["params"]), _object(task["snapshot"])
    base = parent or Description()
    model = _object(snapshot.get("model"))
    if not model.get("id") and "prompt" not in params:
        return Description(
            task["operation"],
            base.model,
            base.model_label,
            base.seed,
            base.prompt,
            base.negative_prompt,
            base.loras,
        )
    index = asset["index"] or 0
    texts = {**params, **_object(_at(snapshot.get("prompts"), index))}
    seed = _object(asset["metadata"]).get("seed")
    return Description(
        task["operation"],
        _text(model.get("id")) or None,
        _text(model.get("label")) or None,
        _seed(seed),
        _text(texts.get("prompt")),
        _text(texts.get("negative_prompt")),
        _loras(_loras_of_image(snapshot.get("plans"), index) or params.get("loras")),
    )


def of_file(asset: Row, operation: str) -> Description:
    """The description of an uploaded or imported image: what its metadata says."""
    metadata = _object(asset["metadata"])
    steps = Origin.of(metadata).history
    values = recipe(steps)
    generation = _object(metadata.get("generation"))
    models = [_object(step.get("model")) for step in steps if "input" not in step]
    labels = [_text(model.get("label")) for model in models if model.get("label")]
    model = _text(values.get("model"))
    return Description(
        operation,
        model or None,
        (labels[-1] if labels else model) or None,
        _seed(values.get("seed")),
        _text(values.get("prompt")),
        _text(values.get("negative_prompt")),
        _loras(values.get("loras") or generation.get("loras")),
    )


def _loras_of_image(plans: Any, index: int) -> Any:
    """The LoRAs of an image where they are not those of the parameters: an entry holds until the
    next."""
    entries = plans if isinstance(plans, Sequence) else ()
    loras = None
    for entry in map(_object, entries):
        if entry.get("image", 0) <= index:
            loras = entry.get("loras")
    return loras


def _loras(records: Any) -> tuple[Mapping[str, Any], ...]:
    """LoRAs as name and weight, without those that are switched off."""
    entries = records if isinstance(records, list | tuple) else ()
    return tuple(
        {"name": entry["name"], "weight": _weight(entry.get("weight"))}
        for entry in map(_object, entries)
        if isinstance(entry.get("name"), str) and entry["name"] and _active(entry)
    )


def _active(entry: Mapping[str, Any]) -> bool:
    return entry.get("enabled") is not False and entry.get("weight") != 0


def _weight(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 1.0


def _at(entries: Any, index: int) -> Any:
    """The entry of an image; the last holds for the images after it."""
    return entries[min(index, len(entries) - 1)] if isinstance(entries, list) and entries else None


def _seed(value: Any) -> int | None:
    is_seed = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SEED
    return value if is_seed else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
