"""Controls of a request: what is refused by field, and what a snapshot says of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from safetensors.numpy import save_file

from core.errors import InvalidInput, ModelMissing
from core.models.controls.kinds import CONTROLS
from core.models.families import FAMILIES
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.record import Record
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import load
from core.operations.declaration.resolving import InputAsset
from core.operations.declaration.use import main_input
from core.operations.diffusion.control_use import CONTROLS_MAX
from core.operations.generate import Generate
from core.operations.img2img import Img2Img
from core.operations.inpaint import Inpaint
from core.workflows.compiler import compile_workflow
from core.workflows.restoration import restore

CROSS = "attentions.0.transformer_blocks.0.attn2.to_k.weight"
HINT = {"controlnet_cond_embedding.conv_in.weight": (16, 3), "conv_in.weight": (320, 4)}
FILES: dict[str, dict[str, tuple[int, ...]]] = {
    "canny15": {**HINT, f"down_blocks.0.{CROSS}": (320, 768)},
    "depth15": {**HINT, f"down_blocks.0.{CROSS}": (320, 768), "extra": (1,)},
    "cannyxl": {
        **HINT,
        f"down_blocks.1.{CROSS}": (640, 2048),
        "add_embedding.linear_1.weight": (1,),
    },
    "unionxl": {
        **HINT,
        f"down_blocks.1.{CROSS}": (640, 2048),
        "add_embedding.linear_1.weight": (1,),
        "task_embedding": (6, 320),
    },
    "cannyflux": {
        "controlnet_x_embedder.weight": (3072, 64),
        "controlnet_blocks.0.weight": (1,),
        "x_embedder.weight": (3072, 64),
    },
    "lora": {
        "transformer.x_embedder.lora_A.weight": (4, 128),
        "transformer.x_embedder.lora_B.weight": (3072, 4),
        "transformer.transformer_blocks.0.attn.to_q.lora_A.weight": (4, 3072),
        "transformer.transformer_blocks.0.attn.to_q.lora_B.weight": (3072, 4),
    },
}


class RecordsOnly(Library):
    """A library with ControlNets in files, and models of any family without files."""

    def get(self, reference: str) -> Model:
        return Model(reference, Path(reference), FAMILIES[reference], Record(), False, {})


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> LibraryContext:
    folder = tmp_path_factory.mktemp("models")
    for name, shapes in FILES.items():
        tensors = {key: np.zeros(shape, np.float16) for key, shape in shapes.items()}
        save_file(tensors, folder / f"{name}.safetensors")
    return LibraryContext(RecordsOnly([folder]))


def request(*controls: dict[str, Any], model: str = "sd15", **more: Any) -> Generate:
    return Generate(prompt="a house", model=model, control=controls, **more)


def refusal(ctx: LibraryContext, *controls: dict[str, Any], **more: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        request(*controls, **more).resolve(ctx)
    return caught.value


def test_images_within_controls_become_inputs_in_the_same_order() -> None:
    first, second = {"image": "A", "model": "a"}, {"image": {"task": "T"}, "model": "b"}
    asked = request(first, second)
    assert asked.control_image[0] == "A"
    assert asked.control_image[1].task == "T"  # type: ignore[union-attr]
    stored = asked.model_dump(mode="json")
    assert [set(entry) for entry in stored["control"]] == [
        {"model", "type", "mode", "strength", "start", "end"}
    ] * 2
    assert Generate.model_validate(stored) == asked


def test_the_main_input_of_an_image_is_never_its_control() -> None:
    params = {"image": "A", "control_image": ["C"]}
    assert main_input(Img2Img, params) == "A"
    assert main_input(Generate, params) is None


@pytest.mark.parametrize(
    ("controls", "more", "field"),
    [
        ([{"image": "A", "model": "a"}, {"model": "b"}], {}, "control.1.image"),
        ([{"image": "A", "model": "a"}], {"control_image": ["B"]}, "control_image"),
    ],
)
def test_controls_with_images_missing_or_twice_are_refused(
    controls: list[dict[str, Any]], more: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        request(*controls, **more)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "values", [{"strength": 2.1}, {"start": 0.5, "end": 0.5}, {"start": -0.1}, {"colour": 1}]
)
def test_values_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        request({"image": "A", "model": "a", **values})
    assert caught.value.errors()[0]["loc"][:2] == ("control", 0)


def test_seventeen_controls_are_refused() -> None:
    control = {"image": "A", "model": "a"}
    request(*[control] * CONTROLS_MAX)
    with pytest.raises(ValidationError) as caught:
        request(*[control] * (CONTROLS_MAX + 1))
    assert ("control",) in {error["loc"] for error in caught.value.errors()}


def test_a_control_without_an_image_is_refused(ctx: LibraryContext) -> None:
    assert refusal(ctx, {"model": "canny15"}).field == "control"


def test_a_control_of_another_family_is_refused_with_those_that_fit(ctx: LibraryContext) -> None:
    error = refusal(ctx, {"image": "A", "model": "canny15"}, {"image": "B", "model": "cannyxl"})
    assert error.field == "control.1.model"
    assert "SDXL" in error.detail
    assert "canny15, depth15" in (error.fix or "")
    error = refusal(ctx, {"image": "A", "model": "canny15"}, model="chroma")
    assert error.field == "control.0.model"


def test_an_unknown_control_is_missing_by_field(ctx: LibraryContext) -> None:
    with pytest.raises(ModelMissing) as caught:
        request({"image": "A", "model": "nowhere"}).resolve(ctx)
    assert caught.value.field == "control.0.model"
    assert "canny15" in (caught.value.fix or "")


def test_a_union_model_needs_one_of_its_types(ctx: LibraryContext) -> None:
    union = {"image": "A", "model": "unionxl"}
    for wrong in (None, "tile", "poses"):  # six types: the last two of the record are not there
        error = refusal(ctx, {**union, "type": wrong}, model="sdxl")
        assert error.field == "control.0.type"
        assert "normal" in (error.fix or "")
    request({**union, "type": "depth"}, model="sdxl").resolve(ctx)


def test_controls_that_cannot_act_together_are_refused(ctx: LibraryContext) -> None:
    union = {"image": "A", "model": "unionxl", "type": "depth"}
    error = refusal(ctx, union, {"image": "B", "model": "cannyxl"}, model="sdxl")
    assert error.field == "control.1.model"
    request(union, {**union, "type": "canny"}, model="sdxl").resolve(ctx)


def test_a_control_without_strength_is_not_looked_up(ctx: LibraryContext) -> None:
    resolved = request({"image": "A", "model": "nowhere", "strength": 0}).resolve(ctx)
    assert "controls" not in resolved.facts
    assert not [name for name in resolved.fingerprints if name.startswith("control/")]


def test_the_snapshot_and_the_fingerprints_hold_the_controls(ctx: LibraryContext) -> None:
    name = ctx.controls.find("canny15").fingerprint[:12]
    resolved = request({"image": "A", "model": name, "strength": 0.5, "end": 0.8}).resolve(ctx)
    fingerprint = resolved.fingerprints["control/canny15"]
    assert resolved.facts["controls"] == [
        {
            "id": "canny15",
            "label": "canny15",
            "type": None,
            "mode": "balanced",
            "strength": 0.5,
            "start": 0.0,
            "end": 0.8,
            "fingerprint": fingerprint,
        }
    ]
    assert resolved.operation.control[0].model == "canny15"  # type: ignore[attr-defined]


def test_modes_that_one_call_cannot_mix_are_refused_by_field(ctx: LibraryContext) -> None:
    first, second = {"image": "A", "model": "canny15"}, {"image": "B", "model": "depth15"}
    request({**first, "mode": "prompt"}, second).resolve(ctx)
    request({**first, "mode": "control"}, {**second, "mode": "control"}).resolve(ctx)
    for pair in (({**first, "mode": "control"}, second), ({**first, "mode": "prompt"}, first)):
        assert refusal(ctx, *pair).field == "control.1.mode"
    error = refusal(ctx, {"image": "A", "model": "cannyflux", "mode": "prompt"}, model="flux1")
    assert error.field == "control.0.mode"


def test_a_restored_generation_has_a_control_brick_for_each_control(ctx: LibraryContext) -> None:
    controls = [
        {"image": "A", "model": "canny15", "strength": 0.5},
        {"image": "B", "model": "depth15", "mode": "prompt"},
    ]
    params = request(*controls, width=64, height=64).resolve(ctx).operation.model_dump(mode="json")
    declared = load()
    workflow = restore({"operation": "generate", "params": params}, declared)
    bricks = [brick for brick in workflow.bricks if brick.type == "controlnet"]
    assert [(b.props["image"], b.props["model"]) for b in bricks] == [
        ("A", "canny15"),
        ("B", "depth15"),
    ]
    (step,) = compile_workflow(workflow, declared).steps
    remade = Generate.model_validate(step.params)
    asked = Generate.model_validate(params)
    assert (remade.control, remade.control_image) == (asked.control, asked.control_image)


def test_without_a_size_the_result_has_the_shape_of_its_control(ctx: LibraryContext) -> None:
    ctx.assets = {"control_image": [InputAsset("A", "key", "image/png", 640, 320)]}
    try:
        asked = request({"image": "A", "model": "canny15"})
        resolved = asked.resolve(ctx).operation
        assert (resolved.width, resolved.height) == (720, 360)  # type: ignore[attr-defined]
        own = asked.model_copy(update={"width": 512, "height": 512}).resolve(ctx).operation
        assert (own.width, own.height) == (512, 512)  # type: ignore[attr-defined]
    finally:
        ctx.assets = {}


def test_a_control_image_of_quite_another_shape_is_refused() -> None:
    wide = {"control_image": [(64, 64), (640, 64)], "image": [(64, 64)], "mask": [(64, 64)]}
    asked = {"prompt": "a", "control": [{"image": "A", "model": "a"}]}
    for operation in (
        Generate(**asked, width=64, height=64),
        Img2Img(**asked, image="I"),
        Inpaint(**asked, image="I", mask="M"),
    ):
        with pytest.raises(InvalidInput) as caught:
            operation.check_sizes(wide)
        assert caught.value.field == "control.1.image"


def test_true_cfg_is_reported_where_no_pipeline_with_a_control_takes_it(
    ctx: LibraryContext,
) -> None:
    control = [{"image": "A", "model": "cannyflux"}]
    shared = {"prompt": "a", "model": "flux1", "control": control, "true_cfg_scale": 3}
    warned = Img2Img(**shared, image="I").resolve(ctx).warnings
    assert [(w.code, w.field) for w in warned] == [("parameter_ignored", "true_cfg_scale")]
    assert Generate(**shared).resolve(ctx).warnings == ()


def test_a_model_with_a_control_of_its_own_takes_one_image_and_no_net(ctx: LibraryContext) -> None:
    own = {"model": "flux1-control"}
    assert refusal(ctx, **own).field == "control"
    assert refusal(ctx, {"image": "A", "strength": 0}, **own).field == "control"
    assert refusal(ctx, {"image": "A"}, {"image": "B"}, **own).field == "control.1"
    error = refusal(ctx, {"image": "A", "model": "cannyflux"}, **own)
    assert error.field == "control.0.model"
    resolved = request({"image": "A", "strength": 0.5, "end": 0.5}, **own).resolve(ctx)
    assert {w.field for w in resolved.warnings} == {"control.0.strength", "control.0.end"}
    assert [control["id"] for control in resolved.facts["controls"]] == ["flux1-control"]


def test_a_control_without_a_net_is_refused_where_the_model_needs_one(ctx: LibraryContext) -> None:
    error = refusal(ctx, {"image": "A"})
    assert error.field == "control.0.model"
    assert "canny15, depth15" in (error.fix or "")


def test_a_control_lora_acts_alone_in_every_mode_of_flux(ctx: LibraryContext) -> None:
    lora = {"image": "A", "model": "lora"}
    resolved = request({**lora, "end": 0.5}, model="flux1").resolve(ctx)
    assert [w.field for w in resolved.warnings] == ["control.0.end"]
    assert "control/lora" in resolved.fingerprints
    Img2Img(prompt="a", model="flux1", control=[lora], image="I").resolve(ctx)
    assert refusal(ctx, lora, lora, model="flux1").field == "control.1.model"
    assert refusal(ctx, lora, model="sdxl").field == "control.0.model"


def test_the_records_of_models_and_of_controls_agree() -> None:
    for family in FAMILIES.values():
        kinds = [kind for kind in CONTROLS.values() if kind.architecture == family.id]
        modes = {name for name, mode in family.modes.items() if "control" in mode.parameters}
        if kinds:
            assert modes == {mode for kind in kinds for mode in kind.pipelines}, family.id
