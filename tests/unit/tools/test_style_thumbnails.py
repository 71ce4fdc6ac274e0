"""A style has an image only where the model's record says that it draws that style."""

from core.prompts.styles import Styles
from core.settings import ROOT
from tools.nano.vocabulary import vocabulary
from tools.style_thumbnails import BLURRED, knows

STYLES = Styles(ROOT / "presets" / "styles")


def test_what_the_trained_words_name_is_drawn_and_nothing_else() -> None:
    words = vocabulary()["styles"]
    styles = {style.id for style in STYLES.all() if knows(words, style)}
    assert styles == {
        "flat-illustration", "ink-drawing", "blueprint", "pixel-art", "pastel-drawing",
    }  # fmt: skip


def test_a_model_that_lists_no_styles_is_asked_for_all() -> None:
    assert all(knows((), style) for style in STYLES.all())


def test_a_style_that_the_model_draws_badly_is_shown_by_its_swatch() -> None:
    for name in BLURRED:
        assert STYLES.thumbnail(name) is None
        assert STYLES.swatch(name)
