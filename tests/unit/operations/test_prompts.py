"""Styles and choices of a request: settled per image before it is stored, kept in the facts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.configuration.declaration import SEED_MAX
from core.errors import InvalidInput, StudioError
from core.models.library.library import Library
from core.operations.declaration.fields import TextOutput
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import describe
from core.operations.diffusion.parameters import DiffusionParameters
from core.operations.diffusion.plans import ImagePlan
from core.operations.diffusion.request import DiffusionRequest
from core.operations.generate import Generate
from core.operations.upscale import Upscale
from core.prompts.presets import PromptPresets
from core.settings import ROOT
from core.tasks.inputs import cache_key
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import peft

PRESETS = ROOT / "presets"
MakeContext = Callable[[], LibraryContext]
SHIPPED: MakeContext = partial(
    LibraryContext, Library([ROOT / "models"], presets_dir=PRESETS), PromptPresets(PRESETS)
)
SIDES = {f"transformer_blocks.{block}.attn.to_q": (192, 192) for block in range(2)}


def resolve(make_context: MakeContext = SHIPPED, **params: Any) -> Any:
    return Generate.model_validate({"prompt": "a house", **params}).resolve(make_context())


def plans(resolved: Any, make_context: MakeContext = SHIPPED) -> Sequence[ImagePlan]:
    """The plans that the worker draws by."""
    count = getattr(resolved.operation, "num_images", 1)
    return DiffusionRequest(resolved.operation, "generate", count).plans(
        Run(resolved.facts, make_context)  # type: ignore[arg-type]
    )


class Run:
    """The part of a worker's context that plans need."""

    def __init__(self, facts: Any, make_context: MakeContext) -> None:
        self.facts = json.loads(json.dumps(facts))  # as the queue keeps them
        self.resolver = make_context()
        self.warned: list[str] = []

    def warn(self, code: str, *_: Any) -> None:
        self.warned.append(code)

    def note(self, facts: Any) -> None:
        self.facts |= facts


def test_a_plain_prompt_leaves_nothing_to_tell() -> None:
    assert not {"prompts", "styles"} & resolve().facts.keys()


def test_each_picture_has_the_prompt_of_its_own_seed() -> None:
    text = "a {red|blue|green} __animal__"
    whole = resolve(prompt=text, seed=SEED_MAX - 1, num_images=4)
    assert whole.operation.prompt == text
    for index in range(4):
        seed = (SEED_MAX - 1 + index) % (SEED_MAX + 1)
        alone = resolve(prompt=text, seed=seed).facts["prompts"]
        assert whole.facts["prompts"][index] == alone[0]
    assert len({texts["prompt"] for texts in whole.facts["prompts"]}) > 1


def test_styles_stand_around_the_prompt_that_the_user_keeps() -> None:
    resolved = resolve(prompt="a {x|x}", styles="blueprint, ink-drawing", negative_prompt="dogs")
    assert resolved.operation.prompt == "a {x|x}"
    assert resolved.operation.styles == ("blueprint", "ink-drawing")
    assert [style["name"] for style in resolved.facts["styles"]["used"]] == [
        "Blueprint",
        "Ink drawing",
    ]
    (texts,) = resolved.facts["prompts"]
    assert texts["prompt"].startswith("an ink drawing of a blueprint of a x, white lines")
    assert texts["negative_prompt"].startswith("dogs, ")
    again = resolved.operation.resolve(SHIPPED())
    assert (again.operation, again.facts["prompts"]) == (
        resolved.operation,
        resolved.facts["prompts"],
    )


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("prompt", {"prompt": "__nothing__"}),
        ("negative_prompt", {"negative_prompt": "__../settings__ __nothing__"}),
        ("styles", {"styles": ["nothing"]}),
        ("prompt", {"prompt": "{1$$" * 20 + "}" * 20}),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_its_field(field: str, bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve(**bad)
    assert caught.value.field == field


def test_a_text_that_is_still_to_come_is_settled_later_and_the_other_one_checked_now() -> None:
    later = TextOutput(task="T")
    assert "prompts" not in resolve(prompt=later, styles=["blueprint"]).facts
    with pytest.raises(InvalidInput):
        resolve(prompt=later, negative_prompt="__nothing__")


def test_a_text_of_another_task_is_planned_as_if_it_had_been_written(equipped: MakeContext) -> None:
    text = "a {red|blue|green} house <lora:small:0.5>"
    given = {"styles": ["soft"], "num_images": 4, "seed": 3}
    written = resolve(equipped, prompt=text, **given)
    later = resolve(equipped, prompt=TextOutput(task="T"), **given)
    arrived = replace(later, operation=later.operation.model_copy(update={"prompt": text}))
    assert plans(arrived, equipped) == plans(written, equipped)


def test_a_task_stored_before_there_were_plans_is_drawn_as_it_was_stored(
    equipped: MakeContext,
) -> None:
    resolved = resolve(equipped, prompt="a {red|blue} <lora:small:0.5>", num_images=2, seed=3)
    prompts = [{"prompt": f"a {word} <lora:small:0.5>", "negative_prompt": ""} for word in "xy"]
    facts = {
        name: fact for name, fact in resolved.facts.items() if name not in ("plans", "prompts")
    }
    old = replace(resolved, facts={**facts, "prompts": prompts, "prompt_loras": {"small": "small"}})
    assert [plan.prompt for plan in plans(old, equipped)] == ["a x", "a y"]
    assert [lora.name for plan in plans(old, equipped) for lora in plan.loras] == ["small"] * 2


def test_a_changed_list_is_another_task(tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    own = partial(LibraryContext, Library([ROOT / "models"]), PromptPresets(PRESETS, lists))
    keys = set()
    for word in ("cat", "dog"):
        (lists / "pet.txt").write_text(word, encoding="utf-8")
        resolved = resolve(own, prompt="a __pet__", seed=1)
        keys.add(cache_key("generate", resolved.operation.model_dump(mode="json"), resolved.facts))
    assert len(keys) == 2


@pytest.fixture
def styled(tmp_path: Path) -> MakeContext:
    """A library with a style that brings a LoRA under another name, and one that is not here."""
    shutil.copytree(ROOT / "models" / "nano", tmp_path / "models" / "nano")
    (tmp_path / "models" / "loras").mkdir()
    safetensors(tmp_path / "models" / "loras" / "small.safetensors", peft("transformer.", SIDES))
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "a.yaml").write_text(
        "category: A\nstyles:\n  - id: soft\n    name: Soft\n    prompt: soft {prompt}\n"
        "    loras: [{name: small.safetensors, weight: 0.3}, {name: gone}]\n",
        encoding="utf-8",
    )
    return partial(LibraryContext, Library([tmp_path / "models"]), PromptPresets(tmp_path))


def test_a_style_brings_its_loras_where_they_are_here(styled: MakeContext) -> None:
    resolved = resolve(styled, styles=["soft"])
    assert [(use.name, use.weight) for use in resolved.operation.loras] == [("small", 0.3)]
    assert [warning.code for warning in resolved.warnings] == ["lora_skipped"]
    assert resolved.facts["loras"][0]["weight"] == 0.3


@pytest.mark.parametrize(("weight", "expected"), [(0.9, [("small", 0.9)]), (0, [])])
def test_the_users_weight_of_a_lora_stands(
    styled: MakeContext, weight: float, expected: list[Any]
) -> None:
    resolved = resolve(styled, styles=["soft"], loras=[{"name": "small", "weight": weight}])
    assert [(use.name, use.weight) for use in resolved.operation.loras] == expected


@pytest.fixture
def equipped(styled: MakeContext, tmp_path: Path) -> MakeContext:
    """With a copy of the LoRA under another name and one that no model here takes."""
    loras = tmp_path / "models" / "loras"
    shutil.copy(loras / "small.safetensors", loras / "twin.safetensors")
    wide = dict.fromkeys(SIDES, (3072, 3072))
    safetensors(loras / "wide.safetensors", peft("transformer.", wide))
    return styled


def test_a_lora_in_the_prompt_is_checked_and_applied_and_the_prompt_stays(
    equipped: MakeContext,
) -> None:
    text = "a house, <lora:small:0.4>"
    resolved = resolve(equipped, prompt=text)
    assert resolved.operation.prompt == text
    (plan,) = plans(resolved, equipped)
    assert plan.prompt == "a house"
    assert [(lora.name, lora.weight) for lora in plan.loras] == [("small", 0.4)]
    assert plan.metadata == {"loras": [{"name": "small", "weight": 0.4}]}
    assert [(lora["id"], lora["weight"]) for lora in resolved.facts["loras"]] == [("small", 0.4)]
    again = resolved.operation.resolve(equipped())
    assert (again.operation, again.facts["loras"]) == (resolved.operation, resolved.facts["loras"])


@pytest.mark.parametrize("listed", [{"weight": 0.9}, {"weight": 0.9, "enabled": False}])
def test_the_list_wins_over_the_prompt_by_content_not_by_name(
    equipped: MakeContext, listed: dict[str, Any]
) -> None:
    asked = {"prompt": "a house <lora:twin:0.4>", "loras": [{"name": "small", **listed}]}
    resolved = resolve(equipped, **asked)
    expected = [] if "enabled" in listed else [0.9]
    assert [lora["weight"] for lora in resolved.facts.get("loras", [])] == expected
    (plan,) = plans(resolved, equipped)
    assert [lora.weight for lora in plan.loras] == expected
    assert plan.prompt == "a house"


def test_each_choice_may_name_a_lora_of_its_own(equipped: MakeContext) -> None:
    text = "{<lora:small:1>|<lora:small:0.2>} a house"
    resolved = resolve(equipped, prompt=text, num_images=8, seed=1)
    assert {texts["prompt"] for texts in resolved.facts["prompts"]} == {
        "<lora:small:1> a house",
        "<lora:small:0.2> a house",
    }


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ("<lora:nothing:1>", "no LoRA 'nothing'"),
        ("<lora:wide:1>", "cannot be used"),
        ("<lora:small:9>", "beyond 4"),
        ("<lora:small:nan>", "beyond 4"),
        ("<lora:small:high>", "no weight"),
    ],
)
def test_what_a_sign_cannot_mean_is_refused_for_the_prompt(
    equipped: MakeContext, sign: str, words: str
) -> None:
    with pytest.raises(StudioError, match=words) as caught:
        resolve(equipped, prompt=f"a house {sign}")
    assert caught.value.field == "prompt"


def test_an_unfit_lora_of_the_prompt_is_left_out_where_the_request_says_so(
    equipped: MakeContext,
) -> None:
    resolved = resolve(equipped, prompt="<lora:wide:1> a <lora:gone:1>", lora_policy="skip")
    (plan,) = plans(resolved, equipped)
    assert (plan.prompt, plan.loras) == ("a", ())
    assert [(warning.code, warning.field) for warning in resolved.warnings] == [
        ("lora_skipped", "prompt")
    ] * 2
    assert [lora["name"] for lora in resolved.facts["skipped_loras"]] == ["wide", "gone"]


def test_nine_loras_of_the_list_leave_room_for_those_of_the_prompt(equipped: MakeContext) -> None:
    listed = [{"name": "small"}] * 9
    (plan,) = plans(resolve(equipped, prompt="a <lora:twin:1>", loras=listed), equipped)
    assert len(plan.loras) == 9


def test_tags_in_the_negative_prompt_are_left_out_with_a_warning() -> None:
    resolved = resolve(negative_prompt="dogs, <lora:d:1>")
    (plan,) = plans(resolved)
    assert (plan.negative_prompt, plan.loras) == ("dogs", ())
    assert "lora_ignored" in [warning.code for warning in resolved.warnings]


ENLARGED = {"image": "A", "method": "diffusion", "prompt": "a {red|blue} house", "seed": 3}


def test_upscaling_by_drawing_takes_styles_choices_and_loras_as_all_drawing_does(
    equipped: MakeContext,
) -> None:
    asked = Upscale.model_validate(
        {**ENLARGED, "styles": ["soft"], "prompt": "a {red|blue} <lora:twin:0.2>"}
    )
    resolved = asked.resolve(equipped())
    (texts,) = resolved.facts["prompts"]
    assert texts["prompt"] in ("soft a red <lora:twin:0.2>", "soft a blue <lora:twin:0.2>")
    assert [lora["id"] for lora in resolved.facts["loras"]] == ["small"], "the style came first"
    (plan,) = plans(resolved, equipped)
    assert [lora.name for lora in plan.loras] == ["small"]
    assert plan.prompt in ("soft a red", "soft a blue")


@pytest.mark.parametrize(
    "bad", [{"prompt": "__nothing__"}, {"styles": ["nothing"]}, {"loras": "nothing"}]
)
def test_upscaling_refuses_what_cannot_be_drawn_and_ignores_it_where_nothing_is(
    bad: dict[str, Any],
) -> None:
    with pytest.raises(StudioError) as caught:
        Upscale.model_validate({**ENLARGED, **bad}).resolve(SHIPPED())
    assert str(caught.value.field).partition(".")[0] in bad
    plain = Upscale.model_validate({**ENLARGED, **bad, "method": "lanczos"}).resolve(SHIPPED())
    assert (plain.operation.prompt, plain.operation.loras) == ("", ())  # type: ignore[attr-defined]


def test_the_form_of_upscaling_shows_drawing_only_where_it_draws() -> None:
    fields = describe(Upscale)["schema"]["properties"]
    for name in DiffusionParameters.model_fields:
        assert fields[name]["ui"]["when"] == {"method": ["diffusion"]}
    assert fields["model"]["ui"]["mode"] == "img2img"
    assert "when" not in describe(Generate)["schema"]["properties"]["prompt"]["ui"]
    assert list(fields)[:5] == ["image", "factor", "method", "upscaler", "prompt"]
