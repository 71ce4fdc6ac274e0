"""The texts and LoRAs of each region of one image, settled when the image is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_choice import Choice, choose
from core.operations.diffusion.lora_use import LoraUse
from core.operations.diffusion.prompt_loras import Ids, applied, read, settled
from core.operations.diffusion.region_use import RegionUse
from core.operations.diffusion.styling import TEXTS, expand_texts, wrap_texts
from core.operations.diffusion.weights import WeightReader
from core.prompts.attention import PromptText, WeightedText
from core.prompts.dynamic import Lines
from core.prompts.merging import StyleTemplate

if TYPE_CHECKING:
    from core.operations.diffusion.parameters import DiffusionParameters

Regions = Mapping[int, RegionUse]  # those that act, by their place in the request
Texts = Mapping[str, str]  # prompt and negative prompt


@dataclass(frozen=True, slots=True)
class RegionPlan:
    """A region of one image: its texts as they are encoded, and its own LoRAs. `written` is its
    prompt with tags and weights, as metadata keeps it."""

    prompt: PromptText
    negative_prompt: PromptText = ""
    loras: tuple[LoraUse, ...] = ()
    written: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """The plan as a snapshot keeps it."""
        loras = [lora.model_dump(include={"name", "weight"}) for lora in self.loras]
        texts = {"prompt": self.prompt, "negative_prompt": self.negative_prompt}
        written = {} if self.written == self.prompt else {"written": self.written}
        return {**texts, "loras": loras, **written}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> RegionPlan:
        """The plan that was kept as `record`."""
        prompt, negative = (text_of_record(record[name]) for name in TEXTS)
        loras = tuple(LoraUse.model_validate(use) for use in record["loras"])
        return cls(prompt, negative, loras, record.get("written", record["prompt"]))

    @property
    def parameters(self) -> dict[str, Any]:
        """The fields that the engine reads."""
        return {name: getattr(self, name) for name in (*TEXTS, "loras")}


class RegionPlanner:
    """Plans the regions of the images of one request; see `plan_images`.

    `loras` are those that regions name. Raises `InvalidInput` or `ModelMissing` that name the field
    of a region.
    """

    def __init__(
        self,
        operation: DiffusionParameters,
        regions: Regions,
        wrapping: StyleTemplate,
        ctx: ResolveContext,
        read_weights: WeightReader,
    ) -> None:
        self._operation = operation
        self._regions = regions
        self._wrapping = wrapping
        self._ctx = ctx
        self._read_weights = read_weights
        self._warnings: dict[str, Warning] = {}
        self._noted = {lora.name for lora in operation.loras}
        self.loras = Choice()
        self._listed = {place: self._choose(place, use) for place, use in regions.items()}

    @property
    def warnings(self) -> tuple[Warning, ...]:
        """At most one a field."""
        return tuple(self._warnings.values())

    def texts(self, seed: int, lines: Lines, negative: str) -> Sequence[Texts]:
        """The texts of every region, with choices taken by a seed. A region without a negative
        prompt has that of the image, `negative`."""
        every = []
        for place, use in self._regions.items():
            written = {"prompt": use.prompt, "negative_prompt": use.negative_prompt}
            wrapped = wrap_texts(written, self._wrapping)
            expanded = expand_texts(wrapped, seed, lines, f"regions.{place}.")
            own = expanded["negative_prompt"] if use.negative_prompt else negative
            every.append({"prompt": expanded["prompt"], "negative_prompt": own})
        return every

    def plans(self, every: Sequence[Texts]) -> tuple[RegionPlan, ...]:
        """The plans of every region with these texts, in which tags name LoRAs."""
        return tuple(
            self._plan(place, texts) for place, texts in zip(self._regions, every, strict=True)
        )

    def _plan(self, place: int, texts: Texts) -> RegionPlan:
        field = f"regions.{place}"
        prompt, tags = read(texts["prompt"], f"{field}.prompt")
        negative, ignored = read(texts["negative_prompt"], f"{field}.negative_prompt")
        if ignored:
            self._warnings.setdefault(f"{field}.negative_prompt", _tags_ignored(field))
        listed = tuple(self._listed[place].uses)
        return RegionPlan(
            self._read_weights(f"{field}.prompt", prompt),
            self._read_weights(f"{field}.negative_prompt", negative),
            applied(listed, tags, self._named(place, texts["prompt"], listed)) if tags else listed,
            texts["prompt"],
        )

    def _named(self, place: int, prompt: str, listed: Sequence[LoraUse]) -> Ids:
        field = f"regions.{place}.prompt"
        chosen, ids = settled([prompt], listed, self._operation, self._ctx, field)
        self._note(chosen)
        return ids

    def _choose(self, place: int, use: RegionUse) -> Choice:
        """The LoRAs of a region; a weight of 0 switches one of the whole image off there."""
        model = self._ctx.models.get(self._operation.model or "") if use.loras else None
        if model is None:
            return Choice()
        field = f"regions.{place}.loras.{{}}.name"
        choice = choose(use.loras, self._operation.lora_policy, model, self._ctx, field)
        self._note(choice)
        off = [lora for lora in use.loras if lora.enabled and lora.weight == 0]
        choice.uses += [lora.model_copy(update={"name": self._id(lora)}) for lora in off]
        return choice

    def _note(self, choice: Choice) -> None:
        """Add what is not among the LoRAs of the image or of other regions."""
        new = [lora for lora in choice.applied if lora["id"] not in self._noted]
        self._noted.update(lora["id"] for lora in new)
        self.loras.applied += new
        self.loras.skipped += choice.skipped
        self.loras.warnings += choice.warnings

    def _id(self, lora: LoraUse) -> str:
        return str(self._ctx.loras.find(lora.name).id)


def metadata_of(
    operation: DiffusionParameters, regions: Regions, plans: Sequence[RegionPlan]
) -> dict[str, Any]:
    """The field `regions` of one image, where its prompts are not simply the parameters."""
    pairs = dict(zip(regions, plans, strict=True))
    if all(plan.written == regions[place].prompt for place, plan in pairs.items()):
        return {}
    every: list[dict[str, Any]] = operation.model_dump(mode="json")["regions"]
    for place, plan in pairs.items():
        every[place]["prompt"] = plan.written
    return {"regions": every}


def text_of_record(text: str | Sequence[tuple[str, float]]) -> PromptText:
    """A text as a snapshot keeps it: parts are lists of text and weight."""
    return text if isinstance(text, str) else tuple(WeightedText(*part) for part in text)


def _tags_ignored(field: str) -> Warning:
    return Warning(
        "lora_ignored",
        "LoRA tags have no effect in the negative prompt. Use a negative weight in the prompt.",
        f"{field}.negative_prompt",
    )
