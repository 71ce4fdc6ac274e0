"""One layout by wires: that of imports on the server, and that of *Tidy* on the page."""

import json
from pathlib import Path
from random import Random

from core.workflows.layout import places
from tests.unit.page.test_bundles import node

WALLS = 60


def wall(draw: Random) -> dict[str, list[dict[str, object]]]:
    """A random wall without circles, with bricks in a random order."""
    count = draw.randint(1, 40)
    order = [f"b{number}" for number in range(count)]
    draw.shuffle(order)
    pairs = (
        [sorted(draw.sample(range(count), 2)) for _ in range(draw.randint(0, 2 * count))]
        if (count > 1)
        else []
    )
    wires = [{"from": f"{order[a]}.image", "to": f"{order[b]}.image"} for a, b in pairs]
    bricks = [{"id": f"b{number}", "type": "generate", "props": {}} for number in range(count)]
    return {"bricks": [dict(brick) for brick in bricks], "wires": [dict(wire) for wire in wires]}


def test_the_layout_of_an_import_is_that_of_the_page(tmp_path: Path) -> None:
    walls = [wall(Random(seed)) for seed in range(WALLS)]
    file = tmp_path / "walls.json"
    file.write_text(json.dumps(walls), encoding="utf-8")
    page = json.loads(node(Path(__file__).with_name("lay_out.js"), file))
    for seed, (given, shown) in enumerate(zip(walls, page, strict=True)):
        ids = [str(brick["id"]) for brick in given["bricks"]]
        wires = [
            (str(wire["from"]).partition(".")[0], str(wire["to"]).partition(".")[0])
            for wire in given["wires"]
        ]
        placed = places(ids, wires)
        assert {key: list(place) for key, place in placed.items()} == shown, seed
