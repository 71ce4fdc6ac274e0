"""Names of saved files are safe for any value, and unchanged where the value is safe."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pictures.names import (
    LONGEST_PART,
    LONGEST_VALUE,
    NOTHING,
    BadName,
    check_template,
    fields,
    render,
)

HOSTILE = [
    "../../etc/passwd",
    "..",
    ".",
    "/abs",
    "C:\\Windows",
    "a\0b",
    "con",
    "LPT1.txt",
    "trailing. . ",
    "‮gnp.exe",
    "a\nb\tc",
    "",
    " ",
    "🦉" * 100,
    "é",
]
texts = st.one_of(st.text(max_size=300), st.sampled_from(HOSTILE))


@given(
    texts, st.sampled_from(["{v}", "{v}/{v}", "a/{v}", "x{v}", "{v}.{v}", ".{v}", "day/{v} {v}"])
)
def test_any_value_gives_plain_names_in_as_many_folders_as_the_template_has(
    value: str, template: str
) -> None:
    parts = render(template, {"v": value})
    assert len(parts) == template.count("/") + 1
    for part in parts:
        assert part not in ("", ".", "..")
        assert not set(part) & set('<>:"/\\|?*')
        assert not any(unicodedata.category(character).startswith("C") for character in part)
        assert len(part.encode()) <= LONGEST_PART + 1
        assert part == part.strip()
        assert not part.startswith(".")
        assert not part.endswith(".")
        assert part.partition(".")[0].upper() not in ("CON", "NUL", "AUX", "PRN", "LPT1", "COM9")


@given(st.text(max_size=60))
def test_any_template_is_used_or_refused_with_a_reason(template: str) -> None:
    try:
        check_template(template)
    except BadName:
        return
    assert render(template, dict.fromkeys(fields(template), "v"))


@pytest.mark.parametrize(
    "template",
    ["", " ", "/etc/x", "../x", "a/../b", "a//b", "a/", "C:x", "a\\b", "{", "{}", "{Date}", "a}",
     "./a", "a/b/c/d/e/f/g/h/i", "x" * 301],
)  # fmt: skip
def test_templates_that_lead_elsewhere_or_nowhere_are_refused(template: str) -> None:
    with pytest.raises(BadName):
        check_template(template)


def test_values_stand_where_their_names_stood() -> None:
    values = {"date": "2026-01-02", "model": "org/flux.1", "seed": 7, "prompt": None}
    assert render("{date}/{model} {seed}-{prompt}", values) == [
        "2026-01-02",
        f"org_flux.1 7-{NOTHING}",
    ]


def test_equal_looking_text_gives_one_name() -> None:
    assert render("{v}", {"v": "e\u0301"}) == render("{v}", {"v": "\u00e9"}) == ["\u00e9"]


def test_device_names_are_no_names() -> None:
    assert render("{v}", {"v": "nul"}) == ["_nul"]
    assert render("aux.{v}", {"v": "x"}) == ["_aux.x"]


@given(st.lists(texts, min_size=1, max_size=4))
def test_what_stands_behind_long_values_stays(values: list[str]) -> None:
    template = "_".join(f"{{v{index}}}" for index in range(len(values))) + "_{seed}.end"
    by_name = {f"v{index}": value for index, value in enumerate(values)}
    (name,) = render(template, {**by_name, "seed": 4294967295})
    assert name.endswith("_4294967295.end")
    assert len(name.encode()) <= LONGEST_PART + 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (0, "0"),
        (["ink-drawing", "film-noir"], "ink-drawing, film-noir"),
        ([{"name": "org/soft", "weight": 0.8}], "org_soft"),
        ([], NOTHING),
        ({"task": "01K"}, NOTHING),
        ("\0", NOTHING),
        ("é" * 100, "é" * (LONGEST_VALUE // 2)),
    ],
)
def test_a_value_of_any_type_reads_as_a_person_would_write_it(value: object, text: str) -> None:
    assert render("{v}", {"v": value}) == [text]
