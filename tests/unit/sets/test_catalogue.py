"""Sets on disk: shipped, the user's own, older forms, a table alone, and broken files."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Conflict, InvalidInput, NotFound
from core.prompts import preset_file
from core.sets.catalogue import SetCatalogue
from core.sets.definition import SetDefinition
from core.sets.faults import errors
from core.sets.reading import BrokenSet, SavedSet
from core.sets.themes import LISTS, random_theme
from core.settings import ROOT

SHIPPED = ROOT / "presets" / "sets"
GOLDEN = Path(__file__).parent / "golden"
SIZES = {"playing-cards": 54, "major-arcana": 22, "tarot": 78, "zodiac": 12}
LEGACY = """\
name: Old deck
csv_path: data/sets/old.csv
base_prompt: a card
prompt_template: "{value} of {suit}. {visual_layout}"
style_suffix: etching
example_theme: the sea
width: 512
height: 720
negative_prompt: text
loras:
  - {path: /home/someone/loras/ink.safetensors, weight: 0.6}
  - {name: robot}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> SetCatalogue:
    return SetCatalogue(SHIPPED, tmp_path)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def definition(**fields: object) -> SetDefinition:
    return SetDefinition.model_validate({"name": "Mine", "csv_path": "any.csv", **fields})


@pytest.mark.parametrize("set_id", sorted(path.name for path in SHIPPED.iterdir()))
def test_every_shipped_set_has_its_golden_prompts_and_no_fault(set_id: str) -> None:
    saved = SetCatalogue(SHIPPED, Path("/nonexistent")).get(set_id)
    filled = saved.filled(saved.definition.example_theme)
    assert filled.faults == ()
    assert len(filled.rows) == SIZES[set_id]
    prompts = "".join(f"{row.key}: {row.prompt}\n" for row in filled.rows)
    assert prompts == (GOLDEN / f"{set_id}.txt").read_text(encoding="utf-8")


def test_shipped_definitions_have_only_known_fields() -> None:
    for path in SHIPPED.glob("*/set.yaml"):
        assert preset_file.read(path).keys() <= SetDefinition.model_fields.keys(), path


def test_the_playing_cards_are_four_suits_of_thirteen_and_two_jokers() -> None:
    rows = SetCatalogue(SHIPPED, Path("/nonexistent")).get("playing-cards").table.rows
    suits = [row.cells["suit"] for row in rows]
    assert {suit: suits.count(suit) for suit in suits} == {
        **dict.fromkeys(("spades", "hearts", "diamonds", "clubs"), 13),
        "red": 1,
        "black": 1,
    }


def test_a_table_alone_is_a_set(catalogue: SetCatalogue, tmp_path: Path) -> None:
    write(tmp_path / "My animals.csv", "animal,place\ncat,a roof\n")
    write(tmp_path / "plants" / "rows.csv", "name\noak\n")
    animals, plants = catalogue.get("my-animals"), catalogue.get("plants")
    assert animals.definition.name == "My animals"
    assert animals.filled().rows[0].prompt == "cat. a roof"
    assert plants.filled().rows[0].key == "oak"


@pytest.mark.parametrize(
    ("file", "text", "set_id"),
    [
        ("old.yaml", LEGACY, "old"),
        ("config.yaml", "old_deck:\n" + LEGACY.replace("\n", "\n  ").join(["  ", ""]), "old_deck"),
        (
            "all.yml",
            "sets:\n  deck:\n" + "".join(f"    {x}\n" for x in LEGACY.splitlines()),
            "deck",
        ),
    ],
)
def test_definitions_of_card_set_studios_load_as_they_are(
    catalogue: SetCatalogue, tmp_path: Path, file: str, text: str, set_id: str
) -> None:
    write(tmp_path / file, text)
    write(tmp_path / "old.csv", "value,suit,visual_layout\nking,hearts,a crown\n")
    saved = catalogue.get(set_id)
    filled = saved.filled("the sea")
    assert filled.faults == ()
    assert filled.rows[0].prompt == "a card. the sea. king of hearts. a crown. etching"
    loras = [(lora.name, lora.weight) for lora in saved.definition.loras]
    assert loras == [("ink", 0.6), ("robot", 0.5)]
    assert len([entry for entry in catalogue.all() if entry.own]) == 1, "the table is no set too"


@pytest.mark.parametrize(
    "text",
    [
        "name: [",
        "- a list",
        "name: x\ncsv_path: ../../secret.csv\n",
        "name: x\ncsv_path: missing.csv\n",
        "name: x\ncsv_path: rows.csv\nwidth: 1\n",
        "name: x\ncsv_path: rows.csv\nseed: {policy: never}\n",
        "!!python/object:os.system {}",
        "\x00",
    ],
)
def test_a_broken_definition_is_listed_with_its_reason_and_hides_no_other(
    catalogue: SetCatalogue, tmp_path: Path, text: str
) -> None:
    write(tmp_path / "bad" / "set.yaml", text)
    write(tmp_path / "bad" / "rows.csv", "name\nLeo\n")
    write(tmp_path.parent / "secret.csv", "name\nsecret\n")
    entries = {entry.id: entry for entry in catalogue.all()}
    bad = entries["bad"]
    assert isinstance(bad, BrokenSet)
    assert bad.error
    assert entries.keys() == {"bad", *SIZES}
    with pytest.raises(InvalidInput):
        catalogue.get("bad")


def test_a_link_out_of_the_folder_is_not_followed(catalogue: SetCatalogue, tmp_path: Path) -> None:
    write(tmp_path.parent / "outside.csv", "name\nsecret\n")
    write(tmp_path / "link" / "set.yaml", "name: x\ncsv_path: rows.csv\n")
    (tmp_path / "link" / "rows.csv").symlink_to(tmp_path.parent / "outside.csv")
    with pytest.raises(InvalidInput):
        catalogue.get("link")


def test_an_unknown_field_is_a_warning_with_the_nearest(
    catalogue: SetCatalogue, tmp_path: Path
) -> None:
    write(tmp_path / "a" / "set.yaml", "name: x\ncsv_path: rows.csv\nbase_promt: card\n")
    write(tmp_path / "a" / "rows.csv", "name\nLeo\n")
    [fault] = catalogue.get("a").filled().faults
    assert (fault.level, fault.fix) == ("warning", "Did you mean 'base_prompt'?")


def test_a_set_is_saved_replaced_and_deleted(catalogue: SetCatalogue) -> None:
    mine = definition(prompt_template="{name}", seed=7, loras=[{"name": "ink"}])
    assert catalogue.put("mine", mine, b"name\nLeo\n")
    saved = catalogue.get("mine")
    assert saved.definition == mine.model_copy(update={"csv_path": "rows.csv"})
    assert not catalogue.put("mine", mine, b"name\nLeo\nAries\n")
    assert [row.key for row in catalogue.get("Mine").filled().rows] == ["leo", "aries"]
    catalogue.delete("mine")
    with pytest.raises(NotFound):
        catalogue.get("mine")


def test_an_own_set_replaces_the_shipped_one_until_it_is_deleted(catalogue: SetCatalogue) -> None:
    catalogue.put("zodiac", definition(), b"name\nLeo\n")
    assert len(catalogue.get("zodiac").table.rows) == 1
    catalogue.delete("zodiac")
    assert len(catalogue.get("zodiac").table.rows) == SIZES["zodiac"]
    with pytest.raises(Conflict):
        catalogue.delete("zodiac")


@pytest.mark.parametrize("set_id", ["", "..", "a/b", "A", "a b", "x" * 61, ".a"])
def test_an_id_is_no_path(catalogue: SetCatalogue, tmp_path: Path, set_id: str) -> None:
    with pytest.raises(InvalidInput):
        catalogue.put(set_id, definition(), b"name\nLeo\n")
    assert list(tmp_path.iterdir()) == []


def test_a_table_with_errors_is_not_saved(catalogue: SetCatalogue, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Row 3") as refused:
        catalogue.put("mine", definition(), b"name\nLeo\nLeo\n")
    assert [error.field for error in refused.value.errors] == ["row 3"]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_set_is_named_with_the_nearest(catalogue: SetCatalogue) -> None:
    with pytest.raises(NotFound) as missing:
        catalogue.get("zodiak")
    assert missing.value.fix == "Did you mean 'zodiac'?"


def test_shipped_sets_are_usable_as_they_are(catalogue: SetCatalogue) -> None:
    for entry in catalogue.all():
        assert isinstance(entry, SavedSet)
        assert not errors(entry.filled().faults)


def test_a_seed_always_yields_the_same_theme_of_the_lists() -> None:
    themes = [random_theme(ROOT / "presets", seed) for seed in range(200)]
    assert themes == [random_theme(ROOT / "presets", seed) for seed in range(200)]
    assert len(set(themes)) > 150
    lists = preset_file.read(ROOT / "presets" / "themes.yaml")
    assert lists.keys() == set(LISTS)
    for words in lists.values():
        assert len(set(words)) == len(words)
        assert any(word in theme for theme in themes for word in words)
