"""The REST client of a studio in another process, with the methods of `LocalBackend`.

The Python API and the command line use it when the data directory has an owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import httpx

from core.errors import FieldError, StudioError
from core.store.export_options import ExportOptions
from core.studio.remote_gallery import RemoteGallery
from core.studio.training_runs import RUNS

WAIT_SECONDS = 20.0
POLL_SECONDS = 0.2


class RemoteError(StudioError):
    """An error that the other studio answered."""

    code = "remote"
    title = "The studio answered with an error"

    @classmethod
    def of(cls, response: httpx.Response) -> RemoteError:
        """The error of a problem document, with its own code."""
        try:
            body = response.json()
        except ValueError:
            body = {}
        error = cls(
            body.get("detail") or f"HTTP {response.status_code}",
            field=body.get("field"),
            fix=body.get("fix"),
            errors=[FieldError(**item) for item in body.get("errors", [])],
        )
        error.remote_code = body.get("code", cls.code)
        return error

    remote_code: str = code


class RemoteBackend:
    """A studio at an address."""

    def __init__(self, address: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Loopback is reached directly, without the proxies of the environment.
        self._http = httpx.AsyncClient(
            base_url=address, headers=headers, timeout=60.0, trust_env=False
        )
        self.gallery = RemoteGallery(self._http, self._call)

    async def close(self) -> None:
        """Close the connections; the studio keeps running."""
        await self._http.aclose()

    async def submit(self, operation: str, params: Mapping[str, Any]) -> str:
        """Queue one task; return its ID."""
        accepted = await self._call("POST", f"/api/{_segment(operation)}", json=dict(params))
        return str(accepted["task_id"])

    async def run_workflow(
        self, workflow: Any, inputs: Mapping[str, Any], start: str | None
    ) -> dict[str, Any]:
        """Queue a workflow; `{run_id, tasks, waits}`."""
        body = {"workflow": workflow, "inputs": dict(inputs), "from": start}
        return dict(await self._call("POST", "/api/workflows/run", json=body))

    async def named_workflow(self, name: str) -> Any:
        """A saved workflow or a preset."""
        try:
            return await self._call("GET", f"/api/workflows/{_segment(name)}")
        except RemoteError as error:
            if error.remote_code != "not_found":
                raise
            return await self._call("GET", f"/api/presets/workflows/{_segment(name)}")

    async def run_set(self, name: str, theme: str, params: Mapping[str, Any]) -> str:
        """Run a set; return the ID of the batch. `params` may name `rows`."""
        body = {"set_name": name, "user_theme": theme, **params}
        return str((await self._call("POST", "/api/generate/batch", json=body))["batch_id"])

    async def run_matrix(self, request: Mapping[str, Any]) -> str:
        """Run a matrix; return the ID of the batch. `request` is the body of the call."""
        body = dict(request)
        return str((await self._call("POST", "/api/generate/matrix", json=body))["batch_id"])

    async def batch(self, batch_id: str) -> dict[str, Any]:
        """The folder, the number of rows by state and of unfinished tasks of a batch."""
        return dict(await self._call("GET", f"/api/batches/{_segment(batch_id)}"))

    async def print_batch(self, batch_id: str, options: Mapping[str, Any]) -> str:
        """Queue a print of a batch; return the ID of the task."""
        body = dict(options)
        path = f"/api/batches/{_segment(batch_id)}/print"
        return str((await self._call("POST", path, json=body))["task_id"])

    async def batch_archive(
        self, batch_id: str, variants: bool, options: ExportOptions
    ) -> AsyncIterator[bytes]:
        """The bytes of the zip of a batch."""
        path = f"/api/batches/{_segment(batch_id)}/archive"
        params = {**asdict(options), "variants": variants}
        async with self._http.stream("GET", path, params=params) as response:
            response.raise_for_status()
            async for part in response.aiter_bytes():
                yield part

    async def resume_batch(self, batch_id: str) -> None:
        """Let the held rows of a batch go on."""
        await self._call("POST", f"/api/batches/{_segment(batch_id)}/resume")

    async def training_runs(self) -> list[dict[str, Any]]:
        """The newest trainings."""
        page = await self._call("GET", "/api/training/runs", params={"limit": RUNS})
        return list(page["items"])

    async def training_run(self, task_id: str) -> dict[str, Any]:
        """A training with its configuration, samples and checkpoints."""
        return dict(await self._call("GET", f"/api/training/runs/{_segment(task_id)}"))

    async def training_estimate(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Memory and time of a training with these parameters, which is not queued."""
        return dict(await self._call("POST", "/api/training/estimate", json=dict(params)))

    async def evaluate(
        self, run_id: str, params: Mapping[str, Any], steps: Sequence[int] | None = None
    ) -> str:
        """Queue an evaluation of the checkpoints of a training; return the ID of the task."""
        body = {"run_id": run_id, "params": dict(params), "steps": list(steps) if steps else None}
        return str((await self._call("POST", "/api/evaluations", json=body))["task_id"])

    async def evaluation(self, task_id: str) -> dict[str, Any]:
        """An evaluation with its report, images and votes."""
        return dict(await self._call("GET", f"/api/evaluations/{_segment(task_id)}"))

    async def start_search(self, request: Mapping[str, Any]) -> str:
        """Start a search for settings; its ID. `request` is the body of the REST call."""
        answer = await self._call("POST", "/api/training/searches", json=dict(request))
        return str(answer["search_id"])

    async def search(self, search_id: str) -> dict[str, Any]:
        """A search with its trials, and the data of its plots."""
        return dict(await self._call("GET", f"/api/training/searches/{_segment(search_id)}"))

    async def search_file(self, search_id: str, name: str) -> bytes:
        """A file of results."""
        path = f"/api/training/searches/{_segment(search_id)}/files/{_segment(name)}"
        return (await self._send("GET", path)).content

    async def task(self, task_id: str) -> dict[str, Any]:
        """The current state of a task."""
        return dict(await self._call("GET", f"/api/tasks/{_segment(task_id)}"))

    async def changed(self, task_id: str, seen: Mapping[str, Any]) -> dict[str, Any]:
        """The task once it differs from `seen`, at the latest after `WAIT_SECONDS`."""
        end = asyncio.get_running_loop().time() + WAIT_SECONDS
        while True:
            task = await self.task(task_id)
            same = all(task[key] == seen.get(key) for key in ("version", "progress"))
            if not same or asyncio.get_running_loop().time() > end:
                return task
            await asyncio.sleep(POLL_SECONDS)

    async def cancel(self, task_id: str) -> dict[str, Any]:
        """Cancel a task."""
        return dict(await self._call("POST", f"/api/tasks/{_segment(task_id)}/cancel"))

    async def change(
        self, task_id: str, changes: Mapping[str, Any], params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Change a waiting task; `changes` are fields of the `PATCH`."""
        body = {**changes, **({} if params is None else {"params": dict(params)})}
        return dict(await self._call("PATCH", f"/api/tasks/{_segment(task_id)}", json=body))

    async def repeat(self, task_id: str, times: int, seed: str) -> list[str]:
        """Queue a task again as new tasks; return their IDs."""
        body = {"times": times, "seed": seed}
        answer = await self._call("POST", f"/api/tasks/{_segment(task_id)}/repeat", json=body)
        return list(answer["task_ids"])

    async def cancel_matching(self, selection: Mapping[str, Any]) -> int:
        """Cancel the unfinished tasks of a filter; return their number."""
        answer = await self._call("POST", "/api/tasks/cancel", json=dict(selection))
        return int(answer["cancelled"])

    async def retry_failed(self, selection: Mapping[str, Any]) -> int:
        """Queue the failed tasks of a filter again; return their number."""
        return int((await self._call("POST", "/api/tasks/retry", json=dict(selection)))["retried"])

    async def release(self, selection: Mapping[str, Any]) -> int:
        """Release the tasks of a filter that the user holds; return their number."""
        answer = await self._call("POST", "/api/tasks/release", json=dict(selection))
        return int(answer["released"])

    async def configure_queue(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings of the queue; return its state."""
        return dict(await self._call("PATCH", "/api/queue", json=dict(settings)))

    async def clear_finished(self) -> dict[str, Any]:
        """Leave the ended tasks out of snapshots; return the state of the queue."""
        return dict(await self._call("POST", "/api/queue/clear"))

    async def retry(self, task_id: str) -> dict[str, Any]:
        """Queue a failed or cancelled task again."""
        return dict(await self._call("POST", f"/api/tasks/{_segment(task_id)}/retry"))

    async def tasks(
        self, selection: Mapping[str, Any], order: str, limit: int
    ) -> list[dict[str, Any]]:
        """Tasks of a filter, newest first or in the order of the queue."""
        filters = {**selection, "order": order, "limit": limit}
        return list((await self._call("GET", "/api/tasks", params=filters))["items"])

    async def queue(self) -> dict[str, Any]:
        """The state of the queue."""
        return dict(await self._call("GET", "/api/queue"))

    async def models(self) -> list[dict[str, Any]]:
        """The models."""
        return list((await self._call("GET", "/api/models"))["items"])

    async def file(self, asset_id: str) -> bytes:
        """An asset's bytes."""
        response = await self._send("GET", f"/api/assets/{asset_id}/file")
        return response.content

    async def upload(self, data: bytes) -> str:
        """Upload an image; return the ID of its asset."""
        response = await self._send("POST", "/api/assets", files={"file": ("image", data)})
        return str(response.json()["id"])

    async def system(self) -> dict[str, Any]:
        """The state of the studio."""
        state = dict(await self._call("GET", "/api/system"))
        state.pop("page", None)  # of the server's page, not of the studio
        return state

    # History

    async def replay(self, asset_id: str) -> str:
        """Queue the replay of an image; return the ID of the task whose output is the report."""
        accepted = await self._call("POST", f"/api/assets/{_segment(asset_id)}/replay")
        return str(accepted["task_id"])

    async def history_days(self, zone: str | None) -> list[dict[str, Any]]:
        """The days with tasks, newest first."""
        params = {"limit": 366, **({"tz": zone} if zone else {})}
        return list((await self._call("GET", "/api/history", params=params))["items"])

    async def session_log(self, day: str, zone: str | None, form: str) -> AsyncIterator[str]:
        """The session log of a day in parts; `form` is html or json."""
        path = f"/api/history/{day}" if form == "json" else f"/history/{day}"
        params = {"tz": zone} if zone else {}
        async with self._http.stream("GET", path, params=params) as response:
            if response.is_error:
                await response.aread()
                raise RemoteError.of(response)
            async for part in response.aiter_text():
                yield part

    async def undo_last_action(self) -> dict[str, Any]:
        """Undo the last deletion or cancel and return it."""
        return dict(await self._call("POST", "/api/history/undo"))

    async def clear_transient(self) -> dict[str, int]:
        """Remove ended tasks and previews; return their numbers."""
        return dict(await self._call("POST", "/api/history/clear"))

    async def last_success(self) -> Any:
        """The newest completed task as a workflow."""
        return (await self._call("GET", "/api/history/last-success"))["restored"]["workflow"]

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        return (await self._send(method, path, **options)).json()

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = await self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise RemoteError(
                f"The studio does not answer: {error}", fix="Check that it is running."
            ) from error
        if response.is_error:
            raise RemoteError.of(response)
        return response


def _segment(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")
