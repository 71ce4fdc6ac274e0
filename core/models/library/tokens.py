"""The number of tokens of a prompt, by the tokenizer files of a model. Without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelBroken
from core.models.library.folder import read_json
from core.models.library.model import Model
from core.models.library.walk import TOKENIZER_NAME

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# (text, with the special tokens around it) to a number of tokens.
Counter = Callable[[str, bool], int]

_PLACE = "{prompt}"
_PIECES = ("spiece.model", "tokenizer.model")
_WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)


def prompt_tokens(model: Model, parts: Sequence[str]) -> int:
    """The tokens that the encoder gets for a prompt, special ones and the template included.

    `parts` are tokenized apart, as those of different weight are. Raises `ModelBroken` where the
    tokenizer cannot be read.
    """
    count = _counter(model)
    before, after = model.prompts.template.split(_PLACE, 1)
    if before or after:  # it holds the special tokens
        return count(before + _normalized(model, "".join(parts)) + after, False)
    inside = sum(count(_normalized(model, part), False) for part in parts)
    return inside + count("", True)


def _normalized(model: Model, text: str) -> str:
    return text.strip().lower() if model.prompts.lowercase else text


def _counter(model: Model) -> Counter:
    name = next(iter(model.prompts.windows))
    folder = model.component_folder(name)
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder else []
    stamps = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    try:
        return _read(folder, stamps) if folder else _unknown(model.label)
    except ModelBroken:
        raise
    except Exception as error:
        # The parsers of two libraries over files of unknown origin: any failure means a bad file.
        raise ModelBroken(
            f"The tokenizer of {model.label} cannot be read: {error}.",
            field="model",
            fix="Get its files again from where they came from.",
        ) from error


@lru_cache(maxsize=2)  # large ones take 100 MB
def _read(folder: Path, stamps: tuple[tuple[Path, int, int], ...]) -> Counter:
    """The counter of a folder; `stamps` are those of its files."""
    from tokenizers import Tokenizer

    files = {path.name: path for path, _, _ in stamps}
    if "tokenizer.json" in files:
        return partial(_by_tokenizer, Tokenizer.from_file(str(files["tokenizer.json"])))
    if _class(folder).startswith("CLIP") and {"vocab.json", "merges.txt"} <= files.keys():
        return partial(_by_tokenizer, _clip(files["vocab.json"], files["merges.txt"]))
    for name in _PIECES:
        if name in files:
            from sentencepiece import SentencePieceProcessor

            return partial(_by_pieces, SentencePieceProcessor(model_file=str(files[name])))
    return _unknown(folder.name)


def _class(folder: Path) -> str:
    path = folder / TOKENIZER_NAME
    return str(read_json(path, folder).get("tokenizer_class", "")) if path.is_file() else ""


def _unknown(name: str) -> Counter:
    raise ModelBroken(
        f"{name} has no tokenizer file that can be read.",
        field="model",
        fix="Put tokenizer.json beside its other files.",
    )


def _by_tokenizer(tokenizer: Tokenizer, text: str, special: bool) -> int:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return len(tokenizer.encode(text, add_special_tokens=special).ids)


def _by_pieces(pieces: Any, text: str, special: bool) -> int:
    """T5 adds the end only."""
    return len(pieces.encode(text)) + int(special)


def _clip(vocabulary: Path, merges: Path) -> Tokenizer:
    """CLIP's tokenizer from its two files, as transformers 5 makes it."""
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import BPE

    start, end = "<|startoftext|>", "<|endoftext|>"
    model = BPE.from_file(
        str(vocabulary),
        str(merges),
        unk_token=end,
        continuing_subword_prefix="",
        end_of_word_suffix="</w>",
    )
    tokenizer = Tokenizer(model)
    blanks = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), blanks, normalizers.Lowercase()]
    )
    words = pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True)
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, letters])
    ids = tokenizer.get_vocab()
    tokenizer.post_processor = processors.RobertaProcessing(
        (end, ids[end]), (start, ids[start]), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer
