"""Models and LoRAs: lists, memory needs, downloads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse

from api import present
from api.deps import ModelId, TasksDep
from api.repeats import RequestKeyDep
from api.resource_deps import ModelsDep
from api.routing import DocumentedRoute
from api.waiting import Prefer, answer
from core.tasks.submission import Options

if TYPE_CHECKING:
    from api.document.assets import WebpFile
    from api.document.marks import Page
    from api.document.models import ControlNet, Fit, Lora, ModelList, ReferenceAdapter
    from api.document.tasks import Submitted

Side = Annotated[
    int | None, Query(ge=16, le=16384, description="Pixels; without it, the model's default.")
]

router = APIRouter(tags=["models"], route_class=DocumentedRoute)


@router.get("/models")
async def list_models(models: ModelsDep) -> ModelList:
    """All models: present ones with modes, defaults and memory needs, incomplete ones with their
    missing parts, missing ones with their download. `refused` lists files and folders that cannot
    be used, with the reason. `companions` lists the auxiliary models, which describe images,
    translate and write."""
    items = await asyncio.to_thread(models.models)
    companions = await asyncio.to_thread(models.companions)
    refused = await asyncio.to_thread(models.refused)
    rest = {"refused": refused, "companions": companions}
    page = {"items": items, **rest, "next_cursor": None, "total": len(items)}
    return cast("ModelList", page)


@router.get("/models/{model_id}/fit")
async def fit_model(
    model_id: ModelId,
    models: ModelsDep,
    width: Side = None,
    height: Side = None,
    num_images: Annotated[int, Query(ge=1, le=64, description="Number of images.")] = 1,
    num_inference_steps: Annotated[
        int | None, Query(ge=1, le=100, description="Steps; without it, the model's default.")
    ] = None,
    loras: Annotated[str, Query(max_length=4000, description="Ids, comma-separated.")] = "",
    controls: Annotated[
        str, Query(max_length=4000, description="Ids of ControlNets, comma-separated.")
    ] = "",
    references: Annotated[
        str, Query(max_length=4000, description="Ids of reference adapters, comma-separated.")
    ] = "",
) -> Fit:
    """The memory plan and the estimated seconds for an image of this size on this machine."""
    names, nets, adapters = (
        [name for name in text.split(",") if name] for text in (loras, controls, references)
    )
    fit = await asyncio.to_thread(
        models.fit, model_id, width, height, num_images, names, num_inference_steps, nets, adapters
    )
    return cast("Fit", fit)


@router.get("/loras")
async def list_loras(models: ModelsDep) -> Page[Lora]:
    """The LoRAs on this machine: families, models, layout and trigger words."""
    items = [present.lora(lora) for lora in await asyncio.to_thread(models.loras)]
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/controls")
async def list_controls(models: ModelsDep) -> Page[ControlNet]:
    """The ControlNets on this machine: kind, control types, and the models that each fits."""
    items = await asyncio.to_thread(models.controls)
    return cast("Page[ControlNet]", {"items": items, "next_cursor": None, "total": len(items)})


@router.get("/references")
async def list_references(models: ModelsDep) -> Page[ReferenceAdapter]:
    """The reference adapters on this machine: kind, roles, and the models that each fits."""
    items = await asyncio.to_thread(models.references)
    return cast(
        "Page[ReferenceAdapter]", {"items": items, "next_cursor": None, "total": len(items)}
    )


@router.get("/loras/{lora_id:path}/thumbnail")
async def lora_thumbnail(
    lora_id: Annotated[str, Path(description="ID of a LoRA.")], models: ModelsDep
) -> WebpFile:
    """The thumbnail of the image beside a LoRA."""
    path = await models.thumbnail(lora_id)
    return FileResponse(path, media_type="image/webp", headers={"Cache-Control": "max-age=3600"})


@router.post("/models/{model_id}/pull", status_code=202)
async def pull_model(
    model_id: ModelId, tasks: TasksDep, key: RequestKeyDep, prefer: Prefer = None
) -> Submitted:
    """Download a model of the catalogue and its dependencies, or the missing parts of a model that
    is here: a task on the io lane."""
    options = Options(hold=False, request_key=key)
    task = await tasks.submit("pull_model", {"model": model_id}, options)
    return await answer(tasks, task, prefer)


@router.post("/models/unload", status_code=202)
async def unload_models(tasks: TasksDep, key: RequestKeyDep, prefer: Prefer = None) -> Submitted:
    """Unload all models from memory: a task on the device lane."""
    task = await tasks.submit("unload_model", {}, Options(hold=False, request_key=key))
    return await answer(tasks, task, prefer)


@router.post("/models/{model_id}/unload", status_code=202)
async def unload_model(
    model_id: ModelId, tasks: TasksDep, key: RequestKeyDep, prefer: Prefer = None
) -> Submitted:
    """Unload a model from memory: a task on the device lane."""
    options = Options(hold=False, request_key=key)
    task = await tasks.submit("unload_model", {"model": model_id}, options)
    return await answer(tasks, task, prefer)
