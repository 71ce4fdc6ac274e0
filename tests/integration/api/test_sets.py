"""Sets over REST and on the command line: the list, faults, previews, saving and themes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

import main
from core.sets.catalogue import SetCatalogue
from core.settings import ROOT
from tests.integration.process import Server

SHIPPED = sorted(path.name for path in (ROOT / "presets" / "sets").iterdir())
MINE = {
    "name": "Animals",
    "base_prompt": "a stamp",
    "prompt_template": "{animal} on {place}",
    "csv": 'animal,place,seed\ncat,a roof,7\ndog,"a lawn, green",\n',
}


def save(studio: Server, name: str, **changes: Any) -> Any:
    return studio.http.put(f"/api/sets/{name}", json={**MINE, **changes})


def test_every_shipped_set_is_listed_and_previewed_as_the_files_say(studio: Server) -> None:
    catalogue = SetCatalogue(ROOT / "presets" / "sets", Path("/nonexistent"))
    listed = {entry["id"]: entry for entry in studio.get("/api/sets")["items"] if not entry["own"]}
    assert sorted(listed) == SHIPPED
    for name, entry in listed.items():
        rows = catalogue.get(name).filled("paper").rows
        preview = studio.get(f"/api/sets/{name}/preview?theme=paper")
        assert [row["prompt"] for row in preview["items"]] == [row.prompt for row in rows]
        assert entry["rows"] == preview["total"] == len(rows)
        assert (entry["errors"], entry["unreadable"]) == (0, None)


def test_a_set_is_previewed_before_it_is_saved_with_each_fault_at_its_cell(studio: Server) -> None:
    table = "card,seed\nQueen,7\nKing,many\n"
    preview = studio.post("/api/sets/preview?theme=paper", {"name": "New", "csv": table}, 200)
    assert [row["prompt"] for row in preview["items"]] == ["paper. Queen", "paper. King"]
    assert preview["prompt_template"] == preview["item_name"] == "{card}"
    faults = [(fault["level"], fault["row"], fault["column"]) for fault in preview["faults"]]
    assert faults == [("error", 3, "seed")]
    assert studio.http.get("/api/sets/new").status_code == 404


def test_a_set_is_saved_shown_replaced_and_deleted(studio: Server) -> None:
    made = save(studio, "animals")
    assert made.status_code == 201
    assert save(studio, "animals").status_code == 200
    detail = studio.get("/api/sets/animals")
    assert detail == made.json()
    assert detail["definition"]["prompt_template"] == MINE["prompt_template"]
    table = studio.http.get(detail["table_url"])
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.text == MINE["csv"]
    cat, dog = studio.get("/api/sets/Animals/preview")["items"]
    assert cat["prompt"] == "a stamp. cat on a roof"
    assert cat["params"] == {"seed": 7}
    assert (dog["key"], dog["number"]) == ("dog", 3)
    assert studio.http.delete("/api/sets/animals").status_code == 204
    assert studio.http.get("/api/sets/animals").status_code == 404


@pytest.mark.parametrize(
    ("name", "changes", "status", "field"),
    [
        ("animals", {"csv": "animal\ncat\n"}, 422, "csv"),
        ("animals", {"csv": "animal,place\ncat,a\ncat,b\n", "item_name": "{animal}"}, 422, "csv"),
        ("animals", {"csv": '"'}, 422, "csv"),
        ("animals", {"width": 1}, 422, "width"),
        ("Not an id", {}, 422, "name"),
        ("..", {}, 404, None),
    ],
)
def test_a_set_with_an_error_is_refused_with_its_place(
    studio: Server, name: str, changes: dict[str, Any], status: int, field: str | None
) -> None:
    answer = save(studio, name, **changes)
    assert answer.status_code == status, answer.text
    assert answer.json()["field"] == field
    assert studio.http.get("/api/sets/animals").status_code == 404


def test_a_shipped_set_cannot_be_deleted(studio: Server) -> None:
    answer = studio.http.delete("/api/sets/zodiac")
    assert answer.status_code == 409
    assert "another name" in answer.json()["fix"]


def test_a_random_theme_comes_back_with_its_seed(studio: Server) -> None:
    first = studio.get("/api/themes/random")
    assert studio.get(f"/api/themes/random?seed={first['seed']}") == first


def test_the_command_line_previews_rows_and_names_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "sets"
    folder.mkdir(parents=True)
    (folder / "pets.csv").write_text("name,seed\nRex,1\nRex,x\n", encoding="utf-8")
    monkeypatch.setenv("QPYT_DATA_DIR", str(tmp_path / "data"))
    assert "pets" in CliRunner().invoke(main.app, ["sets", "list"]).stdout
    previewed = CliRunner().invoke(main.app, ["sets", "preview", "pets"])
    assert previewed.exit_code == 1
    assert "rex: Rex" in previewed.stdout
    assert "Row 3, column 'seed'" in previewed.stderr


def test_a_card_is_previewed_without_an_image_and_leaves_no_trace(studio: Server) -> None:
    before = studio.get("/api/assets?limit=1")["total"]
    card = {"layout": "poker", "value": "ace", "suit": "spades", "dpi": 72}
    drawn = studio.post("/api/overlay", {**card, "transient": True, "slot": "card"}, 200)
    [output] = drawn["outputs"]
    with Image.open(BytesIO(studio.http.get(output["url"]).content)) as image:
        assert image.size == (179, 249)
    assert studio.get("/api/assets?limit=1")["total"] == before
