"""What is generated from the code is what the code says now."""

from tools.docs import ROOT, generated


def test_generated_files_are_up_to_date() -> None:
    stale = [
        path.as_posix()
        for path, text in generated().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    assert not stale, "run `make docs`"
