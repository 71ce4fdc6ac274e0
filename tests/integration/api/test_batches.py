"""Batches: every row of a set becomes an image and a file, once, also after a kill."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PdfParser

from core.pictures.printing.paper import CARDS, sheet_of
from core.sets.rows import row_seed
from core.store.metadata import read_metadata
from tests.integration.conftest import MakeServer
from tests.integration.process import Server, run_main, until

KINGS = ["king-of-hearts", "king-of-spades"]
ROWS = 16  # of a batch that is killed: more than are drawn before the first is stored
PAPER = (0xFB, 0xF7, 0xEC)
QUICK = {"num_inference_steps": 1, "model": "nano", "width": 128, "height": 128}
DECK = {
    "name": "Deck",
    "prompt_template": "the {value} of {suit}",
    "csv": "value,suit,seed\n"
    + "".join(
        f"{value},{suit},\n" for suit in ("hearts", "spades") for value in ("ace", "two", "king")
    ),
}


@pytest.fixture
def deck(studio: Server) -> Server:
    """A studio with a set of six cards."""
    studio.http.put("/api/sets/deck", json=DECK).raise_for_status()
    return studio


def run(server: Server, **body: Any) -> dict[str, Any]:
    return dict(server.post("/api/generate/batch", {"set_name": "deck", **QUICK, **body}, 202))


def finished(server: Server, batch_id: str) -> dict[str, Any]:
    """The batch once all its rows are completed and their files written."""

    def look() -> dict[str, Any] | None:
        batch = server.get(f"/api/batches/{batch_id}")
        return batch if not batch["unfinished"] else None

    batch = until("the batch is finished", look)
    assert batch["states"] == {"completed": batch["rows"]}, batch
    return batch


def files(server: Server, folder: str) -> list[Path]:
    return sorted((server.data_dir / "output" / folder).iterdir())


def test_every_row_becomes_an_image_with_its_file_and_snapshot(deck: Server) -> None:
    started = run(deck, user_theme="at night", seed=5)
    batch = finished(deck, started["batch_id"])
    keys = [row["key"] for row in batch["items"]]
    assert keys == [f"{v}-of-{s}" for s in ("hearts", "spades") for v in ("ace", "two", "king")]
    assert [row["task_id"] for row in batch["items"]] == started["task_ids"]
    assert batch["items"][0]["prompt"] == "at night. the ace of hearts"
    assert [row["seed"] for row in batch["items"]] == [row_seed(5, key) for key in keys]
    written = files(deck, batch["folder"])
    stamp = batch["folder"].rpartition("_")[2]
    expected = {f"{stamp}_{key}.{ending}" for key in keys for ending in ("png", "json")}
    assert {path.name for path in written} == expected
    for image in (path for path in written if path.suffix == ".png"):
        sidecar = json.loads(image.with_suffix(".json").read_text(encoding="utf-8"))
        assert sidecar == read_metadata(image.read_bytes())["qpyt"]
        served = deck.http.get(f"/api/outputs/{batch['folder']}/{image.name}")
        assert served.content == image.read_bytes()
        assert served.headers["content-type"] == "image/png"


def test_a_batch_takes_a_card_and_a_rule_for_seeds_of_its_own(deck: Server) -> None:
    card = {"layout": "poker", "value": "{value}", "suit": "{suit}", "pips": False}
    rows = ["ace-of-hearts", "king-of-spades"]
    started = run(deck, overlay=card, seed_policy="shared", seed=3, rows=rows)
    batch = finished(deck, started["batch_id"])
    assert [row["seed"] for row in batch["items"]] == [3, 3]
    assert all(row["images"][0]["drawing"] != row["chosen"] for row in batch["items"])
    cards = [row["images"][-1]["thumbnail_url"] for row in batch["items"]]
    listed = deck.get("/api/batches?limit=1")["items"][0]
    assert sorted(listed["thumbnails"][:2]) == sorted(cards)
    plain = finished(deck, run(deck, overlay=False, rows=rows[:1])["batch_id"])
    assert plain["items"][0]["images"][0]["drawing"] == plain["items"][0]["chosen"]


def test_a_row_alone_is_the_image_of_the_whole_set_and_a_redo_is_another(deck: Server) -> None:
    whole = finished(deck, run(deck, seed=9)["batch_id"])
    alone = finished(deck, run(deck, seed=9, rows=["king-of-spades"])["batch_id"])

    def furthest(left: dict[str, Any], right: dict[str, Any]) -> int:
        """The largest difference of two images, in grey levels."""
        files = [deck.http.get(f"/api/assets/{i['asset_id']}/file").content for i in (left, right)]
        pixels = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int) for data in files]
        return int(np.abs(pixels[0] - pixels[1]).max())

    king = whole["items"][-1]
    assert [row["key"] for row in alone["items"]] == ["king-of-spades"]
    assert any("batched" in deck.task(row["task_id"])["snapshot"] for row in whole["items"])
    assert furthest(alone["items"][0]["images"][0], king["images"][0]) <= 1
    redone = deck.post(f"/api/batches/{whole['id']}/redo", {"rows": ["king-of-spades"]}, 202)
    assert len(redone["task_ids"]) == 1
    batch = finished(deck, whole["id"])
    again = batch["items"][-1]
    assert [image["task_id"] for image in again["images"]] == [king["task_id"], again["task_id"]]
    assert again["seed"] != king["seed"]
    assert furthest(again["images"][1], again["images"][0]) > 1
    assert len(files(deck, whole["folder"])) == 2 * (len(whole["items"]) + 1), "none overwritten"
    assert whole["folder"] != alone["folder"], "also within a second"


def archive(server: Server, batch_id: str, query: str = "") -> zipfile.ZipFile:
    answer = server.http.get(f"/api/batches/{batch_id}/archive{query}")
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_a_zip_holds_the_chosen_images_as_on_disk_and_a_manifest(deck: Server) -> None:
    csv_text = "value,suit,filename\nace,hearts,first\ntwo,spades,\n"
    deck.http.put("/api/sets/named", json={**DECK, "csv": csv_text})
    first = finished(deck, run(deck, set_name="named", seed=3)["batch_id"])
    address = f"/api/batches/{first['id']}"
    deck.post(f"{address}/redo", {"rows": ["ace-of-hearts"]}, 202)
    ace, two = finished(deck, first["id"])["items"]
    old, new = (image["asset_id"] for image in ace["images"])
    assert ace["chosen"] == new
    chosen = deck.post(f"{address}/rows/ace-of-hearts/choose", {"asset_id": old})
    assert (chosen["chosen"], len(chosen["images"])) == (old, 2)
    stamp = first["folder"].rpartition("_")[2]
    names = [f"{stamp}_{name}.png" for name in ("first", "two-of-spades")]
    content = archive(deck, first["id"])
    manifests = {"manifest.json", "manifest.csv", "licences.csv"}
    assert set(content.namelist()) == {*names, *manifests, *(name[:-3] + "json" for name in names)}
    on_disk = {path.name: path.read_bytes() for path in files(deck, first["folder"])}
    assert all(content.read(name) == on_disk[name] for name in names)
    manifest = json.loads(content.read("manifest.json"))
    assert [row["file"] for row in manifest["rows"]] == names
    assert [row["asset_id"] for row in manifest["rows"]] == [old, two["chosen"]]
    rows = list(csv.DictReader(io.StringIO(content.read("manifest.csv").decode())))
    assert [row["seed"] for row in rows] == [str(row["seed"]) for row in manifest["rows"]]
    licences = list(csv.DictReader(io.StringIO(content.read("licences.csv").decode())))
    assert [row["file"] for row in licences] == names
    assert all(row["licence"] and row["outputs"] for row in licences)
    private = archive(deck, first["id"], "?metadata=false")
    assert set(private.namelist()) == {*names, *manifests}
    assert not any(b"the ace of hearts" in private.read(name) for name in private.namelist())
    zipped = deck.data_dir / "private.zip"
    run_main("sets", "export", first["id"], str(zipped), "--no-metadata", data_dir=deck.data_dir)
    assert zipfile.ZipFile(zipped).namelist() == private.namelist()
    # All variants, and a deleted image is not one of them.
    everything = archive(deck, first["id"], "?variants=true")
    assert f"{stamp}_first-2.png" in everything.namelist()
    assert len(everything.namelist()) == 9
    deck.http.delete(f"/api/assets/{old}").raise_for_status()
    assert deck.get(address)["items"][0]["chosen"] == new
    wrong = deck.http.post(f"{address}/rows/ace-of-hearts/choose", json={"asset_id": old})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "asset_id")
    assert deck.http.post(f"{address}/rows/none/choose", json={"asset_id": None}).status_code == 404


def printed(server: Server, batch_id: str, **options: Any) -> dict[str, Any]:
    accepted = server.post(f"/api/batches/{batch_id}/print", options, 202)
    task = server.ended(accepted["task_id"])
    assert task["status"] == "completed", task["error"]
    [output] = task["outputs"]
    return dict(output)


def test_a_batch_of_cards_is_printed_with_bleed_and_backs_and_as_a_contact_sheet(
    deck: Server,
) -> None:
    overlay = {"layout": "poker", "value": "{value}", "suit": "{suit}", "dpi": 72}
    card = {"overlay": overlay, "print": {"paper": "letter", "dpi": 72}}
    deck.http.put("/api/sets/cards", json={**DECK, **card})
    batch = finished(deck, run(deck, set_name="cards", rows=KINGS)["batch_id"])
    back = batch["items"][0]["chosen"]
    assert batch["print"] == card["print"]
    deck_pdf = printed(deck, batch["id"], back=back, paper="a4")
    assert deck_pdf["kind"] == "pdf"
    file = deck.http.get(deck_pdf["url"])
    assert file.headers["content-disposition"].endswith('.pdf"')
    parser = PdfParser.PdfParser(buf=file.content)
    fronts, backs = (parser.read_indirect(page) for page in parser.pages)
    assert [len(page[b"Resources"][b"XObject"]) for page in (fronts, backs)] == [2, 1]
    sheet = sheet_of("a4", CARDS["poker"], 3)
    assert fronts[b"MediaBox"][2:] == pytest.approx([297 / 25.4 * 72, 210 / 25.4 * 72], abs=0.01)
    width = fronts[b"TrimBox"][2] - fronts[b"TrimBox"][0]
    assert width == pytest.approx(sheet.block.width / 25.4 * 72, abs=0.01)
    name = next(iter(fronts[b"Resources"][b"XObject"].values()))
    card = Image.open(io.BytesIO(parser.read_indirect(name).buf))
    assert card.size == (196, 266)
    assert np.abs(np.asarray(card)[1, 1].astype(int) - PAPER).max() < 12, "bleed of the paper"
    contact = printed(deck, batch["id"], format="contact_sheet")
    assert (contact["kind"], contact["width"] > 256) == ("image", True)
    ran = run_main("sets", "print", batch["id"], data_dir=deck.data_dir)
    assert ran.returncode == 0, ran.stderr
    file = Path(ran.stdout.strip())
    assert file.parent.name == batch["folder"]
    letter = PdfParser.PdfParser(buf=file.read_bytes())
    assert letter.read_indirect(letter.pages[0])[b"MediaBox"][2:] == [792, 612], "as the set says"
    over = run_main("sets", "print", batch["id"], "--out", str(file), data_dir=deck.data_dir)
    assert "exists" in over.stderr
    assert finished(deck, batch["id"])["states"] == {"completed": 2}, "prints are no rows"


def test_a_matrix_is_a_batch_of_cells_with_a_labelled_sheet(studio: Server) -> None:
    values = {"num_inference_steps": [1, 2], "guidance_scale": [1, 2, 3]}
    axes = [{"name": name, "values": own} for name, own in values.items()]
    params = {"prompt": "a red circle", "model": "nano", "width": 64, "height": 64}
    body = {"params": params, "axes": axes, "name": "Circle"}
    started = studio.post("/api/generate/matrix", body, 202)
    batch = finished(studio, started["batch_id"])
    assert (batch["kind"], batch["rows"], batch["name"]) == ("matrix", 6, "Circle")
    assert [axis["values"] for axis in batch["axes"]] == [[1, 2], [1, 2, 3]]
    last = batch["items"][-1]
    assert last["cell"] == {"num_inference_steps": 2, "guidance_scale": 3}
    assert last["params"]["num_inference_steps"] == 2
    assert len({row["seed"] for row in batch["items"]}) == 1
    assert len(files(studio, batch["folder"])) == 12
    sheet = printed(studio, batch["id"], format="contact_sheet")
    assert sheet["width"] > sheet["height"]
    harmony = studio.get(f"/api/batches/{batch['id']}/harmony")
    assert [item["key"] for item in harmony["items"]] == [row["key"] for row in batch["items"]]
    task = studio.ended(studio.post(f"/api/batches/{batch['id']}/harmony", {}, 202)["task_id"])
    by_network = studio.get(f"/api/batches/{batch['id']}/harmony?task_id={task['id']}")
    assert by_network["method"].endswith("the metric network of the model")
    wrong = {**body, "axes": [{"name": "model", "values": ["nano", "no-such-model"]}]}
    answer = studio.http.post("/api/generate/matrix", json=wrong)
    assert answer.json()["field"] == "axes.0.values.1", answer.text
    assert studio.get("/api/batches?limit=1")["items"][0]["id"] == batch["id"], "nothing queued"


@pytest.mark.parametrize(
    ("options", "status", "field"),
    [
        ({"rows": ["joker"]}, 422, "rows"),
        ({"card": "custom", "width_mm": 40}, 422, "height_mm"),
        ({"card": "custom", "width_mm": 300, "height_mm": 390}, 422, "paper"),
        ({"back": "none"}, 422, "back"),
        ({"paper": "card", "format": "contact_sheet_pdf"}, 422, "paper"),
        ({"dpi": 5000}, 422, "dpi"),
    ],
)
def test_a_print_that_cannot_be_is_refused(
    deck: Server, options: dict[str, Any], status: int, field: str
) -> None:
    batch = finished(deck, run(deck, rows=KINGS[:1])["batch_id"])
    answer = deck.http.post(f"/api/batches/{batch['id']}/print", json=options)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


def test_a_batch_without_an_image_cannot_be_printed(deck: Server) -> None:
    deck.post("/api/queue/pause")
    batch_id = run(deck)["batch_id"]
    assert deck.http.post(f"/api/batches/{batch_id}/print", json={}).status_code == 409
    deck.post(f"/api/batches/{batch_id}/cancel")


def test_a_zip_lists_the_rows_without_an_image(deck: Server) -> None:
    deck.post("/api/queue/pause")
    batch_id = run(deck)["batch_id"]
    deck.post(f"/api/batches/{batch_id}/cancel")
    content = archive(deck, batch_id)
    assert set(content.namelist()) == {"manifest.json", "manifest.csv"}
    rows = json.loads(content.read("manifest.json"))["rows"]
    assert [(row["status"], row["file"]) for row in rows] == [("cancelled", None)] * 6


def test_the_rows_of_a_set_with_an_overlay_become_cards(deck: Server) -> None:
    overlay = {"layout": "poker", "value": "{value}", "suit": "{suit}", "dpi": 72}
    saved = deck.http.put("/api/sets/cards", json={**DECK, "overlay": overlay})
    assert saved.status_code in (200, 201), saved.text
    started = run(deck, set_name="cards", rows=["ace-of-hearts", "two-of-spades"])
    batch = finished(deck, started["batch_id"])
    for row in batch["items"]:
        [image] = row["images"]
        asset = deck.get(f"/api/assets/{image['asset_id']}")
        assert (asset["width"], asset["height"]) == (179, 249), "63 × 88 mm at 72 dpi"
    deck.post(f"/api/batches/{batch['id']}/redo", {"rows": ["ace-of-hearts"]}, 202)
    ace = finished(deck, batch["id"])["items"][0]
    assert len(ace["images"]) == 2
    sizes = {path.suffix for path in files(deck, batch["folder"])}
    assert sizes == {".png", ".json"}


def test_a_batch_is_paused_resumed_cancelled_and_listed(deck: Server) -> None:
    deck.post("/api/queue/pause")
    try:
        batch_id = run(deck)["batch_id"]
        assert deck.post(f"/api/batches/{batch_id}/pause") == {"changed": 6}
        assert deck.get(f"/api/batches/{batch_id}")["states"] == {"held": 6}
        assert deck.post(f"/api/batches/{batch_id}/resume") == {"changed": 6}
        assert deck.get(f"/api/batches/{batch_id}")["states"] == {"pending": 6}
        assert deck.post(f"/api/batches/{batch_id}/cancel") == {"changed": 6}
        listed = deck.get("/api/batches?limit=1")
        assert listed["items"][0]["id"] == batch_id
        assert listed["items"][0]["states"] == {"cancelled": 6}
        older = deck.get(f"/api/batches?limit=1&cursor={listed['next_cursor']}")
        assert older["items"][0]["id"] < batch_id
        assert deck.post(f"/api/batches/{batch_id}/retry") == {"changed": 0}, "none failed"
    finally:
        deck.post("/api/queue/resume")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"set_name": "nothing"}, 404, "set_name"),
        ({"rows": ["ace-of-heart"]}, 422, "rows"),
        ({"seed": "x"}, 422, "seed"),
        ({"num_inference_steps": 0}, 422, "requests.0.num_inference_steps"),
        ({"no_such_parameter": 1}, 422, "requests.0.no_such_parameter"),
    ],
)
def test_a_wrong_request_queues_nothing(
    deck: Server, body: dict[str, Any], status: int, field: str
) -> None:
    before = deck.get("/api/tasks")["total"], deck.get("/api/batches")["total"]
    answer = deck.http.post("/api/generate/batch", json={"set_name": "deck", **QUICK, **body})
    assert answer.status_code == status, answer.text
    assert answer.json()["field"] == field
    assert (deck.get("/api/tasks")["total"], deck.get("/api/batches")["total"]) == before


def test_a_repeated_request_returns_the_first_batch(deck: Server) -> None:
    body = {"set_name": "deck", "rows": ["ace-of-hearts"], **QUICK}
    key = {"Idempotency-Key": "a-deck"}
    first = deck.post("/api/generate/batch", body, 202, headers=key)
    assert deck.post("/api/generate/batch", body, 202, headers=key) == first
    finished(deck, first["batch_id"])


@pytest.mark.parametrize(
    "path", ["../studio.db", "..%2Fstudio.db", "%2Fetc%2Fpasswd", ".hidden", "a//b", "x%00", "link"]
)
def test_no_path_leads_out_of_the_output_folder(deck: Server, path: str) -> None:
    output = deck.data_dir / "output"
    output.mkdir(exist_ok=True)
    (output / ".hidden").write_text("x", encoding="utf-8")
    if not (output / "link").is_symlink():
        (output / "link").symlink_to(deck.data_dir / "studio.db")
    assert deck.http.get(f"/api/outputs/{path}").status_code == 404


def test_a_batch_survives_a_kill_and_no_row_is_drawn_or_written_twice(
    make_server: MakeServer,
) -> None:
    server = make_server().start()
    table = "value,suit\n" + "".join(f"{value},hearts\n" for value in range(ROWS))
    server.http.put("/api/sets/long", json={**DECK, "csv": table}).raise_for_status()
    started = run(server, set_name="long", seed=1, overlay=False)

    def drawn() -> int:
        return int(server.get(f"/api/batches/{started['batch_id']}")["states"].get("completed", 0))

    until("a row is done", drawn)
    server.kill()
    server.start()
    batch = finished(server, started["batch_id"])
    assert all(len(row["images"]) == 1 for row in batch["items"])
    suffixes = (path.suffix for path in files(server, batch["folder"]))
    assert Counter(suffixes) == {".png": ROWS, ".json": ROWS}


def test_the_command_line_runs_a_set_at_a_running_studio_and_resumes_a_paused_batch(
    deck: Server,
) -> None:
    values = [f"--set={name}={value}" for name, value in QUICK.items()]
    ran = run_main("sets", "run", "deck", "--theme", "at night", *values, data_dir=deck.data_dir)
    assert ran.returncode == 0, ran.stderr
    folder = Path(ran.stdout.strip())
    assert (folder.parent, len(files(deck, folder.name))) == (deck.data_dir / "output", 12)
    deck.post("/api/queue/pause")
    batch_id = run(deck, rows=["ace-of-hearts"])["batch_id"]
    deck.post(f"/api/batches/{batch_id}/pause")
    deck.post("/api/queue/resume")
    resumed = run_main("sets", "resume", batch_id, data_dir=deck.data_dir)
    assert resumed.returncode == 0, resumed.stderr
    assert finished(deck, batch_id)["folder"] == Path(resumed.stdout.strip()).name


def test_the_command_line_runs_a_set_without_a_server(tmp_path: Path) -> None:
    values = [f"--set={name}={value}" for name, value in QUICK.items()]
    ran = run_main("sets", "run", "zodiac", "--row", "leo", *values, data_dir=tmp_path / "data")
    assert ran.returncode == 0, ran.stderr
    assert {path.suffix for path in Path(ran.stdout.strip()).iterdir()} == {".png", ".json"}
    unknown = run_main("sets", "run", "zodiac", "--row", "lion", data_dir=tmp_path / "data")
    assert unknown.returncode == 1
    assert "There is no row" in unknown.stderr or "has no row 'lion'" in unknown.stderr
