"""The origin of an image: the steps that made it, which every result carries in its metadata.

A step is the record of one operation (`operation`, `params`, `model`, `image_seed` …) or the
metadata of another tool (`source`, `generation`, `texts` …). Steps stand in a flat list, the oldest
first, so that any number of edits adds no nesting. A step with `input` made a mask or a second
image of a later one; `input` names its field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.nesting import cut
from core.store.metadata import TEXT_LIMIT

Step = Mapping[str, Any]

MAX_STEPS = 64
MAX_BYTES = TEXT_LIMIT * 3 // 4  # of the JSON; the rest of a text is for the image's own record
MAX_STEP_DEPTH = 16
PLACE_MAX = 200  # characters of the `input` of a step
_RECORD = (
    "task",
    "operation",
    "params",
    "output",
    "model",
    "vae",
    "sampler",
    "scheduler",
    "image_seed",
    "created_at",
    "versions",
    "input",
)
_FOREIGN = ("source", "parameters", "generation", "texts")
_OF_IMAGE = ("prompt", "negative_prompt", "loras")  # what may differ between images of a task
# Parameters by their names in the settings of an infotext.
_NUMBERS = {"Steps": "num_inference_steps", "CFG scale": "guidance_scale"}


@dataclass(frozen=True, slots=True)
class Origin:
    """The steps up to an image, its own included, and the infotext of its newest generation."""

    history: Sequence[Step] = ()
    parameters: str | None = None

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Origin:
        """Build it from the metadata of a file, as `read_metadata` returns it."""
        if metadata.get("source") is None:
            return cls()
        snapshot = metadata.get("qpyt")
        steps = steps_of(snapshot) if snapshot else [_known(metadata)]
        if not steps and metadata.get("generation"):  # an older version, without a record of steps
            steps = [_known(metadata)]
        return cls(bounded(steps), metadata.get("parameters"))


def joined(main: Origin, others: Sequence[tuple[str, Origin]]) -> Origin:
    """The origin of an image made from several: `others` are (field, origin) beside the main input.

    Their steps come first, marked with the field (`mask`, `mask.image`); steps of the main input
    are not repeated. The infotext is that of the main input.
    """
    seen = [_unmarked(step) for step in main.history]
    marked: list[Step] = []
    for field, origin in others:
        for step in origin.history:
            if _unmarked(step) not in seen and not _is_gap(step):
                seen.append(_unmarked(step))
                inner = step.get("input")
                place = f"{field}.{inner}" if isinstance(inner, str) else field
                marked.append({**step, "input": place[:PLACE_MAX]})
    return Origin(bounded([*marked, *main.history]), main.parameters)


def steps_of(snapshot: Mapping[str, Any]) -> list[Step]:
    """The steps in a snapshot, its own last. Entries of another shape are left out."""
    record = {name: snapshot[name] for name in _RECORD if name in snapshot}
    return [*_earlier(snapshot), *([record] if isinstance(record.get("operation"), str) else [])]


def bounded(steps: Sequence[Step], most_bytes: int = MAX_BYTES) -> list[Step]:
    """At most `MAX_STEPS` steps of at most `most_bytes` of JSON and `MAX_STEP_DEPTH` levels.

    Steps of masks and second images go first; of the others, the first and the newest step stay
    longest. `{"omitted": n}` stands for the n left out. Texts of another tool that are too long are
    named in the `omitted` of its step.
    """
    gap = sum(max(0, step["omitted"]) for step in steps if _is_gap(step))
    given = [step for step in steps if not _is_gap(step)]
    kept = [cut(step, MAX_STEP_DEPTH) for step in given]
    while kept and (len(kept) > MAX_STEPS or _size(kept) > most_bytes):
        other = next((place for place, step in enumerate(kept) if "input" in step), None)
        if other is not None:
            del kept[other]
        elif len(kept) > 2:
            del kept[1]
        elif kept[0].get("texts"):
            kept[0] = _without_longest_text(kept[0])
            continue
        else:
            del kept[0]
        gap += 1
    return [*kept[:1], {"omitted": gap}, *kept[1:]] if kept and gap else kept


def shortened(snapshot: Mapping[str, Any], most_bytes: int) -> dict[str, Any]:
    """The snapshot with a history that leaves it at most `most_bytes` of JSON, where it can."""
    own = {name: value for name, value in snapshot.items() if name != "history"}
    history = bounded(_earlier(snapshot), most_bytes - _size(own) - len('"history": , '))
    return {**own, **({"history": history} if history else {})}


def recipe(steps: Sequence[Step]) -> dict[str, Any]:
    """The parameters of all steps by name, where a later step precedes; masks and second images
    do not count.

    Texts and LoRAs are those that the image itself was drawn with. `model` (an id) and `seed` are
    those of the newest generation; None without one.
    """
    values: dict[str, Any] = {}
    model = seed = None
    for step in steps:
        if "input" in step:
            continue
        if "source" in step:
            step = _translated(step)
        params, facts, output = (step.get(name) for name in ("params", "model", "output"))
        values |= _filled(params) if isinstance(params, Mapping) else {}
        own = output if isinstance(output, Mapping) else {}
        values |= _filled({name: own[name] for name in _OF_IMAGE if name in own})
        model = facts.get("id") or model if isinstance(facts, Mapping) else model
        seed = step["image_seed"] if isinstance(step.get("image_seed"), int) else seed
    return {**values, "model": model, "seed": seed}


def _earlier(snapshot: Mapping[str, Any]) -> list[Step]:
    """The steps before the image's own; those of an older version had one merged record."""
    history, output = snapshot.get("history"), snapshot.get("output")
    if isinstance(history, list):
        return [known for step in history if (known := _known(step))]
    merged = output.get("origin") if isinstance(output, Mapping) else None
    if not isinstance(merged, Mapping) or not isinstance(merged.get("operation"), str):
        return []
    step = {name: merged[name] for name in ("operation", "params") if name in merged}
    return [{**step, "model": {"id": merged.get("model")}, "image_seed": merged.get("seed")}]


def _known(step: Any) -> Step:
    """The fields of a step; empty for anything else."""
    if not isinstance(step, Mapping):
        return {}
    known = {name: step[name] for name in (*_RECORD, *_FOREIGN, "omitted") if name in step}
    if not isinstance(known.get("texts", {}), Mapping):
        del known["texts"]
    return known


def _unmarked(step: Step) -> Step:
    return {name: value for name, value in step.items() if name != "input"}


def _translated(step: Step) -> Step:
    """The step of another tool as one of this studio."""
    generation = step.get("generation")
    if not isinstance(generation, Mapping):
        return {}
    settings = generation.get("settings")
    settings = settings if isinstance(settings, Mapping) else {}
    params = {name: generation.get(name) for name in ("prompt", "negative_prompt")}
    params |= {name: settings.get(theirs) for theirs, name in _NUMBERS.items()}
    seed = str(settings.get("Seed", ""))
    return {
        "params": params,
        "model": {"id": settings.get("Model")},
        "image_seed": int(seed) if seed.isdecimal() and len(seed) < 21 else None,
    }


def _without_longest_text(step: Step) -> Step:
    texts = dict(step["texts"])
    longest = max(texts, key=lambda name: len(str(texts[name])))
    del texts[longest]
    rest = {name: value for name, value in step.items() if name != "texts"}
    before = step.get("omitted")
    left_out = [*(before if isinstance(before, list) else ()), longest]
    return {**rest, **({"texts": texts} if texts else {}), "omitted": left_out}


def _is_gap(step: Step) -> bool:
    return step.keys() == {"omitted"} and isinstance(step["omitted"], int)


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _filled(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with a value: an empty one does not hide that of an earlier step."""
    return {name: value for name, value in params.items() if value not in (None, "", [], ())}
