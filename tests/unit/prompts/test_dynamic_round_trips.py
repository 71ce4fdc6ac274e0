"""The grammar of dynamic prompts: what is written from its parts is parsed into them again."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.prompts.dynamic import Alternatives, Option, Part, Wildcard, expand, parse
from core.prompts.lora_tags import LoraTag, extract_tags
from core.prompts.protection import rewrite_segments, segments, tags_in

NAMES = ["colour", "deep/animal", "mood-2"]
LISTS = {"colour": ["red", "blue"], "deep/animal": ["cat", "dog"], "mood-2": ["calm"]}
SEEDS = st.integers(0, 2**32 - 1)
# Without what begins syntax, nor blanks that a separator trims.
TEXTS = st.text("abc.(:)é", min_size=1, max_size=6).filter(lambda text: "::" not in text)
SEPARATORS = st.sampled_from([" and ", " / ", ", ", "-"])
WEIGHTS = st.sampled_from([1.0, 0.5, 2.0, 10.0])


def joined(parts: list[Part]) -> tuple[Part, ...]:
    """Parts as `parse` gives them: neighbouring texts are one."""
    result: list[Part] = []
    for part in parts:
        if isinstance(part, str) and result and isinstance(result[-1], str):
            result[-1] += part
        else:
            result.append(part)
    return tuple(result)


def options(inner: st.SearchStrategy[tuple[Part, ...]]) -> st.SearchStrategy[tuple[Option, ...]]:
    return st.lists(st.builds(Option, WEIGHTS, inner), min_size=2, max_size=3).map(tuple)


def prompts(inner: st.SearchStrategy[Part]) -> st.SearchStrategy[tuple[Part, ...]]:
    return st.lists(inner, min_size=1, max_size=4).map(joined)


def alternatives(inner: st.SearchStrategy[Part]) -> st.SearchStrategy[Part]:
    parts = prompts(inner)
    plain = st.builds(Alternatives, options(parts))
    several = st.builds(
        lambda given, counts, separator: Alternatives(given, *sorted(counts), separator),
        options(parts),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        SEPARATORS,
    )
    return plain | several


PARTS: st.SearchStrategy[Part] = st.recursive(
    TEXTS | st.sampled_from(NAMES).map(Wildcard), alternatives, max_leaves=8
)
PROMPTS = prompts(PARTS)


def written(parts: tuple[Part, ...]) -> str:
    """The prompt that `parse` reads as these parts."""
    return "".join(map(_written, parts))


def _written(part: Part) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Wildcard):
        return f"__{part.name}__"
    count = ""
    if part.separator:
        count = f"{part.least}-{part.most}$${part.separator}$$"
    return "{" + count + "|".join(map(_option, part.options)) + "}"


def _option(option: Option) -> str:
    return f"{option.weight:g}::{written(option.parts)}"


def possible(parts: tuple[Part, ...]) -> set[str]:
    """Every text that parts without counts can become."""
    results = {""}
    for part in parts:
        if isinstance(part, str):
            ways = {part}
        elif isinstance(part, Wildcard):
            ways = set(LISTS[part.name])
        else:
            ways = {way for option in part.options for way in possible(option.parts)}
        results = {before + way for before in results for way in ways}
    return results


@given(PROMPTS)
def test_a_prompt_written_from_its_parts_is_parsed_into_them(parts: tuple[Part, ...]) -> None:
    assert parse(written(parts)) == parts


@given(PROMPTS, SEEDS)
def test_equal_seeds_expand_equally_and_leave_no_syntax(parts: tuple[Part, ...], seed: int) -> None:
    text = written(parts)
    result = expand(text, seed, LISTS.__getitem__)
    assert result == expand(text, seed, LISTS.__getitem__)
    assert not set("{}|$") & set(result)
    assert "__" not in result


@given(
    prompts(
        st.recursive(
            TEXTS | st.sampled_from(NAMES).map(Wildcard),
            lambda inner: st.builds(Alternatives, options(prompts(inner))),
            max_leaves=6,
        )
    ),
    SEEDS,
)
def test_an_expansion_is_one_of_those_that_the_grammar_allows(
    parts: tuple[Part, ...], seed: int
) -> None:
    assert expand(written(parts), seed, LISTS.__getitem__) in possible(parts)


def test_the_texts_of_one_image_choose_independently_of_each_other() -> None:
    text = "{a|b|c|d}"
    pairs = {
        (expand(text, seed, LISTS.__getitem__), expand(text, seed, LISTS.__getitem__, "negative"))
        for seed in range(200)
    }
    assert len(pairs) == 16


@pytest.mark.parametrize("least", range(4))
def test_a_range_of_counts_takes_each_of_them_and_never_more_than_there_are(least: int) -> None:
    text = f"{{{least}-9$$+$$a|b|c}}"
    counts = Counter(
        len([word for word in expand(text, seed, LISTS.__getitem__).split("+") if word])
        for seed in range(300)
    )
    assert set(counts) == set(range(least, 4))


def test_counts_may_be_written_from_high_to_low() -> None:
    assert parse("{3-1$$a|b|c}") == parse("{1-3$$a|b|c}")


def test_an_option_without_weight_is_never_taken_while_another_is_there() -> None:
    results = {expand("{0::never|1::a|0::no}", seed, LISTS.__getitem__) for seed in range(50)}
    assert results == {"a"}
    results = {expand("{0::a|0::b}", seed, LISTS.__getitem__) for seed in range(50)}
    assert results == {"a", "b"}, "where none has weight all are equal"


def test_the_last_option_with_weight_stands_in_for_lost_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random.Random, "random", lambda _self: 1.0)  # just beyond what it gives
    assert expand("{1::a|2::b|0::c}", 1, LISTS.__getitem__) == "b"


def test_a_list_of_another_list_reports_the_way_to_a_missing_one() -> None:
    def lines(name: str) -> list[str]:
        if name == "first":
            return ["__second__"]
        raise InvalidInput(f"no {name}")

    with pytest.raises(InvalidInput, match="no second"):
        expand("__first__", 1, lines)


TAGS = st.builds(
    LoraTag, st.text("abc .-_", min_size=1, max_size=8).filter(str.strip), st.floats(-4, 4)
)


@given(st.lists(TAGS, max_size=4), st.sampled_from(["a cat", "a, b", "(x:1.2)"]))
def test_tags_that_are_written_into_a_prompt_come_out_of_it_again(
    tags: list[LoraTag], text: str
) -> None:
    bare, read = extract_tags(text + "".join(f", <lora:{tag.name}:{tag.weight!r}>" for tag in tags))
    assert bare == text
    names = dict.fromkeys(tag.name.strip() for tag in tags)
    assert [tag.name for tag in read] == list(names)
    first = {tag.name.strip(): tag.weight for tag in reversed(tags)}
    assert {tag.name: tag.weight for tag in read} == first
    assert extract_tags(bare) == (bare, [])


@given(PROMPTS, st.lists(TAGS, max_size=2))
def test_a_translation_touches_no_syntax_of_a_prompt(
    parts: tuple[Part, ...], tags: list[LoraTag]
) -> None:
    text = written(parts) + "".join(f" <lora:{tag.name}:{tag.weight:g}>" for tag in tags)
    assert "".join(segment.text for segment in segments(text)) == text
    assert rewrite_segments(text, lambda words: words) == text
    louder = rewrite_segments(text, lambda words: [word.upper() for word in words])
    assert tags_in(louder) == tags_in(text)
    assert [mark for mark in louder if mark in "{}|$"] == [mark for mark in text if mark in "{}|$"]
