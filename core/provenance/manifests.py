"""C2PA manifests of a file, read and checked. Runs in a decoder process: a manifest may be hostile.

Nothing is fetched: no remote manifest, no time stamp, no revocation list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from core.provenance.signing import SETTINGS, TYPES, carries_manifest

LONGEST_REPORT = 16 << 20  # characters of the library's JSON
MOST_LISTED = 50
_LONGEST_TEXT = 200
_READABLE = (*TYPES, "image/gif", "image/tiff")


def read_manifests(data: bytes, media_type: str, root: bytes | None) -> dict[str, Any] | None:
    """The manifests of a file in short; None for a file without any. Never raises.

    `state` is `own` (signed by this installation, whose `root` certificate is given), `valid` (the
    signer is on no list of this machine), `tampered`, `invalid` or `unreadable`. Others: `signer`,
    `issuer`, `tool`, `source_type`, `actions`, `ingredients`, `problems`, `manifests` (a count).
    """
    if media_type not in _READABLE or not carries_manifest(data):
        return None
    try:
        return _read(data, media_type, root)
    except Exception as error:  # noqa: BLE001 (the library fails in many ways on hostile bytes)
        return {**_EMPTY, "state": "unreadable", "problems": [_text(_kind(error))]}


_EMPTY: dict[str, Any] = {
    "state": "unreadable",
    "signer": None,
    "issuer": None,
    "tool": None,
    "source_type": None,
    "actions": [],
    "ingredients": [],
    "problems": [],
    "manifests": 0,
}


def _read(data: bytes, media_type: str, root: bytes | None) -> dict[str, Any]:
    from c2pa import Context, Reader

    settings = {**SETTINGS, "verify": {**SETTINGS["verify"], "verify_trust": True}}
    if root is not None:
        settings["trust"] = {"user_anchors": root.decode("ascii")}
    with Reader(media_type, BytesIO(data), context=Context.from_dict(settings)) as reader:
        state, text = str(reader.get_validation_state()), reader.json()
    if len(text) > LONGEST_REPORT:
        return {**_EMPTY, "problems": ["the manifests are too large"]}
    report = _object(json.loads(text))
    manifests = _object(report.get("manifests"))
    active = _object(manifests.get(str(report.get("active_manifest"))))
    problems = list(_problems(report))
    return {
        "state": _state(state, problems),
        **_signature(active),
        "tool": _tool(active),
        "source_type": _source_type(active, manifests),
        "actions": [_text(action.get("action")) for action in _actions(active)][:MOST_LISTED],
        "ingredients": [
            _ingredient(_object(part), manifests) for part in _list(active.get("ingredients"))
        ][:MOST_LISTED],
        "problems": problems[:MOST_LISTED],
        "manifests": len(manifests),
    }


def _state(state: str, problems: list[str]) -> str:
    if state == "Trusted":
        return "own"
    if state == "Valid":
        return "valid"
    changed = any("mismatch" in problem for problem in problems)
    return "tampered" if changed else "invalid"


def _problems(report: Mapping[str, Any]) -> Iterator[str]:
    """The codes of what is wrong, but for an issuer that is on no list."""
    for status in _list(report.get("validation_status")):
        code = _text(_object(status).get("code"))
        if code and code != "signingCredential.untrusted":
            yield code


def _signature(manifest: Mapping[str, Any]) -> dict[str, Any]:
    info = _object(manifest.get("signature_info"))
    return {
        "signer": _text(info.get("common_name")) or _text(info.get("issuer")) or None,
        "issuer": _text(info.get("issuer")) or None,
    }


def _tool(manifest: Mapping[str, Any]) -> str | None:
    generators = _list(manifest.get("claim_generator_info"))
    first = _object(generators[0]) if generators else {}
    named = " ".join(filter(None, (_text(first.get("name")), _text(first.get("version")))))
    return named or _text(manifest.get("claim_generator")) or None


def _source_type(manifest: Mapping[str, Any], manifests: Mapping[str, Any]) -> str | None:
    """The source type of the newest action that states one, in this manifest or its parents'."""
    seen: set[str] = set()
    while True:
        for action in reversed(_actions(manifest)):
            if stated := _text(action.get("digitalSourceType")):
                return stated
        parents = (
            str(part.get("active_manifest"))
            for part in map(_object, _list(manifest.get("ingredients")))
            if part.get("relationship") == "parentOf"
        )
        parent = next((label for label in parents if label in manifests), None)
        if parent is None or parent in seen:
            return None
        seen.add(parent)
        manifest = _object(manifests[parent])


def _actions(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    assertions = map(_object, _list(manifest.get("assertions")))
    return [
        _object(action)
        for assertion in assertions
        if _text(assertion.get("label")).startswith("c2pa.actions")
        for action in _list(_object(assertion.get("data")).get("actions"))
    ]


def _ingredient(part: Mapping[str, Any], manifests: Mapping[str, Any]) -> dict[str, Any]:
    own = _object(manifests.get(str(part.get("active_manifest"))))
    failures = _object(_object(part.get("validation_results")).get("activeManifest")).get("failure")
    problems = [
        code
        for status in _list(failures)
        if (code := _text(_object(status).get("code"))) != "signingCredential.untrusted"
    ]
    return {
        "title": _text(part.get("title")) or None,
        "relationship": _text(part.get("relationship")) or None,
        "signed": bool(own),
        "signer": _signature(own)["signer"],
        "tool": _tool(own),
        "source_type": _source_type(own, manifests),
        "problems": problems[:MOST_LISTED],
    }


def _kind(error: Exception) -> str:
    return f"{type(error).__name__.removeprefix('_C2pa')}: {error}"


def _text(value: Any) -> str:
    """A text without control characters, cut to `_LONGEST_TEXT`; empty for anything else."""
    text = value if isinstance(value, str) else ""
    return "".join(character for character in text if character.isprintable())[:_LONGEST_TEXT]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
