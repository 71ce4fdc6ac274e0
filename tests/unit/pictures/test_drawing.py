"""Tracing: a drawing holds paths alone, and a slow tracer is killed."""

import json
import re
import signal
import subprocess
import time
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.errors import TaskFailure
from core.operations.vectorize import Vectorize
from core.pictures import vector_drawing as drawing
from core.store.svg_metadata import svg_metadata, without_metadata
from tests.unit.pictures.making import noise

OPTIONS = {**Vectorize(image="x").model_dump(exclude={"image"})}


METADATA = {"params": {"prompt": "</metadata><script>alert(1)</script> & “owls”"}}


def shapes() -> Image.Image:
    """A red disc and a blue square on nothing."""
    image = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((5, 5, 35, 35), fill=(200, 30, 30, 255))
    pen.rectangle((40, 20, 60, 44), fill=(20, 60, 200, 255))
    return image


def nothing() -> None:
    """Never stop."""


@pytest.mark.parametrize(
    "changes", [{}, {"mode": "polygon"}, {"mode": "none"}, {"colormode": "binary"}]
)
def test_shapes_become_paths_of_their_colours(changes: dict[str, str]) -> None:
    svg = drawing.trace(shapes(), {**OPTIONS, **changes}, nothing)
    data, paths = drawing.clean_svg(svg, (64, 48), (640, 480), METADATA)
    root = ElementTree.fromstring(data)
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == (
        "640",
        "480",
        "0 0 64 48",
    )
    metadata_element, *elements = root
    assert metadata_element.tag == "{http://www.w3.org/2000/svg}metadata"
    assert json.loads(metadata_element.text or "") == svg_metadata(data) == METADATA
    assert svg_metadata(without_metadata(data)) == {}
    assert len(elements) == paths >= 1
    assert {child.tag for child in elements} == {"{http://www.w3.org/2000/svg}path"}
    assert {name for child in elements for name in child.attrib} == {"d", "fill", "transform"}
    if not changes:
        assert {child.get("fill") for child in elements} == {"#C81E1E", "#143CC8"}


def coverage(svg: str, size: tuple[int, int], fill: str = "") -> Image.Image:
    """The pixels that the paths of a colour cover, those of every colour without one."""
    canvas = Image.new("1", size, 0)
    for path in drawing._PATH.finditer(svg):
        if fill in ("", path["fill"]):
            x, y = float(path["x"]), float(path["y"])
            shape = Image.new("1", size, 0)
            for part in path["d"].split("Z"):
                numbers = [float(number) for number in re.findall(r"-?[0-9.]+", part)]
                corners = list(zip(numbers[::2], numbers[1::2], strict=True))
                area = Image.new("1", size, 0)
                if corners:
                    points = [(a + x - 0.5, b + y - 0.5) for a, b in corners]
                    ImageDraw.Draw(area).polygon(points, fill=1)
                shape = ImageChops.logical_xor(shape, area)
            canvas = ImageChops.logical_or(canvas, shape)
    return canvas


def green(alpha: int = 255) -> Image.Image:
    """A green image with an 8 × 8 area at (28, 20) whose black has an alpha of its own."""
    image = Image.new("RGBA", (64, 48), (10, 200, 10, 255))
    image.paste((0, 0, 0, alpha), (28, 20, 36, 28))
    return image


LAYERS = pytest.mark.parametrize("hierarchical", ["stacked", "cutout"])


@LAYERS
@pytest.mark.parametrize("alpha", [0, 90])
def test_a_small_transparent_area_is_a_hole(hierarchical: str, alpha: int) -> None:
    options = {**OPTIONS, "mode": "none", "hierarchical": hierarchical}
    covered = coverage(drawing.trace(green(alpha), options, nothing), (64, 48))
    assert not covered.getpixel((31, 23))
    assert covered.getpixel((10, 23))
    assert covered.getpixel((31, 40))


def test_a_mostly_opaque_area_is_drawn_in_its_colour() -> None:
    svg = drawing.trace(green(200), {**OPTIONS, "mode": "none"}, nothing)
    assert coverage(svg, (64, 48), "#000000").getpixel((31, 23))


def test_a_soft_edge_is_cut_at_half_opacity_in_its_own_colour() -> None:
    edge = Image.new("L", (64, 48), 0)
    edge.paste(255, (16, 12, 48, 36))
    image = Image.new("RGBA", (64, 48), (200, 30, 30, 255))
    image.putalpha(edge.filter(ImageFilter.GaussianBlur(3)))
    svg = drawing.trace(image, {**OPTIONS, "mode": "none"}, nothing)
    assert {path["fill"] for path in drawing._PATH.finditer(svg)} == {"#C81E1E"}
    covered = coverage(svg, (64, 48))
    assert covered.getpixel((18, 24))
    assert not covered.getpixel((13, 24))


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (90, 60, 200)])
@pytest.mark.parametrize("colormode", ["color", "binary"])
def test_a_transparent_ground_of_any_colour_is_not_drawn(
    colour: tuple[int, int, int], colormode: str
) -> None:
    image = Image.new("RGBA", (64, 48), (*colour, 0))
    image.paste((30, 20, 200, 255), (20, 12, 44, 36))
    svg = drawing.trace(image, {**OPTIONS, "mode": "none", "colormode": colormode}, nothing)
    covered = coverage(svg, (64, 48))
    assert covered.getpixel((30, 24))
    assert not any(covered.getpixel(corner) for corner in ((2, 2), (61, 2), (2, 45), (61, 45)))


def test_black_shapes_are_the_dark_ones_of_any_hue() -> None:
    options = {**OPTIONS, "colormode": "binary", "mode": "none"}
    for image in (shapes(), Image.alpha_composite(Image.new("RGBA", (64, 48), "white"), shapes())):
        covered = coverage(drawing.trace(image, options, nothing), (64, 48))
        assert covered.getpixel((20, 20))
        assert covered.getpixel((50, 30))
        assert not covered.getpixel((38, 4))


@pytest.mark.parametrize(
    "line",
    [
        "<script>alert(1)</script>",
        '<path d="M0 0" fill="#000000" transform="translate(0,0)" onload="x()"/>',
        '<path d="M0 0" fill="url(http://x)" transform="translate(0,0)"/>',
        '<image href="http://x/y.png"/>',
        "<!-- a --><script>1</script><!-- b -->",
        '<?xml-stylesheet href="x"?><a/>',
        '<svg version="1.1" onload="alert(1)"><script/>',
    ],
)
def test_anything_but_a_path_is_not_kept(line: str) -> None:
    head = '<svg version="1.1" xmlns="http://www.w3.org/2000/svg" width="1" height="1">'
    with pytest.raises(TaskFailure, match="unknown"):
        drawing.clean_svg(f"{head}\n{line}\n</svg>", (1, 1), (1, 1), {})


def test_nothing_of_the_tracers_own_head_is_kept() -> None:
    head = '<svg version="1.1" xmlns="http://www.w3.org/2000/svg" onload="alert(1)">'
    data, paths = drawing.clean_svg(f"{head}\n</svg>", (1, 1), (1, 1), {})
    assert paths == 0
    assert b"onload" not in data


def test_a_slow_tracer_is_killed_with_a_suggested_fix() -> None:
    with pytest.raises(TaskFailure, match="within") as caught:
        drawing.trace(noise(1500, 1500), {**OPTIONS, "filter_speckle": 0}, nothing, seconds=0.3)
    assert caught.value.field == "filter_speckle"
    assert "speckle" in str(caught.value.fix)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that tracing starts."""
    processes: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[call-overload]
            processes.append(self)

    monkeypatch.setattr(drawing.subprocess, "Popen", Watched)
    return processes


def test_a_tracer_that_gets_no_processor_for_a_while_is_waited_for(
    started: list[subprocess.Popen[bytes]],
) -> None:
    limit = 1.5
    until = time.monotonic() + 1.2 * limit

    def starve() -> None:
        started[0].send_signal(signal.SIGSTOP if time.monotonic() < until else signal.SIGCONT)

    assert "<path" in drawing.trace(shapes(), OPTIONS, starve, seconds=limit)
    assert time.monotonic() > until


def test_a_stopped_tracing_leaves_no_process_behind(
    started: list[subprocess.Popen[bytes]],
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drawing.trace(noise(400, 400), OPTIONS, stop)
    assert started[0].returncode is not None


def test_a_drawing_with_too_much_detail_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MAX_BYTES", 200)
    svg = drawing.trace(shapes(), OPTIONS, nothing)
    with pytest.raises(TaskFailure, match="too much detail"):
        drawing.clean_svg(svg, (64, 48), (64, 48), {})


def test_large_pictures_are_traced_smaller() -> None:
    assert drawing.within_limits(shapes()).size == (64, 48)
    small = drawing.within_limits(Image.new("RGB", (8000, 2000)))
    assert small.width * small.height <= drawing.MAX_PIXELS
    assert small.width == pytest.approx(4 * small.height, rel=0.01)


def test_a_picture_without_shapes_gives_an_empty_drawing() -> None:
    svg = drawing.trace(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), OPTIONS, nothing)
    assert drawing.clean_svg(svg, (8, 8), (8, 8), {})[1] == 0
