"""The environment in a snapshot: the files, versions, hardware and plans of an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

_LABELS = {
    "versions.qpyt": "Qpyt Studio",
    "versions.commit": "Commit",
    "versions.torch": "PyTorch",
    "versions.diffusers": "diffusers",
    "versions.transformers": "transformers",
    "hardware.kind": "Kind of device",
    "hardware.name": "Device",
    "hardware.threads": "Threads",
    "memory_plan": "Memory plan",
    "scheduler": "Scheduler",
    "queue_mode": "Queue mode",
}
_KINDS = {"lora": "LoRA", "vae": "VAE"}
_SINGLE = "single"  # the queue mode of a snapshot that names none
# Files that a stored plan stands for: a change of them does not reach an image of that plan.
_PLANNED = frozenset({"wildcards", "style", "styles"})


@dataclass(frozen=True, slots=True)
class EnvironmentChange:
    """A part of the environment that differs. A value is None where there is none."""

    name: str
    label: str
    before: str | None
    after: str | None

    def public(self) -> dict[str, Any]:
        """The change as JSON."""
        return asdict(self)


def environment(snapshot: Mapping[str, Any]) -> dict[str, str | None]:
    """The parts of a snapshot's environment by dotted name, fingerprints of files included."""
    return dict(_parts(snapshot))


def label_of(name: str) -> str:
    """The name of a part of the environment, for people."""
    group, _, rest = name.partition(".")
    if group == "files":
        kind, _, file = rest.partition("/")
        return f"{_KINDS.get(kind, kind.capitalize())} {file}"
    if group == "precision":
        return f"Precision of {rest.replace('_', ' ')}"
    return _LABELS.get(name, rest or group)


def environment_changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[EnvironmentChange]:
    """The parts that differ between the environments of two snapshots.

    A part that only one of them records is unknown and no change, unless it is a file. Files are
    compared by content: one of another name is the same.
    """
    old, new = environment(before), environment(after)
    same = set(_contents(old)) & set(_contents(new))
    changes = []
    for name in [*old, *(name for name in new if name not in old)]:
        known = name in old and name in new
        content = {(_kind(name), old.get(name)), (_kind(name), new.get(name))}
        if not known and (not name.startswith("files.") or content & same):
            continue
        if old.get(name) != new.get(name):
            changes.append(EnvironmentChange(name, label_of(name), old.get(name), new.get(name)))
    return changes


def _contents(parts: Mapping[str, str | None]) -> Iterator[tuple[str, str | None]]:
    for name, value in parts.items():
        if name.startswith("files."):
            yield _kind(name), value


def _kind(name: str) -> str:
    return name.partition("/")[0]


def _parts(snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    for key, fingerprint in _mapping(snapshot, "fingerprints").items():
        if key.partition("/")[0] not in _PLANNED:
            yield f"files.{key}", str(fingerprint)
    for name, value in _mapping(snapshot, "versions").items():
        yield f"versions.{name}", None if value is None else str(value)
    hardware = _mapping(snapshot, "hardware")
    for name in ("kind", "name", "threads"):
        if name in hardware:
            yield f"hardware.{name}", str(hardware[name])
    for name, value in _mapping(snapshot, "precision").items():
        yield f"precision.{name}", str(value)
    for name in ("memory_plan", "scheduler"):
        if snapshot.get(name) is not None:
            yield name, str(snapshot[name])
    yield "queue_mode", str(snapshot.get("queue_mode") or _SINGLE)


def _mapping(snapshot: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = snapshot.get(name)
    return value if isinstance(value, Mapping) else {}
