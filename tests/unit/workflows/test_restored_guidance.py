"""References and regions of an image come back as bricks, and the run as it was."""

from typing import Any

from core.operations.declaration.registry import load
from core.workflows.compiler import compile_workflow
from core.workflows.restoration import restore

REGISTRY = load()


def restored(operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the run of a restored snapshot."""
    workflow = restore({"operation": operation, "params": params}, REGISTRY)
    steps = compile_workflow(workflow, REGISTRY).steps
    (step,) = [step for step in steps if step.operation == operation]
    declaration = REGISTRY.get(operation)
    assert declaration is not None
    return declaration.model_validate(step.params).model_dump(mode="json")


def stored(operation: str, **params: Any) -> dict[str, Any]:
    declaration = REGISTRY.get(operation)
    assert declaration is not None
    return declaration.model_validate(params).model_dump(mode="json")


def test_references_come_back_with_crops_and_the_masks_of_their_own() -> None:
    references = [
        {"image": "A", "weight": 0.4, "crop": [0.25, 0, 1, 0.5]},
        {"image": "B", "mask": "M", "role": "style", "model": "ip"},
        {"image": "C"},
    ]
    params = stored("generate", prompt="a", model="sdxl", reference=references)
    again = restored("generate", params)
    for name in ("reference", "reference_image", "reference_mask", "model"):
        assert again[name] == params[name]


def test_regions_come_back_with_their_masks_and_the_image_stays_with_its_operation() -> None:
    regions = [{"mask": "M", "prompt": "a house", "feather": 3}, {"mask": "N", "prompt": "a car"}]
    params = stored("img2img", prompt="a", image="I", regions=regions)
    again = restored("img2img", params)
    for name in ("regions", "region_mask", "image"):
        assert again[name] == params[name]
    plain = stored("img2img", prompt="a", image="I")
    workflow = restore({"operation": "img2img", "params": plain}, REGISTRY)
    assert "regions" not in {brick.type for brick in workflow.bricks}
    assert restored("img2img", plain)["image"] == "I"
