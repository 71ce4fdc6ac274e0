"""Decisions of a training on the way, and the facts that its files keep."""

import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.library.lora_folder import LoraFolder
from core.models.library.model import Model
from core.models.library.record import Record
from core.training.captions import SHUFFLES, with_trigger, wordings
from core.training.configuration.schema import TrainingConfig, parse
from core.training.metadata import LoraOrigin, lora_metadata
from core.training.order import BatchOrder
from core.training.plan import plan_of
from core.training.tensorboard import EventFile, _checksum

# Order


def test_every_row_comes_in_every_epoch_and_batches_have_one_size() -> None:
    sizes = ["square"] * 5 + ["wide"] * 3 + ["tall"]
    order = BatchOrder(sizes, 2, seed=1)
    for epoch in range(3):
        numbers = range(epoch * order.per_epoch, (epoch + 1) * order.per_epoch)
        batches = [order.batch(number) for number in numbers]
        assert {row for batch in batches for row in batch} == set(range(9))
        assert all(len({sizes[row] for row in batch}) == 1 for batch in batches)
        assert {len(batch) for batch in batches} == {2}


def test_the_order_is_a_function_of_the_seed() -> None:
    sizes = ["a"] * 7
    first = [BatchOrder(sizes, 3, 5).batch(number) for number in range(12)]
    order = BatchOrder(sizes, 3, 5)
    assert [order.batch(number) for number in reversed(range(12))] == first[::-1]
    assert [BatchOrder(sizes, 3, 6).batch(number) for number in range(12)] != first


# Captions


def test_the_trigger_word_stands_in_front_once() -> None:
    assert with_trigger("a red robot", "robot") == "a red robot"
    assert with_trigger("a red house", "zwx") == "zwx, a red house"
    assert with_trigger("", "zwx") == "zwx"


def test_shuffled_tags_keep_the_first_ones_in_place() -> None:
    section = parse(
        {"data": {"shuffle_captions": True, "keep_tokens": 2, "trigger_word": "zwx"}}
    ).data
    texts = wordings("cat, sitting, red, indoors", section)
    assert texts[0] == "zwx, cat, sitting, red, indoors"
    assert 1 < len(texts) <= SHUFFLES
    assert all(text.startswith("zwx, cat, ") for text in texts)
    assert {frozenset(text.split(", ")) for text in texts} == {frozenset(texts[0].split(", "))}


# The plan


def a_model(family: str, *, distilled: bool = False, variant: str | None = None) -> Model:
    record = FAMILIES[family]
    return Model("m", Path("m"), record, Record(), distilled, {}, variant=record.variant(variant))


def images(count: int = 6) -> Any:
    items = [SimpleNamespace(width=800, height=800, caption=f"image {n}") for n in range(count)]
    return SimpleNamespace(items=items, digest="d", path=Path("robots"))


def test_a_distilled_base_is_refused_with_the_model_to_train_instead() -> None:
    model = a_model("flux2-klein", distilled=True, variant="flux2-klein-4b")
    with pytest.raises(InvalidInput) as raised:
        plan_of(TrainingConfig(), model, images())
    assert "flux2-klein-base-4b" in str(raised.value.fix)
    allowed = parse({"model": {"allow_distilled": True}})
    assert plan_of(allowed, model, images()).warnings[0][0] == "distilled_base"


@pytest.mark.parametrize("family", ["flux1-fill", "flux1-kontext"])
def test_a_family_without_training_is_refused(family: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be trained"):
        plan_of(TrainingConfig(), a_model(family), images())


def test_every_distilled_variant_names_a_base_of_its_family() -> None:
    for family in FAMILIES.values():
        if family.training is not None:
            variants = {variant.id: variant for variant in family.variants}
            distilled = {name for name, variant in variants.items() if variant.distilled}
            bases = {name: family.training.bases[name] for name in distilled}
            assert all(not variants[base].distilled for base in bases.values())


def test_the_plan_holds_steps_buckets_and_sample_prompts() -> None:
    config = parse({"data": {"resolution": [512, 768], "trigger_word": "zwx"}})
    plan = plan_of(config, a_model("sdxl"), images()).public()
    assert plan["steps"] == 500
    assert plan["dataset"]["buckets"] == [[512, 512, 6], [768, 768, 6]]
    assert [sample["prompt"] for sample in plan["samples"]] == [
        f"zwx, image {number}" for number in range(3)
    ]


# Files


def test_a_lora_is_added_under_a_free_name(tmp_path: Path) -> None:
    folder = LoraFolder(tmp_path)
    assert folder.add("my robot!", b"one", b"png") == "my-robot"
    assert folder.add("my robot!", b"one") == "my-robot"  # the same content
    assert folder.add("my robot!", b"two") == "my-robot-2"
    assert (tmp_path / "loras" / "my-robot.png").read_bytes() == b"png"
    assert folder.add("../..", b"three") == "lora"
    assert {path.parent for path in tmp_path.rglob("*.safetensors")} == {tmp_path / "loras"}


def test_the_metadata_has_the_names_that_other_programs_read() -> None:
    config = parse({"lora": {"rank": 8, "alpha": 4}, "data": {"trigger_word": "zwx"}})
    origin = LoraOrigin("robot", "nano", "f" * 64, "flux2", "d" * 64, 24, 200, "2026-01-31")
    metadata = lora_metadata(config, origin)
    assert metadata["ss_network_dim"] == "8"
    assert metadata["ss_network_alpha"] == "4"
    assert metadata["modelspec.trigger_phrase"] == "zwx"
    assert metadata["modelspec.architecture"] == "flux2/lora"
    assert all(isinstance(value, str) for value in metadata.values())
    assert '"digest": "' + "d" * 64 in metadata["qpyt_training"]


def test_an_event_file_has_the_records_of_tensorboard(tmp_path: Path) -> None:
    assert _checksum(b"123456789") == struct.pack(
        "<I", ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF
    )  # the check value of CRC-32C, masked
    EventFile(tmp_path).scalars(300, {"loss": 0.5})
    EventFile(tmp_path).scalars(301, {"loss": 0.25})
    data = next(tmp_path.iterdir()).read_bytes()
    records, place = [], 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        records.append(data[place + 12 : place + 12 + length])
        place += length + 16
    assert b"brain.Event:2" in records[0]
    assert records[1].endswith(b"\x0a\x04loss\x15" + struct.pack("<f", 0.5))
    assert b"\x10\xac\x02" in records[1]  # step 300
    assert len(records) == 3
