"""Missing LoRAs of a workflow, of which some are switched off or malformed."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.errors import ModelMissing
from core.operations.declaration import registry
from core.operations.declaration.resolving import ResolveContext
from core.workflows.requirements import missing_models
from core.workflows.workflow import INERT, parse

REGISTRY = registry.load()


def absent(name: str) -> None:
    raise ModelMissing(f"There is no {name!r}.", fix="Download it.")


# No library: every name that is looked up is missing.
NOTHING = cast(
    ResolveContext,
    SimpleNamespace(
        models=SimpleNamespace(get=absent, default=absent),
        loras=SimpleNamespace(find=absent),
        auxiliary=SimpleNamespace(path=absent),
    ),
)


def missing(kind: str, props: dict[str, Any], **more: Any) -> list[str]:
    brick = {"id": "it", "type": kind, "props": props, **more}
    return [item.name for item in missing_models(parse([brick]), REGISTRY, NOTHING)]


@pytest.mark.parametrize("wrong", [None, 5, "ink", {}, {"name": 3}, {"name": "x", "weight": "y"}])
def test_a_malformed_lora_does_not_hide_the_others(wrong: Any) -> None:
    loras = [{"name": "first", "weight": 1}, wrong, {"name": "last", "weight": 0.5}]
    names = missing("lora_stack", {"loras": loras})
    assert (names[0], names[-1]) == ("first", "last")


@pytest.mark.parametrize("off", [{"weight": 0}, {"enabled": False}])
def test_a_lora_that_changes_nothing_is_not_missing(off: dict[str, Any]) -> None:
    assert missing("lora_stack", {"loras": [{"name": "ink", **off}]}) == []


@pytest.mark.parametrize("more", [{"bypassed": True}, {"type": INERT}, {"type": "another"}])
def test_a_brick_that_does_not_run_lacks_nothing(more: dict[str, Any]) -> None:
    assert missing("generate", {"model": "dream"}) == ["dream"]
    assert missing("generate", {"model": "dream"}, **more) == []
