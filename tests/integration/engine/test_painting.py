"""Operations on images with every family: what comes back, and that nothing else changes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.engine.loaded import Loaded
from core.errors import InvalidInput
from core.models.library.record import Record
from core.operations.declaration.base import Operation
from core.operations.edit import Edit
from core.operations.img2img import Img2Img
from core.operations.inpaint import Inpaint
from core.operations.outpaint import Outpaint
from tests.integration.engine.context import Alone
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CALL, FAMILY, loaded
from tests.integration.engine.test_modes import direct as direct_call
from tests.integration.engine.test_modes import half, ours_alone, parameters, picture

SMALL = {"width": 64, "height": 80}
# Distilled ones are called as those that they were made from.
PAINTING = [name for name in FAMILY if name not in ("schnell", "klein-distilled")]
SET: dict[str, Any] = {"model": "tiny", "num_images": 1, "seed": 3, "num_inference_steps": 4}


def small(name: str) -> Loaded:
    """A tiny model that usually draws small images."""
    made = loaded(name)
    made.model = replace(made.model, record=Record(call=CALL[name], defaults=SMALL))
    return made


def settled(name: str, mode: str) -> dict[str, Any]:
    """The operation's parameters for those of the engine."""
    skip = ("width", "height", "image", "mask")
    return SET | {key: value for key, value in parameters(name, mode).items() if key not in skip}


def done(operation: Operation, context: Alone) -> Image.Image:
    operation.run(context)
    return context.made[0]


@pytest.mark.parametrize("name", ["klein", "flux2"])
def test_inpainting_everything_is_the_plain_pipelines_picture(name: str) -> None:
    """A request to which the operation adds no edge, crop or scaling."""
    white = Image.new("L", (64, 80), 255)
    context = Alone(small(name), picture=picture(), mask=white)
    wanted = Inpaint(image="picture", mask="mask", mask_feather=0, **settled(name, "inpaint"))
    result = done(wanted, context)
    plain = small(name).draw(
        "inpaint", parameters(name, "inpaint") | {"mask": white}, seed=3, report=Steps()
    )
    assert result.tobytes() == plain.tobytes()
    assert context.facts["drawn"] == [{"width": 64, "height": 80, "box": [0, 0, 64, 80]}]
    assert context.warnings == ["mask_full"]


@pytest.mark.parametrize("name", PAINTING)
def test_the_masked_half_is_diffusers_and_the_other_half_the_picture(name: str) -> None:
    source = picture()
    context = Alone(small(name), picture=source, mask=half())
    wanted = Inpaint(image="picture", mask="mask", mask_feather=0, **settled(name, "inpaint"))
    result = done(wanted, context)
    left, right = (0, 0, 32, 80), (32, 0, 64, 80)
    assert result.crop(left).tobytes() == source.crop(left).tobytes()
    if not ours_alone(name, "inpaint"):
        plain = direct_call(name, "inpaint", {})
        assert result.crop(right).tobytes() == plain.crop(right).tobytes()
    assert result.crop(right).tobytes() != source.crop(right).tobytes()


@pytest.mark.parametrize("name", ["sd15", "flux2"])
@pytest.mark.parametrize("size", [(133, 217), (1, 1), (23, 180)])
@pytest.mark.parametrize("only", [False, True])
def test_any_size_comes_back_with_its_own_size_and_all_else_untouched(
    name: str, size: tuple[int, int], only: bool
) -> None:
    source = picture(size=size).convert("RGBA")
    source.putalpha(Image.linear_gradient("L").resize(size))
    mask = Image.new("L", size)
    mask.paste(255, (0, 0, max(1, size[0] // 3), max(1, size[1] // 3)))
    context = Alone(small(name), picture=source, mask=mask)
    wanted = Inpaint(
        image="picture", mask="mask", mask_feather=5, only_masked=only, **settled(name, "inpaint")
    )
    result = done(wanted, context)
    assert (result.size, result.mode) == (size, "RGBA")
    ours, theirs = np.asarray(result), np.asarray(source)
    apart = (ours != theirs).any(axis=2)
    assert not apart[size[1] // 3 + 6 :].any()
    assert not apart[:, size[0] // 3 + 6 :].any()
    assert apart[0, 0]
    assert ours[0, 0, 3] == 255, "what is painted is opaque"


@pytest.mark.parametrize("name", ["sdxl", "fill", "flux2"])
def test_outpainting_keeps_the_picture_and_makes_exactly_the_asked_size(name: str) -> None:
    source = picture(size=(61, 53))
    context = Alone(small(name), picture=source)
    wanted = Outpaint(image="picture", right=20, top=7, **settled(name, "inpaint"))
    result = done(wanted, context)
    assert result.size == (81, 60)
    assert result.crop((0, 7, 61, 60)).tobytes() == source.tobytes()
    assert len(np.unique(np.asarray(result)[:, 70])) > 1


def test_two_sides_are_painted_in_turn_where_the_model_draws_no_such_shape(nano: Loaded) -> None:
    source = picture(size=(128, 128))
    asked = {**SET, "prompt": "a red house", "num_inference_steps": 2}
    context = Alone(nano, picture=source)
    result = done(Outpaint(image="picture", left=64, right=64, **asked), context)
    boxes = [item["box"] for item in context.facts["drawn"]]
    assert boxes == [[0, 0, 128, 128], [128, 0, 256, 128]]
    assert result.size == (256, 128)
    assert result.crop((64, 0, 192, 128)).tobytes() == source.tobytes()
    alone = Alone(nano, picture=source)
    left = done(Outpaint(image="picture", left=64, **asked), alone)
    assert left.crop((0, 0, 64, 128)).tobytes() == result.crop((0, 0, 64, 128)).tobytes()


@pytest.mark.parametrize("inverted", [False, True])
def test_a_mask_that_would_change_nothing_is_refused_by_name(inverted: bool) -> None:
    nothing = Image.new("L", (64, 80), 255 if inverted else 0)
    context = Alone(small("sd15"), picture=picture(), mask=nothing)
    wanted = Inpaint(
        image="picture", mask="mask", invert_mask=inverted, **settled("sd15", "inpaint")
    )
    with pytest.raises(InvalidInput, match="nothing would be repainted") as caught:
        wanted.run(context)
    assert caught.value.field == "mask"


def test_an_inverted_mask_keeps_what_was_white() -> None:
    source = picture()
    context = Alone(small("sd15"), picture=source, mask=half())
    wanted = Inpaint(
        image="picture", mask="mask", invert_mask=True, mask_feather=0, **settled("sd15", "inpaint")
    )
    result = done(wanted, context)
    right = (32, 0, 64, 80)
    assert result.crop(right).tobytes() == source.crop(right).tobytes()
    assert result.tobytes() != source.tobytes()


@pytest.mark.parametrize("name", ["klein", "kontext", "flux2"])
def test_an_edit_takes_the_shape_of_its_first_picture(name: str) -> None:
    pictures = {"item": picture(size=(128, 64)), "two": picture(1, (70, 90))}
    context = Alone(small(name), **pictures)
    result = done(Edit(image=["item", "two"], **settled(name, "edit")), context)
    assert result.width == 2 * result.height
    assert "picture_cropped" not in context.warnings
    given = {**parameters(name, "edit"), "image": [*pictures.values()]}
    given |= {"width": result.width, "height": result.height}
    plain = small(name).draw("edit", given, seed=3, report=Steps())
    assert result.tobytes() == plain.tobytes()


@pytest.mark.parametrize("name", ["sd15", "sd3", "kontext", "flux2"])
def test_a_variation_takes_the_shape_of_its_picture(name: str) -> None:
    context = Alone(small(name), picture=picture(size=(100, 50)))
    asked = settled(name, "img2img")
    result = done(Img2Img(image="picture", **asked), context)
    assert abs(result.width / result.height - 2) < 0.3, "on the model's grid"
    one_side = done(
        Img2Img(image="picture", width=128, **asked),
        Alone(small(name), picture=picture(size=(100, 50))),
    )
    assert one_side.size == (128, 64)


def test_a_picture_of_another_shape_is_cropped_and_that_is_said() -> None:
    context = Alone(small("sd15"), picture=picture(size=(200, 100)))
    asked = settled("sd15", "img2img")
    assert done(Img2Img(image="picture", width=64, height=64, **asked), context).size == (64, 64)
    assert context.warnings == ["picture_cropped"]


def test_how_a_model_is_held_is_known_to_the_snapshot() -> None:
    context = Alone(small("sd15"), picture=picture())
    done(Img2Img(image="picture", **settled("sd15", "img2img")), context)
    held = {"unet": "float32", "vae": "float32", "text_encoder": "float32"}
    assert context.facts["precision"] == held
    assert context.facts["memory_plan"] == "device"
