"""A dropped file is read as JSON or as an image, by its first bytes."""

import pytest

from core.workflows.importing import is_json

MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("start", [b"", MARK, b" " * 200, MARK + b"\r\n" * 200], ids=len)
@pytest.mark.parametrize("first", [b"{", b"["])
def test_json_is_recognised_after_a_mark_and_any_number_of_blanks(
    start: bytes, first: bytes
) -> None:
    assert is_json(start + first + b"...")


@pytest.mark.parametrize("data", [b"", b"   ", MARK, b"\x89PNG{", b"\xff\xd8\xff[", b"a {"])
def test_other_files_are_read_as_images(data: bytes) -> None:
    assert not is_json(data)
