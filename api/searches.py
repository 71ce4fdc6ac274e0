"""Searches for settings of a training: start, follow, stop, and the files of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.responses import FileResponse

from api.bodies import JsonRoute
from api.training_deps import SearchesDep
from core.studio.searches import SearchRequest
from core.training.search.form import search_form

if TYPE_CHECKING:
    from api.document.searches import (
        SearchDetail,
        SearchFile,
        SearchForm,
        SearchPage,
        SearchStarted,
    )

router = APIRouter(prefix="/training/searches", tags=["training"], route_class=JsonRoute)
SearchId = Annotated[str, Path(max_length=64, description="ID of a search.")]


class SearchBody(BaseModel):
    """A search to start."""

    model_config = ConfigDict(extra="forbid")

    dataset: str = Field(min_length=1, max_length=1000, description="Dataset, or a folder's path.")
    model: str | None = Field(None, max_length=200, description="ID of the base model.")
    preset: str = Field("concept", max_length=80, description="ID of the preset.")
    trigger_word: str = Field("", max_length=80, description="Word that calls what is trained.")
    name: str = Field("", max_length=60, description="Name; without it, that of the dataset.")
    config: dict[str, JsonValue] = Field(
        default_factory=dict, description="Sections that all trials share."
    )
    search: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="`trials`, `max_steps`, `objective`, `pruning`, `parallel`, `ranges`, …",
    )


@router.post("", status_code=202)
async def start_search(body: SearchBody, searches: SearchesDep) -> SearchStarted:
    """Start a search: each trial is a training in the queue."""
    search_id = await searches.start(SearchRequest(**body.model_dump()))
    return {"search_id": search_id, "status_url": f"/api/training/searches/{search_id}"}


@router.get("")
async def list_searches(searches: SearchesDep) -> SearchPage:
    """All searches, newest first."""
    return cast("SearchPage", {"items": await searches.all()})


@router.get("/form")
def get_search_form() -> SearchForm:
    """Fields of a search, the usual ranges, and the settings that it can vary."""
    return cast("SearchForm", search_form())


@router.get("/{search_id}")
async def get_search(search_id: SearchId, searches: SearchesDep) -> SearchDetail:
    """A search with its trials, and the data of the plots."""
    return cast("SearchDetail", await searches.show(search_id))


@router.post("/{search_id}/cancel")
async def cancel_search(search_id: SearchId, searches: SearchesDep) -> SearchDetail:
    """Stop a search and its trials. What it has found stays."""
    await searches.cancel(search_id)
    return cast("SearchDetail", await searches.show(search_id))


@router.post("/{search_id}/pause")
async def pause_search(search_id: SearchId, searches: SearchesDep) -> SearchDetail:
    """Hold the trials of a search, and start no other. A running training saves its state."""
    await searches.pause(search_id)
    return cast("SearchDetail", await searches.show(search_id))


@router.post("/{search_id}/resume")
async def resume_search(search_id: SearchId, searches: SearchesDep) -> SearchDetail:
    """Let a paused search go on."""
    await searches.resume(search_id)
    return cast("SearchDetail", await searches.show(search_id))


@router.get("/{search_id}/files/{name}")
async def get_search_file(
    search_id: SearchId,
    name: Annotated[str, Path(max_length=80, description="Name of the file.")],
    searches: SearchesDep,
) -> SearchFile:
    """A file of results: `best_config.yaml`, `optimization_results.json`, `trials_data.json`."""
    path = await searches.file(search_id, name)
    return FileResponse(path, media_type="text/plain; charset=utf-8", filename=name)
