"""How the studio is doing, for people and for monitors; and the models it has."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from api.deps import Studio
from core.tasks.submission import Options
from core.version import VERSION

Side = Annotated[int | None, Query(ge=16, le=16384)]

router = APIRouter(tags=["system"])
metrics_router = APIRouter(tags=["system"])


@router.get("/system")
async def get_system(studio: Studio) -> dict[str, Any]:
    """Device, memory, disk, workers, failures of the last hour."""
    return await studio.state.system()


@router.get("/models")
async def list_models(studio: Studio) -> dict[str, Any]:
    """Every model: present with what it can do, its defaults and whether it fits; incomplete with
    what it lacks; missing with the way to get it. `refused` are files and folders that lie there
    and are not used, with the reason. `companions` are the small ones beside them, which read
    pictures, translate and write."""
    items = await asyncio.to_thread(studio.model_state.models)
    companions = await asyncio.to_thread(studio.model_state.companions)
    refused = await asyncio.to_thread(studio.model_state.refused)
    rest = {"refused": refused, "companions": companions}
    return {"items": items, **rest, "next_cursor": None, "total": len(items)}


@router.get("/models/{model_id}/fit")
async def fit_model(
    model_id: str,
    studio: Studio,
    width: Side = None,
    height: Side = None,
    num_images: Annotated[int, Query(ge=1, le=64)] = 1,
    num_inference_steps: Annotated[int | None, Query(ge=1, le=100)] = None,
    loras: Annotated[str, Query(max_length=4000, description="Ids, comma-separated.")] = "",
) -> dict[str, Any]:
    """Whether a picture of this size can be drawn here, how, and in about how many seconds."""
    names = [name for name in loras.split(",") if name]
    return await asyncio.to_thread(
        studio.model_state.fit, model_id, width, height, num_images, names, num_inference_steps
    )


@router.get("/loras")
async def list_loras(studio: Studio) -> dict[str, Any]:
    """The LoRAs on this machine: what each fits, how it is written, its trigger words."""
    items = await asyncio.to_thread(studio.model_state.loras)
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/loras/{lora_id:path}/thumbnail")
async def lora_thumbnail(lora_id: str, studio: Studio) -> FileResponse:
    """The picture that lies beside a LoRA, made small."""
    path = await asyncio.to_thread(studio.model_state.thumbnail, lora_id)
    return FileResponse(path, media_type="image/webp", headers={"Cache-Control": "max-age=3600"})


@router.post("/models/{model_id}/pull", status_code=202)
async def pull_model(model_id: str, studio: Studio) -> dict[str, str]:
    """Download a model of the catalogue with all that it needs: a task on the io lane."""
    task = await studio.submit("pull_model", {"model": model_id}, Options())
    return {"task_id": task.id, "status_url": f"/api/tasks/{task.id}"}


@router.post("/models/{model_id}/unload", status_code=202)
async def unload_model(model_id: str, studio: Studio) -> dict[str, str]:
    """Take a model out of memory: a task on the device lane."""
    task = await studio.submit("unload_model", {"model": model_id}, Options())
    return {"task_id": task.id, "status_url": f"/api/tasks/{task.id}"}


@router.get("/health")
async def health() -> dict[str, str]:
    """The server answers."""
    return {"status": "ok", "version": VERSION}


@router.get("/health/ready", responses={503: {"description": "Not yet, and why."}})
async def ready(studio: Studio, response: Response) -> dict[str, Any]:
    """Whether a task would start now; 503 with the reason while it would not."""
    found = await studio.state.ready()
    response.status_code = 200 if found["ready"] else 503
    return found


@metrics_router.get("/metrics", include_in_schema=False)
async def metrics(studio: Studio) -> Response:
    """Counts in the text form that Prometheus reads."""
    counts = await studio.queue.counts()
    lines = ["# TYPE qpyt_tasks gauge"]
    lines += [f'qpyt_tasks{{status="{status}"}} {count}' for status, count in counts.items()]
    lines.append("# TYPE qpyt_worker_restarts_total counter")
    lines += [
        f'qpyt_worker_restarts_total{{lane="{lane["name"]}"}} {lane["restarts"]}'
        for lane in studio.state.lanes()
    ]
    lines += ["# TYPE qpyt_event_clients gauge", f"qpyt_event_clients {studio.bus.subscribers}"]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
