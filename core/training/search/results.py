"""Files of a search: its state, and what it found in the form that other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from core.errors import NotFound
from core.store import atomic
from core.training.search.study import TrialRecord

REQUEST = "search.json"
BEST, RESULTS, TRIALS = "best_config.yaml", "optimization_results.json", "trials_data.json"
FILES = (BEST, RESULTS, TRIALS)
RUNNING, PAUSED, DONE = "running", "paused", "completed"
FAILED, STOPPED = "failed", "cancelled"


@dataclass(frozen=True)
class Search:
    """A search as it was requested. `sections` are the configuration that all trials share."""

    id: str
    name: str
    dataset: str
    preset: str
    model: str | None
    sections: Mapping[str, Any]
    settings: Mapping[str, Any]
    created_at: str
    status: str = RUNNING
    error: str | None = None
    finished_at: str | None = None
    best_config: Mapping[str, Any] = field(default_factory=dict)


class SearchFolder:
    """The searches of a data directory, one folder each."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, search_id: str) -> Path:
        """The folder of a search. Raises `NotFound`."""
        path = self.root / search_id
        if not search_id.isalnum() or not (path / REQUEST).is_file():
            raise NotFound(f"There is no search {search_id[:80]!r}.")
        return path

    def create(self, search: Search) -> None:
        """Write a new search."""
        atomic.make_folder(self.root / search.id)
        self._write(search)

    def get(self, search_id: str) -> Search:
        """A search. Raises `NotFound`."""
        text = (self.path(search_id) / REQUEST).read_text(encoding="utf-8")
        return Search(**json.loads(text))

    def all(self) -> list[Search]:
        """All searches, the newest first."""
        ids = sorted((path.parent.name for path in self.root.glob(f"*/{REQUEST}")), reverse=True)
        return [self.get(search_id) for search_id in ids]

    def change(self, search_id: str, **values: Any) -> Search:
        """Replace values of a search."""
        search = replace(self.get(search_id), **values)
        self._write(search)
        return search

    def write_results(
        self, search: Search, trials: Sequence[TrialRecord], best: TrialRecord | None
    ) -> None:
        """Write the files of the trials so far; `best_config.yaml` trains as it is."""
        folder = self.path(search.id)
        records = [trial.public() for trial in trials]
        states = [trial.state for trial in trials]
        results = {
            "search": search.id,
            "objective": search.settings["objective"],
            "best_value": best.value if best else None,
            "best_params": dict(best.params) if best else {},
            "best_trial": best.number if best else None,
            "trials": {state: states.count(state) for state in sorted(set(states))},
        }
        atomic.write_text(folder / TRIALS, json.dumps(records, indent=2))
        atomic.write_text(folder / RESULTS, json.dumps(results, indent=2))
        if search.best_config:
            text = yaml.safe_dump(dict(search.best_config), sort_keys=False, allow_unicode=True)
            atomic.write_text(folder / BEST, text)

    def _write(self, search: Search) -> None:
        text = json.dumps(asdict(search), indent=2)
        atomic.write_text(self.root / search.id / REQUEST, text)
