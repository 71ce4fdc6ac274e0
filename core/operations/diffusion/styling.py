"""Styles of a request: looked up, put around its prompt, their LoRAs joined to its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from core.models.library.content import text_content
from core.operations.declaration.fields import PortField, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_choice import Choice, choose, content_of
from core.operations.diffusion.lora_use import LORAS_MAX, LoraUse
from core.prompts.dynamic import expand
from core.prompts.merging import StyleTemplate, combine_styles, merge_loras

if TYPE_CHECKING:
    from core.models.library.model import Model
    from core.prompts.dynamic import Lines
    from core.prompts.styles import Style

STYLES_MAX = 8
TEXTS = ("prompt", "negative_prompt")


def _names(given: Any) -> Any:
    """`"ink, comic"`, as the command line writes it; anything else as it is."""
    if not isinstance(given, str):
        return given
    return [name.strip() for name in given.split(",") if name.strip()]


StylesPort = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=60)], ...],
    Field(max_length=STYLES_MAX),
    BeforeValidator(_names),
    PortField("styles"),
    Field(
        title="Styles",
        description="Styles by id; the first stands closest to the prompt.",
        json_schema_extra=ui("hidden"),
    ),
]


@dataclass(frozen=True, slots=True)
class Styling:
    """The styles of a request."""

    styles: tuple[Style, ...] = ()
    wrapping: StyleTemplate = field(default_factory=StyleTemplate)

    @property
    def ids(self) -> tuple[str, ...]:
        """Their ids, each once."""
        return tuple(style.id for style in self.styles)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Their contents, for `Resolved.fingerprints`."""
        return {f"style/{style.id}": text_content(style.model_dump_json()) for style in self.styles}

    @property
    def facts(self) -> dict[str, Any]:
        """For the snapshot: which styles, and what they put around the prompt."""
        if not self.styles:
            return {}
        names = [{"id": style.id, "name": style.name} for style in self.styles]
        added = {name: getattr(self.wrapping, name) for name in TEXTS}
        return {"styles": {"used": names, **added}}


def styling(names: Sequence[str], ctx: ResolveContext) -> Styling:
    """The styles of these names. Raises `InvalidInput` for one that is not known."""
    if not names:
        return Styling()
    try:
        by_id = {style.id: style for style in map(ctx.prompts.style, names)}
    except InvalidInput as error:
        raise InvalidInput(error.detail, field="styles", fix=error.fix) from error
    styles = tuple(by_id.values())
    return Styling(styles, combine_styles(styles))


def with_loras(
    choice: Choice, chosen: Styling, own: Sequence[LoraUse], model: Model, ctx: ResolveContext
) -> Choice:
    """`choice` with the LoRAs that the styles bring: those that are here, fit, and are not among
    the request's `own`, whose weights stand (one that is switched off stays off)."""
    brought = [
        LoraUse(name=lora.name, weight=lora.weight)
        for style in chosen.styles
        for lora in style.loras
    ]
    if not brought:
        return choice
    more = merge_loras(own, brought, lambda name: content_of(name, ctx))[len(own) :]
    added = choose(more, "skip", model, ctx, place="styles")
    if len(choice.uses) + len(added.uses) > LORAS_MAX:
        raise InvalidInput(f"The styles bring more than {LORAS_MAX} LoRAs in all.", field="styles")
    return choice.with_more(added)


def wrap_texts(texts: Mapping[str, str], wrapping: StyleTemplate) -> dict[str, str]:
    """Prompt and negative prompt within the styles."""
    return {
        "prompt": wrapping.apply(texts["prompt"]),
        "negative_prompt": wrapping.apply_negative(texts["negative_prompt"]),
    }


def expand_texts(
    texts: Mapping[str, str], seed: int, lines: Lines, place: str = ""
) -> dict[str, str]:
    """The texts with every choice taken by a seed. `place` precedes the names of fields, by which
    equal texts have choices of their own. Raises `InvalidInput` that names the field."""
    expanded = {}
    for name, text in texts.items():
        try:
            expanded[name] = expand(text, seed, lines, f"{place}{name}")
        except InvalidInput as error:
            raise InvalidInput(error.detail, field=f"{place}{name}", fix=error.fix) from error
    return expanded
