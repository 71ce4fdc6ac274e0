"""The workflow document that the images of a run carry, beside the snapshot of their own task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.workflows.workflow import Workflow

LONGEST_WORKFLOW = 32 << 10
"""Bytes of JSON; a longer document is left out, for a JPEG holds 64 KiB of all texts together."""
SNAPSHOT_KEY = "workflow"
_SEED, _SETTINGS = "seed", "settings"


def embedded(workflow: Workflow, seeds: Mapping[str, int]) -> dict[str, Any] | None:
    """The document with the seeds that were drawn, by brick; None for one that is too long.

    A brick without a seed gets its own, or the brick of its settings does, so that the workflow of
    an image draws this image again. A seed that the workflow states stays.
    """
    sources = {
        wire.target_brick: wire.source_brick
        for wire in workflow.wires
        if wire.target_port == _SETTINGS
    }
    drawn = {sources.get(brick_id, brick_id): seed for brick_id, seed in seeds.items()}
    bricks = [
        brick.model_copy(update={"props": {**brick.props, _SEED: drawn[brick.id]}})
        if brick.id in drawn and brick.props.get(_SEED) is None
        else brick
        for brick in workflow.bricks
    ]
    document = workflow.model_copy(update={"bricks": bricks}).json_data()
    long = len(json.dumps(document, separators=(",", ":"))) > LONGEST_WORKFLOW
    return None if long else document
