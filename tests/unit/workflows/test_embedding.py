"""The workflow that an image carries opens again as it was, with the seed that was drawn."""

from typing import Any

import pytest

from core.operations.declaration.registry import Registry, load
from core.pictures.formats import ENDINGS, Format, encode
from core.store.limits import UploadLimits
from core.store.metadata import read_metadata
from core.store.png import encode_png, image_metadata
from core.store.uploads import decode_upload
from core.workflows.comfy.model_files import UncheckedFiles
from core.workflows.embedding import LONGEST_WORKFLOW, embedded
from core.workflows.importing import import_image
from core.workflows.workflow import Workflow, parse
from tests.unit.pictures.making import noise

SNAPSHOT = {"operation": "generate", "params": {"prompt": "a house", "seed": 7}, "versions": {}}


def document(**settings: Any) -> Workflow:
    return parse(
        {
            "name": "two houses",
            "bricks": [
                {"id": "words", "type": "prompt", "props": {"prompt": "a house"}},
                {"id": "size", "type": "settings", "props": settings},
                {"id": "draft", "type": "generate", "column": 1},
                {"id": "own", "type": "img2img", "column": 2, "props": {"strength": 0.4}},
            ],
            "wires": [
                {"from": "words.prompt", "to": "draft.prompt"},
                {"from": "size.settings", "to": "draft.settings"},
                {"from": "draft.image", "to": "own.image"},
            ],
        }
    )


def seeds(workflow: Workflow, drawn: dict[str, int]) -> dict[str, Any]:
    carried = embedded(workflow, drawn)
    assert carried is not None
    return {brick["id"]: brick["props"].get("seed") for brick in carried["bricks"]}


def test_a_random_seed_is_stated_where_the_wall_has_it() -> None:
    drawn = {"draft": 7, "own": 9}
    assert seeds(document(), drawn) == {"words": None, "size": 7, "draft": None, "own": 9}
    assert seeds(document(seed=3), drawn)["size"] == 3
    assert seeds(document(), {}) == dict.fromkeys(("words", "size", "draft", "own"))


def test_a_document_over_the_bound_is_left_out() -> None:
    workflow = document()
    size = len(workflow.model_copy(update={"description": ""}).model_dump_json(by_alias=True))
    props = {"prompt": "x" * (LONGEST_WORKFLOW - size + 200)}
    bricks = [workflow.bricks[0].model_copy(update={"props": props}), *workflow.bricks[1:]]
    assert embedded(workflow.model_copy(update={"bricks": bricks}), {}) is None


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load(())


@pytest.mark.parametrize("form", ENDINGS)
def test_every_format_carries_the_workflow_and_opens_as_it(
    form: Format, registry: Registry
) -> None:
    carried = embedded(document(), {"draft": 7})
    image = noise(8, 8)
    png = encode_png(image, image_metadata(SNAPSHOT, 7, image.size, workflow=carried))
    kept = encode(png, form, quality=90, lossless=False, metadata=read_metadata(png)).data
    assert read_metadata(kept)["workflow"] == carried
    assert decode_upload(kept, UploadLimits()).metadata["workflow"] == carried
    opened = import_image(kept, registry, UncheckedFiles()).workflow
    assert opened.name == "two houses"
    assert [brick.id for brick in opened.bricks] == ["words", "size", "draft", "own"]
    private = encode(png, form, quality=90, lossless=False, metadata=None).data
    assert read_metadata(private) == {}
    assert b"two houses" not in private


def test_a_document_that_cannot_be_read_leaves_the_snapshot(registry: Registry) -> None:
    broken = {"format": "qpyt.workflow/9", "bricks": "none"}
    image = noise(8, 8)
    png = encode_png(image, image_metadata(SNAPSHOT, 7, image.size, workflow=broken))
    opened = import_image(png, registry, UncheckedFiles()).workflow
    assert {brick.type for brick in opened.bricks} >= {"generate", "prompt"}
