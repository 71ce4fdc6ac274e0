"""The wiring rule."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.operations.declaration import registry
from core.workflows.wiring import append, wire
from core.workflows.workflow import parse

REGISTRY = registry.load()
TYPES = [declaration.name for declaration in REGISTRY]


def brick(name: str, kind: str, column: int = 0, row: int = 0, **props: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "props": props, "column": column, "row": row}


def wires(*bricks: dict[str, Any], given: list[dict[str, str]] | None = None) -> set[str]:
    workflow, _ = wire(parse({"bricks": list(bricks), "wires": given or []}), REGISTRY)
    return {f"{existing.source}>{existing.target}" for existing in workflow.wires}


def test_the_first_wall_wires_itself() -> None:
    assert wires(
        brick("p", "prompt"),
        brick("s", "settings", 0, 1),
        brick("g", "generate", 1),
        brick("o", "image_output", 2),
    ) == {
        "p.prompt>g.prompt",
        "p.negative_prompt>g.negative_prompt",
        "s.settings>g.settings",
        "g.image>o.image",
    }


def test_an_input_takes_the_nearest_output_left_of_it() -> None:
    wired = wires(
        brick("far", "prompt", 0),
        brick("near", "prompt", 1),
        brick("g", "generate", 2),
    )
    assert "near.prompt>g.prompt" in wired


def test_nothing_is_taken_from_the_right_or_from_below() -> None:
    assert wires(brick("g", "generate", 0), brick("p", "prompt", 1)) == set()
    assert wires(brick("g", "generate", 0, 0), brick("p", "prompt", 0, 1)) == set()


def test_above_in_the_same_column_counts() -> None:
    assert "p.prompt>g.prompt" in wires(brick("p", "prompt", 0, 0), brick("g", "generate", 0, 1))


def test_a_mask_painter_is_shown_the_picture_above_it() -> None:
    wired = wires(brick("i", "image_input"), brick("m", "mask_painter", 0, 1))
    assert wired == {"i.image>m.image"}


def test_two_texts_are_told_apart_by_name() -> None:
    wired = wires(brick("p", "prompt"), brick("g", "generate", 1))
    assert "p.prompt>g.negative_prompt" not in wired


def test_wires_that_make_sense_stay_and_senseless_ones_go() -> None:
    bricks = (brick("a", "prompt"), brick("b", "prompt", 0, 1), brick("g", "generate", 1))
    mine = {"from": "b.prompt", "to": "g.prompt"}
    wrong = {"from": "a.prompt", "to": "g.settings"}
    wired = wires(*bricks, given=[mine, wrong])
    assert "b.prompt>g.prompt" in wired
    assert "a.prompt>g.settings" not in wired


def test_only_the_named_bricks_get_new_wires() -> None:
    workflow = parse({"bricks": [brick("p", "prompt"), brick("g", "generate", 1)]})
    assert wire(workflow, REGISTRY, only=["p"])[0].wires == []


def test_unknown_bricks_and_props_are_kept_and_told() -> None:
    workflow, problems = wire(
        parse([{"id": "x", "type": "render-9000", "props": {"a": 1}}]), REGISTRY
    )
    assert workflow.bricks[0].props == {"a": 1}
    assert [(problem.brick, problem.field) for problem in problems] == [("x", "type")]


def test_the_older_form_is_placed_by_category_and_wired() -> None:
    workflow, _ = wire(
        parse(
            [
                {"id": "prompt-3f", "type": "prompt", "props": {"prompt": "a"}},
                {"id": "generate-1a", "type": "generate", "props": {}},
                {"id": "image-output-9c", "type": "image-output", "props": {}},
            ]
        ),
        REGISTRY,
    )
    assert [brick.column for brick in workflow.bricks] == [0, 1, 2]
    assert len(workflow.wires) == 3


BRICKS = st.lists(
    st.builds(
        brick,
        st.uuids().map(str),
        st.sampled_from([*TYPES, "unknown"]),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=12,
)


@given(BRICKS)
def test_wiring_is_stable_and_never_goes_in_a_circle(bricks: list[dict[str, Any]]) -> None:
    once, _ = wire(parse({"bricks": bricks}), REGISTRY)
    twice, _ = wire(once, REGISTRY)
    assert twice == once
    places = {brick.id: (brick.column, brick.row) for brick in once.bricks}
    for existing in once.wires:
        assert places[existing.source_brick] < places[existing.target_brick]


@given(BRICKS)
def test_a_workflow_survives_its_file(bricks: list[dict[str, Any]]) -> None:
    workflow = parse({"bricks": bricks, "name": "x", "colour": "kept"})
    assert parse(workflow.json_data()) == workflow


def test_a_picture_is_no_mask_and_settings_reach_what_has_no_size() -> None:
    wired = wires(
        brick("i", "image_input", 0),
        brick("s", "settings", 0, 1),
        brick("p", "inpaint", 1),
        brick("o", "outpaint", 2),
        brick("e", "edit", 3),
    )
    assert "i.image>p.image" in wired
    assert "s.settings>p.settings" in wired
    assert {"p.image>o.image", "o.image>e.image"} <= wired, "each goes on with the one before"
    assert not any(wire.endswith(">p.mask") for wire in wired)
    painted = wires(
        brick("i", "image_input", 0), brick("m", "mask_painter", 0, 1), brick("p", "inpaint", 1)
    )
    assert painted == {"i.image>m.image", "i.image>p.image", "m.mask>p.mask"}


def test_a_port_of_several_pictures_keeps_all_the_wires_that_were_drawn() -> None:
    drawn = [{"from": f"{name}.image", "to": "e.image"} for name in ("one", "two")]
    wired = wires(
        brick("one", "image_input", 0),
        brick("two", "image_input", 0, 1),
        brick("e", "edit", 1),
        given=drawn,
    )
    assert wired == {"one.image>e.image", "two.image>e.image"}


WALL = (
    brick("p", "prompt", prompt="a house"),
    brick("g", "generate", 1),
    brick("o", "image_output", 3),
    brick("s", "save", 3, 1),
)


def appended(*bricks: dict[str, Any]) -> set[tuple[str, str]]:
    """The wires after the last brick is appended to a wired wall."""
    walled, _ = wire(parse({"bricks": list(bricks[:-1])}), REGISTRY)
    grown = parse({**walled.json_data(), "bricks": [*walled.json_data()["bricks"], bricks[-1]]})
    done = append(grown, REGISTRY, bricks[-1]["id"])
    return {(existing.source, existing.target) for existing in done.wires}


def test_a_new_operation_goes_to_the_end_of_the_chain_and_outputs_move_along() -> None:
    wires = appended(*WALL, brick("u", "upscale", 1, 1))
    assert {("g.image", "u.image"), ("u.image", "o.image"), ("u.image", "s.image")} <= wires
    assert ("g.image", "o.image") not in wires
    assert ("p.prompt", "g.prompt") in wires


def test_a_new_view_takes_nothing_from_others() -> None:
    wires = appended(*WALL, brick("n", "image_output", 4))
    assert {("g.image", "o.image"), ("g.image", "n.image")} <= wires


def test_a_prompt_is_wired_only_where_it_is_used_and_never_as_an_instruction() -> None:
    wires = appended(*WALL, brick("e", "edit", 2))
    assert not [target for _, target in wires if target == "e.prompt"]
    assert ("p.prompt", "u.prompt") not in appended(*WALL, brick("u", "upscale", 2))
    assert ("p.prompt", "u.prompt") in appended(*WALL, brick("u", "upscale", 2, method="diffusion"))
