"""Operations on images with every family: what comes back, and that nothing else changes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.engine.loaded import Loaded
from core.errors import InvalidInput
from core.models.families import FAMILIES
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

SMALL = {"width": 64, "height": 96}
# Distilled ones are called as those that they were made from.
PAINTING = [
    name
    for name in FAMILY
    if name not in ("schnell", "klein-distilled") and "inpaint" in FAMILIES[FAMILY[name]].modes
]
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


def warnings(context: Alone) -> list[str]:
    """The warnings but that of the prompt: the vocabularies of tiny models spell it out."""
    return [code for code in context.warnings if code != "prompt_cut"]


@pytest.mark.parametrize("name", ["klein", "flux2"])
def test_inpainting_everything_is_the_plain_pipelines_picture(name: str) -> None:
    """A request to which the operation adds no edge, crop or scaling."""
    white = Image.new("L", (64, 96), 255)
    context = Alone(small(name), picture=picture(), mask=white)
    wanted = Inpaint(image="picture", mask="mask", mask_feather=0, **settled(name, "inpaint"))
    result = done(wanted, context)
    plain = small(name).draw(
        "inpaint", parameters(name, "inpaint") | {"mask": white}, seed=3, report=Steps()
    )
    assert result.tobytes() == plain.tobytes()
    assert context.facts["drawn"] == [{"width": 64, "height": 96, "box": [0, 0, 64, 96]}]
    assert warnings(context) == ["mask_full"]


@pytest.mark.parametrize("name", PAINTING)
def test_the_masked_half_is_diffusers_and_the_other_half_the_picture(name: str) -> None:
    source = picture()
    context = Alone(small(name), picture=source, mask=half())
    wanted = Inpaint(image="picture", mask="mask", mask_feather=0, **settled(name, "inpaint"))
    result = done(wanted, context)
    left, right = (0, 0, 32, 96), (32, 0, 64, 96)
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
    nothing = Image.new("L", (64, 96), 255 if inverted else 0)
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
    right = (32, 0, 64, 96)
    assert result.crop(right).tobytes() == source.crop(right).tobytes()
    assert result.tobytes() != source.tobytes()


@pytest.mark.parametrize("name", ["klein", "kontext", "flux2"])
def test_an_edit_takes_the_shape_of_its_first_picture(name: str) -> None:
    pictures = {"item": picture(size=(128, 64)), "two": picture(1, (70, 90))}
    context = Alone(small(name), **pictures)
    result = done(Edit(image=["item", "two"], **settled(name, "edit")), context)
    assert result.size == (128, 64)
    assert "picture_cropped" not in context.warnings
    given = {**parameters(name, "edit"), "image": [*pictures.values()]}
    given |= {"width": result.width, "height": result.height}
    plain = small(name).draw("edit", given, seed=3, report=Steps())
    assert result.tobytes() == plain.tobytes()


@pytest.mark.parametrize("name", ["klein", "kontext"])
def test_an_edit_in_another_shape_sees_the_whole_picture(name: str) -> None:
    source = picture(size=(128, 64))
    context = Alone(small(name), picture=source)
    square = {"width": 64, "height": 64}
    result = done(Edit(image="picture", **square, **settled(name, "edit")), context)
    assert result.size == (64, 64)
    assert warnings(context) == []
    given = {**parameters(name, "edit"), "image": source, **square}
    plain = small(name).draw("edit", given, seed=3, report=Steps())
    assert result.tobytes() == plain.tobytes()


SIZES = [(100, 50), (133, 217), (1, 1), (64, 80), (23, 180)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "operation"),
    [("sd15", Img2Img), ("flux2", Img2Img), ("klein", Edit), ("kontext", Edit)],
)
def test_a_result_has_the_size_of_its_picture(
    name: str, operation: type[Img2Img | Edit], size: tuple[int, int]
) -> None:
    source = picture(size=size).convert("RGBA")
    context = Alone(small(name), picture=source)
    result = done(operation(image="picture", **settled(name, operation.name)), context)
    assert (result.size, result.mode) == (size, "RGB")
    assert "picture_cropped" not in context.warnings


@pytest.mark.parametrize("size", [(100, 50), (133, 217), (64, 80)])
def test_a_variation_of_hardly_any_strength_lies_on_its_picture(size: tuple[int, int]) -> None:
    """The pixels are where they were, whatever the grid of the model."""
    source = Image.linear_gradient("L").resize(size).convert("RGB")
    drawn = _Echo()
    context = Alone(drawn, picture=source)
    result = done(Img2Img(image="picture", **settled("sd15", "img2img")), context)
    apart = np.abs(np.asarray(result, int) - np.asarray(source, int))
    assert apart.max() <= 12
    assert drawn.sizes != [size] or size == (64, 80)


class _Echo:
    """A model that draws the very image it is given, on a grid of 16 pixels."""

    facts: Mapping[str, Any] = {}
    has_finisher = False

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.seeds: list[int] = []
        self._model = small("sd15").model

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        return self._model.canvas(width, height)

    def draw(self, mode: str, parameters: Mapping[str, Any], *, seed: int, **_: Any) -> Image.Image:
        self.seeds.append(seed)
        image = parameters["image"]
        seen: Image.Image = image[0] if isinstance(image, list) else image
        assert seen.size == (parameters["width"], parameters["height"])
        self.sizes.append(seen.size)
        return seen


def test_a_setting_keeps_the_size_that_the_model_generates() -> None:
    asked = settled("sd15", "img2img")
    model, source = small("sd15"), picture(size=(100, 50))
    wanted = Img2Img(image="picture", keep_generated_size=True, **asked)
    result = done(wanted, Alone(model, picture=source))
    assert result.size == model.canvas(100, 50) != (100, 50)
    plain = model.draw(
        "img2img",
        parameters("sd15", "img2img")
        | {"width": result.width, "height": result.height}
        | {"image": source},
        seed=3,
        report=Steps(),
    )
    assert result.tobytes() == plain.tobytes()


def test_a_result_that_is_scaled_up_says_so() -> None:
    echo = _Echo()
    size = (3000, 2000)
    assert echo.canvas(*size) < size
    context = Alone(echo, picture=picture(size=size))
    assert done(Img2Img(image="picture", **settled("sd15", "img2img")), context).size == size
    assert context.warnings == ["result_enlarged"]


STRIPS = [(300, 16), (16, 300), (200, 5), (641, 72)]


@pytest.mark.parametrize("size", STRIPS)
@pytest.mark.parametrize("operation", [Img2Img, Edit])
def test_a_strip_is_drawn_in_windows_that_lie_on_it(
    operation: type[Img2Img | Edit], size: tuple[int, int]
) -> None:
    source = Image.linear_gradient("L").resize(size).convert("RGB")
    echo = _Echo()
    context = Alone(echo, picture=source, other=picture(size=(900, 20)))
    images = "picture" if operation is Img2Img else ["picture", "other"]
    result = done(operation(image=images, prompt="a wall", **SET), context)
    assert result.size == size
    assert np.abs(np.asarray(result, int) - np.asarray(source, int)).max() <= 20
    assert len(echo.sizes) == len(context.facts["drawn"]) > 2
    assert echo.seeds == [3 + index for index in range(len(echo.seeds))]
    assert all(max(drawn) <= 4.5 * min(drawn) for drawn in echo.sizes)


def test_a_strip_is_drawn_by_real_models(nano: Loaded) -> None:
    asked = {**SET, "prompt": "a red house", "num_inference_steps": 2}
    for name, model in (("nano", nano), ("sd15", small("sd15"))):
        more = asked if name == "nano" else settled("sd15", "img2img")
        source = picture(size=(150, 16))
        result = done(Img2Img(image="picture", **more), Alone(model, picture=source))
        assert result.size == (150, 16)
        again = done(Img2Img(image="picture", **more), Alone(model, picture=source))
        assert result.tobytes() == again.tobytes()
        kept = Img2Img(image="picture", keep_generated_size=True, **more)
        assert done(kept, Alone(model, picture=source)).height > 16


def test_the_progress_of_windows_is_that_of_one_image(nano: Loaded) -> None:
    context = _Watched(nano, picture=picture(size=(100, 12)))
    wanted = Img2Img(image="picture", **SET | {"num_images": 2}, prompt="a house")
    wanted.run(context)
    assert len(context.shares) > 10
    assert context.shares == sorted(context.shares)
    assert context.shares[-1] == 2


class _Watched(Alone):
    """Remembers the images done, as a fraction, at each step."""

    shares: list[float]

    def progress(
        self, _phase: str, *, step: int = 0, steps: int = 0, image: int = 1, **_: Any
    ) -> None:
        self.shares = getattr(self, "shares", [])
        if steps:
            self.shares.append(image - 1 + step / steps)


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("size", [(300, 20), (20, 300)])
def test_a_strip_is_inpainted_in_windows_and_untouched_outside_the_mask(
    size: tuple[int, int], only: bool
) -> None:
    source = picture(size=size).convert("RGBA")
    source.putalpha(Image.linear_gradient("L").resize(size))
    mask = Image.new("L", size)
    wide = size[0] > size[1]
    mask.paste(255, (40, 5, 200, 20) if wide else (5, 40, 20, 200))
    context = Alone(small("sd15"), picture=source, mask=mask)
    asked = settled("sd15", "inpaint")
    wanted = Inpaint(image="picture", mask="mask", mask_feather=4, only_masked=only, **asked)
    result = done(wanted, context)
    assert (result.size, result.mode) == (size, "RGBA")
    apart = (np.asarray(result) != np.asarray(source)).any(axis=2)
    apart = apart if wide else apart.T
    assert not apart[:, :36].any()
    assert not apart[:, 204:].any()
    assert apart[5:, 40:200].mean() > 0.9
    assert len(context.facts["drawn"]) > 1


def test_a_strip_grows_by_windows_and_keeps_the_picture() -> None:
    source = picture(size=(200, 20))
    context = Alone(small("sd15"), picture=source)
    wanted = Outpaint(image="picture", right=150, **settled("sd15", "inpaint"))
    result = done(wanted, context)
    assert result.size == (350, 20)
    assert result.crop((0, 0, 200, 20)).tobytes() == source.tobytes()
    assert len(context.facts["drawn"]) > 1
    assert all(item["box"][2] > 200 for item in context.facts["drawn"])


@pytest.mark.parametrize("name", ["sd15", "sd3", "kontext", "flux2"])
def test_a_variation_takes_one_side_from_the_request(name: str) -> None:
    asked = settled(name, "img2img")
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
