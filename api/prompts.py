"""Prompt presets: styles, wildcard lists, and words by category."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import JsonRoute
from api.deps import PromptsDep, VocabularyDep
from core.errors import NotFound

router = APIRouter(tags=["prompts"], route_class=JsonRoute)


class Word(BaseModel):
    """A word of a category."""

    model_config = ConfigDict(extra="forbid")

    category: Annotated[str, Field(max_length=60)]
    word: Annotated[str, Field(max_length=400)]


@router.get("/styles")
async def list_styles(prompts: PromptsDep) -> dict[str, Any]:
    """All styles: prompt template, negative prompt, and thumbnail if there is one."""
    styles = await asyncio.to_thread(lambda: prompts.styles)
    items = [
        {
            **style.model_dump(mode="json"),
            "thumbnail_url": f"/api/styles/{style.id}/thumbnail"
            if styles.thumbnail(style.id)
            else None,
        }
        for style in styles.all()
    ]
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/styles/{style_id}/thumbnail")
async def style_thumbnail(style_id: str, prompts: PromptsDep) -> FileResponse:
    """The thumbnail of a style."""
    path = await asyncio.to_thread(lambda: prompts.styles.thumbnail(style_id))
    if path is None:
        raise NotFound(f"The style {style_id[:60]!r} has no thumbnail.")
    return FileResponse(path, media_type="image/webp", headers={"Cache-Control": "max-age=3600"})


@router.get("/wildcards")
async def list_wildcards(prompts: PromptsDep) -> dict[str, Any]:
    """The wildcard lists: `__name__` in a prompt becomes a line of a list."""
    names = await asyncio.to_thread(lambda: prompts.wildcards.names())
    items = [{"name": name, "token": f"__{name}__"} for name in names]
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/vocabulary")
async def list_vocabulary(vocabulary: VocabularyDep) -> dict[str, Any]:
    """Prompt words by category; `own` lists those that users added."""
    categories = await asyncio.to_thread(vocabulary.categories)
    items = [asdict(category) for category in categories]
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.post("/vocabulary", status_code=201)
async def add_word(word: Word, vocabulary: VocabularyDep) -> dict[str, Any]:
    """Add a word; the response lists all categories."""
    await asyncio.to_thread(vocabulary.add, word.category, word.word)
    return await list_vocabulary(vocabulary)


@router.delete("/vocabulary/{category}/{word:path}", status_code=204)
async def remove_word(category: str, word: str, vocabulary: VocabularyDep) -> Response:
    """Remove a word that a user added."""
    await asyncio.to_thread(vocabulary.remove, category, word)
    return Response(status_code=204)
