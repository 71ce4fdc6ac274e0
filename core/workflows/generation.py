"""Workflows from the generation parameters that other tools write into images."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from core.errors import InvalidInput
from core.operations.declaration.fields import TEXT_MAX
from core.operations.declaration.registry import Registry
from core.operations.diffusion.lora_use import LORAS_MAX, WEIGHT_MAX
from core.operations.diffusion.sized import SIZE_MAX, SIZE_MIN
from core.prompts.lora_tags import extract_tags
from core.workflows.comfy.model_files import Kind, ModelFiles
from core.workflows.comfy.nodes.prompts import GUIDANCE_MAX
from core.workflows.comfy.report import Entry, Report
from core.workflows.comfy.samplers import offered_sampler
from core.workflows.restoration import restore
from core.workflows.sampler_labels import sampler_of
from core.workflows.workflow import Workflow

_SIZE = re.compile(r"(\d{1,5})\s*[x×,]\s*(\d{1,5})")
_HASH = re.compile(r"(?:0x)?([0-9a-fA-F]{8,64})")
STEPS_MAX, CLIP_SKIP_MAX = 100, 4
# Settings that are no parameter: facts of the run, and those that others repeat.
_FACTS = frozenset({"Version", "Model hash", "Lora hashes", "Lora weights", "Schedule type"})


def restore_generation(
    source: str, generation: Mapping[str, Any], registry: Registry, files: ModelFiles
) -> tuple[Workflow, Report]:
    """The workflow that generates such an image, and the report of its settings.

    `generation` is that of `core.store.metadata.read_metadata`. The wall has Generate, whatever
    made the image: an input image is not in the file.
    """
    reader = _Reader(generation, Report(source), files)
    params = reader.params()
    return restore({"operation": "generate", "params": params}, registry), reader.report


class _Reader:
    """The settings of one image, read to parameters."""

    def __init__(self, generation: Mapping[str, Any], report: Report, files: ModelFiles) -> None:
        settings = generation.get("settings")
        self._settings = dict(settings) if isinstance(settings, Mapping) else {}
        self._generation = generation
        self._files = files
        self._hashes = _pairs(self._settings.get("Lora hashes"))
        self.report = report

    def params(self) -> dict[str, Any]:
        """The parameters, None where the image has none."""
        loras: dict[str, float] = {}
        prompt = self._prompt("prompt", loras)
        negative = self._prompt("negative_prompt", {})
        for lora in self._generation.get("loras") or ():
            if isinstance(lora, Mapping) and isinstance(lora.get("name"), str):
                loras.setdefault(
                    self._lora(lora["name"], str(lora.get("hash") or "")), _weight(lora)
                )
        distilled = self._number("Distilled CFG Scale", 0, GUIDANCE_MAX)
        guidance = self._number("CFG scale", 0, GUIDANCE_MAX)
        model = self._model()
        params = {
            "prompt": prompt,
            "negative_prompt": negative,
            "model": model,
            "num_inference_steps": self._integer("Steps", 1, STEPS_MAX),
            "guidance_scale": guidance if distilled is None else distilled,
            "true_cfg_scale": guidance if distilled is not None and (guidance or 0) > 1 else None,
            "sampler": self._sampler(model, flow=distilled is not None),
            "clip_skip": self._clip_skip(),
            "seed": self._seed(),
            **self._size(),
            "loras": [
                {"name": name, "weight": weight} for name, weight in list(loras.items())[:LORAS_MAX]
            ],
        }
        self._rest()
        return {name: value for name, value in params.items() if value not in (None, [])}

    def _prompt(self, name: str, loras: dict[str, float]) -> str:
        """A prompt without its LoRA tags, which go to `loras`."""
        text = str(self._generation.get(name) or "")[:TEXT_MAX]
        try:
            bare, tags = extract_tags(text)
        except InvalidInput:
            return text
        for tag in tags:
            digest = self._hashes.get(tag.name, "")
            loras.setdefault(self._lora(tag.name, digest), _bounded(tag.weight))
        if text:
            self._entry(name).becomes = "Prompt"
        return bare

    def _lora(self, name: str, digest: str) -> str:
        entry = self._entry(f"LoRA {name}")
        entry.becomes = "LoRAs"
        return self._file("lora", name, digest, entry)

    def _model(self) -> str | None:
        name, digest = self._settings.pop("Model", ""), self._settings.get("Model hash", "")
        if not name and not digest:
            return None
        entry = self._entry("Model")
        entry.becomes = "Model of Generate"
        return self._file("model", name or digest, digest, entry)

    def _file(self, kind: Kind, name: str, digest: str, entry: Entry) -> str:
        match = _HASH.fullmatch(digest.strip())
        model_id, missing = self._files.find(kind, name, match[1].lower() if match else "")
        if missing is not None:
            self.report.missing[f"{kind} {model_id}"] = missing
            entry.missing.append(missing.detail)
        return model_id

    def _number(self, name: str, least: float, most: float) -> float | None:
        text = self._settings.pop(name, None)
        if text is None:
            return None
        entry = self._entry(name)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            entry.notes.append(f"{text[:40]!r} is no number.")
            return None
        entry.becomes = name
        bounded = min(max(value, least), most)
        if bounded != value:
            entry.notes.append(f"{value:g} becomes {bounded:g}.")
        return bounded

    def _integer(self, name: str, least: int, most: int) -> int | None:
        value = self._number(name, least, most)
        return None if value is None else int(value)

    def _clip_skip(self) -> int | None:
        """Layers that are skipped: there, 1 is the last layer."""
        layer = self._integer("Clip skip", 0, CLIP_SKIP_MAX + 1)
        return layer - 1 if layer is not None and layer > 1 else None

    def _seed(self) -> int | None:
        text = self._settings.pop("Seed", None)
        if text is None:
            return None
        entry = self._entry("Seed")
        if not (text.isascii() and text.isdecimal() and len(text) < 30):
            entry.notes.append(f"{text[:40]!r} is no seed.")
            return None
        entry.becomes = "Seed of Settings"
        seed = int(text)
        if seed >= 2**32:
            entry.notes.append(f"{seed} has more than 32 bits: {seed % 2**32} replaces it.")
        return seed % 2**32

    def _size(self) -> dict[str, int]:
        text = self._settings.pop("Size", None)
        match = _SIZE.search(text or "")
        if text is None or match is None:
            return {}
        entry = self._entry("Size")
        entry.becomes = "Size of Settings"
        sides = [int(match[1]), int(match[2])]
        shrunk = min(1.0, SIZE_MAX / max(*sides, 1))
        width, height = (max(round(side * shrunk), SIZE_MIN) for side in sides)
        if [width, height] != sides:
            entry.notes.append(f"{sides[0]}×{sides[1]} becomes {width}×{height}.")
        return {"width": width, "height": height}

    def _sampler(self, model: str | None, *, flow: bool) -> str | None:
        text = self._settings.pop("Sampler", None)
        if text is None:
            return None
        entry = self._entry("Sampler")
        entry.becomes = "Sampler of Generate"
        sampler, note = sampler_of(text, self._settings.get("Schedule type", ""), flow=flow)
        sampler, replaced = offered_sampler(sampler, self._files.samplers(model or ""))
        entry.notes += filter(None, (note, replaced))
        return sampler

    def _rest(self) -> None:
        """Settings without a parameter, as they are in the file."""
        for name, value in self._settings.items():
            if name not in _FACTS:
                entry = self._entry(name)
                entry.unmapped = True
                entry.notes.append(f"Not restored: {value[:80]}.")

    def _entry(self, name: str) -> Entry:
        return self.report.entries.setdefault(name, Entry(name, "setting"))


def _weight(lora: Mapping[str, Any]) -> float:
    weight = lora.get("weight")
    plain = isinstance(weight, int | float) and not isinstance(weight, bool)
    return _bounded(float(weight)) if plain and weight is not None else 1.0


def _bounded(weight: float) -> float:
    return min(max(weight, -WEIGHT_MAX), WEIGHT_MAX) if math.isfinite(weight) else 1.0


def _pairs(text: str | None) -> dict[str, str]:
    """`name: hash, name: hash` as pairs."""
    parts = (part.partition(":") for part in (text or "").split(","))
    return {name.strip(): digest.strip() for name, _, digest in parts if digest.strip()}
