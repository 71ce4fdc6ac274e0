"""An asset is searched by what made it: its task, the metadata of its file, or its origin."""

from typing import Any

from core.gallery.description import IMPORT, UPLOAD, Description, of_file, of_result

TASK = {
    "operation": "generate",
    "params": {"prompt": "a house", "negative_prompt": "blur", "loras": [{"name": "ink"}]},
    "snapshot": {"model": {"id": "nano", "label": "Nano"}},
}


def result(task: dict[str, Any], index: int = 0, parent: Description | None = None) -> Description:
    return of_result({"index": index, "metadata": {"seed": 7 + index}}, task, parent)


def test_a_result_is_described_by_its_task() -> None:
    assert result(TASK) == Description(
        "generate", "nano", "Nano", 7, "a house", "blur", ({"name": "ink", "weight": 1.0},)
    )


def test_each_image_of_a_task_has_its_own_texts_and_loras() -> None:
    snapshot = {
        **TASK["snapshot"],
        "prompts": [{"prompt": "red", "negative_prompt": ""}, {"prompt": "blue"}],
        "plans": [{"image": 1, "loras": [{"name": "oil", "weight": 0.5}]}, {"image": 3}],
    }
    images = [result({**TASK, "snapshot": snapshot}, index) for index in range(4)]
    assert [image.prompt for image in images] == ["red", "blue", "blue", "blue"]
    assert [image.seed for image in images] == [7, 8, 9, 10]
    assert [[lora["name"] for lora in image.loras] for image in images] == [
        ["ink"],
        ["oil"],
        ["oil"],
        ["ink"],
    ]


def test_a_derived_image_passes_on_what_made_its_origin() -> None:
    upscale = {"operation": "upscale", "params": {"factor": 2}, "snapshot": {}}
    parent = result(TASK)
    derived = result(upscale, parent=parent)
    assert derived.operation == "upscale"
    assert (derived.prompt, derived.model, derived.seed) == ("a house", "nano", 7)
    assert result(upscale).prompt == ""


def test_a_file_of_another_tool_is_described_by_its_metadata() -> None:
    generation = {
        "prompt": "a castle",
        "negative_prompt": "",
        "settings": {"Seed": "9", "Model": "dream"},
        "loras": [{"name": "ink", "weight": 0.8}],
    }
    row = {"metadata": {"source": "a1111", "generation": generation}}
    assert of_file(row, IMPORT) == Description(
        "import", "dream", "dream", 9, "a castle", "", ({"name": "ink", "weight": 0.8},)
    )
    assert of_file({"metadata": {}}, UPLOAD) == Description("upload")


def test_odd_values_are_left_out() -> None:
    odd = {
        "operation": "generate",
        "params": {"prompt": {"task": "t"}, "loras": [3, {"name": ""}, {"name": "x", "weight": 0}]},
        "snapshot": {"model": None, "prompts": "x", "plans": {}},
    }
    assert result(odd) == Description("generate", seed=7)
    row = {"index": None, "metadata": {"seed": "9"}}
    assert of_result(row, {**odd, "params": None, "snapshot": []}, None).seed is None
