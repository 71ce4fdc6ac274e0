"""Two snapshots, field by field."""

from typing import Any

import pytest

from core.history.comparison import ComparedField, compare, snapshot_of_image
from core.operations.declaration import registry
from core.store.environment import environment_changes

REGISTRY = registry.load()
SNAPSHOT: dict[str, Any] = {
    "operation": "generate",
    "seed": {"policy": "random", "value": 7},
    "model": {"id": "nano", "label": "Nano", "fingerprint": "f" * 64},
    "loras": [{"id": "night", "label": "Night", "weight": 0.5, "fingerprint": "a" * 64}],
    "fingerprints": {"model/nano": "f" * 64, "lora/night": "a" * 64},
    "versions": {"qpyt": "0.1.0", "torch": "2.13.0"},
    "hardware": {"kind": "cpu", "name": "CPU, 2 cores", "threads": 2, "free_bytes": 1},
    "precision": {"transformer": "float32"},
    "params": {"prompt": "a {red|blue} house", "width": 128, "seed": 7},
    "prompts": [{"prompt": "a red house", "negative_prompt": ""}],
}


def fields(other: dict[str, Any]) -> dict[str, ComparedField]:
    return {field.name: field for field in compare(SNAPSHOT, other, REGISTRY) if field.differs}


def test_equal_snapshots_differ_in_nothing() -> None:
    assert fields(SNAPSHOT) == {}
    assert compare(SNAPSHOT, SNAPSHOT, REGISTRY)


@pytest.mark.parametrize(
    ("change", "name", "label", "values"),
    [
        ({"params": {**SNAPSHOT["params"], "width": 64}}, "width", "Width", (128, 64)),
        ({"params": {**SNAPSHOT["params"], "seed": 9}}, "seed", "Seed", (7, 9)),
        ({"seed": {"policy": "manual"}}, "seed_policy", "Seed policy", ("random", "manual")),
        ({"loras": []}, "loras", "LoRAs", (["Night: 0.5"], None)),
        (
            {"versions": {"qpyt": "0.1.0", "torch": "3"}},
            "versions.torch",
            "PyTorch",
            ("2.13.0", "3"),
        ),
        ({"hardware": {"threads": 8}}, "hardware.threads", "Threads", ("2", "8")),
    ],
)
def test_what_differs_is_named_with_both_values(
    change: dict[str, Any], name: str, label: str, values: tuple[Any, Any]
) -> None:
    field = fields({**SNAPSHOT, **change})[name]
    assert (field.label, field.a, field.b) == (label, *values)


def test_prompts_are_compared_word_by_word_as_they_were_drawn() -> None:
    drawn = fields({**SNAPSHOT, "prompts": [{"prompt": "a blue house"}]})["prompt"]
    assert drawn.group == "task"
    assert drawn.words is not None
    assert [segment.text for segment in drawn.words] == ["a ", "red", "blue", " house"]


def test_a_text_without_choices_stands_beside_the_one_that_was_drawn() -> None:
    plain = {**SNAPSHOT, "prompts": [], "params": {"prompt": "a green house"}}
    field = next(
        f for f in compare(SNAPSHOT, plain, REGISTRY) if (f.group, f.name) == ("task", "prompt")
    )
    assert (field.a, field.b) == ("a red house", "a green house")


def test_images_of_other_tools_are_compared_by_their_settings() -> None:
    generation = {"prompt": "a house", "negative_prompt": "", "settings": {"Steps": "20"}}
    snapshot = snapshot_of_image({"source": "a1111", "generation": generation})
    assert snapshot == {"params": {"prompt": "a house", "Steps": "20"}}
    assert {field.name for field in compare(snapshot, snapshot, REGISTRY)} >= {"prompt", "Steps"}


def test_a_file_of_another_name_with_the_same_content_is_no_change() -> None:
    renamed = {"fingerprints": {"model/nano": "f" * 64, "lora/evening": "a" * 64}}
    assert environment_changes(SNAPSHOT, {**SNAPSHOT, **renamed}) == []


def test_a_replaced_file_is_a_change() -> None:
    replaced = {"fingerprints": {"model/nano": "f" * 64, "lora/night": "b" * 64}}
    (change,) = environment_changes(SNAPSHOT, {**SNAPSHOT, **replaced})
    assert (change.label, change.before, change.after) == ("LoRA night", "a" * 64, "b" * 64)


def test_what_an_older_snapshot_did_not_record_is_no_change() -> None:
    older = {
        name: value for name, value in SNAPSHOT.items() if name not in ("hardware", "precision")
    }
    assert environment_changes(older, SNAPSHOT) == []
