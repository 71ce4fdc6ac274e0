"""Captions as a training reads them: with the trigger word, shuffled, and now and then empty."""

from __future__ import annotations

import random

from core.training.configuration.sections import DataSection

SHUFFLES = 8  # wordings of one caption; their text encodings are cached


def with_trigger(caption: str, trigger: str) -> str:
    """The caption with the trigger word in front, unless it has it already."""
    if not trigger or trigger.lower() in caption.lower():
        return caption
    return f"{trigger}, {caption}" if caption else trigger


def wordings(caption: str, section: DataSection) -> list[str]:
    """The wordings of a caption, the original first; always the same ones."""
    text = with_trigger(caption, section.trigger_word)
    tags = [tag.strip() for tag in text.split(",")]
    kept, rest = tags[: section.keep_tokens], tags[section.keep_tokens :]
    if not section.shuffle_captions or len(rest) < 2:
        return [text]
    rng = random.Random(text)
    mixed = [", ".join([*kept, *rng.sample(rest, len(rest))]) for _ in range(SHUFFLES - 1)]
    return list(dict.fromkeys([text, *mixed]))


def chosen(captions: int, section: DataSection, rng: random.Random) -> int | None:
    """The index of one of `captions` wordings; None for an empty caption."""
    dropped = rng.random() < section.caption_dropout
    index = rng.randrange(captions)
    return None if dropped else index
