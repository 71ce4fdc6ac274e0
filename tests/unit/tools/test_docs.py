"""Generated files are up to date."""

from tools.brick_pages import PICTURES, bricks
from tools.docs import ROOT, generated


def test_generated_files_are_up_to_date() -> None:
    stale = [
        path.as_posix()
        for path, text in generated().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    assert not stale, "run `make docs`"


def test_every_brick_has_its_picture_and_no_other_is_kept() -> None:
    taken = {path.stem for path in (ROOT / PICTURES).glob("*.webp")}
    assert taken == {brick["name"] for brick in bricks()}, "run `make bricks`"
