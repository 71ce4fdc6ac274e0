"""Texts that the tokenizer is built from."""

import random
from collections.abc import Iterator

from tools.nano.captions import caption
from tools.nano.edits import instruction, sample_edit
from tools.nano.scene import sample_scene


def corpus(rng: random.Random, count: int) -> Iterator[str]:
    """`count` texts: captions, and an edit instruction for every fifth."""
    for index in range(count):
        if index % 5 == 4:
            yield instruction(sample_edit(rng), rng)
        else:
            yield caption(sample_scene(rng), rng)
