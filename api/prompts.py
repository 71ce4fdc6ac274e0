"""Prompt presets: styles, wildcard lists, and words by category."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import JsonRoute
from api.files import SANDBOX
from api.resource_deps import StylesDep, VocabularyDep, WordListDep

if TYPE_CHECKING:
    from api.document.assets import Style, StylePicture, Wildcard, WordCategory
    from api.document.marks import Page

router = APIRouter(tags=["prompts"], route_class=JsonRoute)


ForModel = Annotated[
    str | None,
    Query(alias="model", max_length=300, description="ID of the model that draws the prompt."),
]


class Word(BaseModel):
    """A word of a category."""

    model_config = ConfigDict(extra="forbid")

    category: str = Field(max_length=60, description="ID of the category.", examples=["subject"])
    word: str = Field(max_length=400, description="The word.", examples=["velvety"])


@router.get("/styles")
async def list_styles(styles: StylesDep) -> Page[Style]:
    """All styles: prompt template, negative prompt, LoRAs, thumbnail, and why one cannot be used
    in full."""
    listed = await asyncio.to_thread(styles.all)
    items = [{**style, "thumbnail_url": f"/api/styles/{style['id']}/thumbnail"} for style in listed]
    return {"items": cast("list[Style]", items), "next_cursor": None, "total": len(items)}


@router.get("/styles/{style_id}/thumbnail")
async def style_thumbnail(
    style_id: Annotated[str, Path(description="ID of a style.")], styles: StylesDep
) -> StylePicture:
    """The thumbnail of a style, a WebP, or else its swatch, an SVG."""
    picture = await asyncio.to_thread(styles.picture, style_id)
    if isinstance(picture, str):
        headers = {"Cache-Control": "max-age=60", "Content-Security-Policy": SANDBOX}
        return Response(picture, media_type="image/svg+xml", headers=headers)
    return FileResponse(picture, media_type="image/webp", headers={"Cache-Control": "max-age=3600"})


@router.get("/wildcards")
async def list_wildcards(word_list: WordListDep, model_id: ForModel = None) -> Page[Wildcard]:
    """The wildcard lists: `__name__` in a prompt becomes a line of a list."""
    lists = await asyncio.to_thread(word_list.wildcards, model_id)
    items: list[Wildcard] = [
        {"name": entry.name, "token": f"__{entry.name}__", "drawable": entry.drawable}
        for entry in lists
    ]
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/vocabulary")
async def list_vocabulary(word_list: WordListDep, model_id: ForModel = None) -> Page[WordCategory]:
    """Prompt words by category, those of the model first; `own` lists those that users added."""
    categories = await asyncio.to_thread(word_list.categories, model_id)
    items = cast("list[WordCategory]", [asdict(category) for category in categories])
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.post("/vocabulary", status_code=201)
async def add_word(
    word: Word, vocabulary: VocabularyDep, word_list: WordListDep
) -> Page[WordCategory]:
    """Add a word; the response lists all categories."""
    await asyncio.to_thread(vocabulary.add, word.category, word.word)
    return await list_vocabulary(word_list)


@router.delete("/vocabulary/{category}/{word:path}", status_code=204)
async def remove_word(
    category: Annotated[str, Path(description="ID of the category.")],
    word: Annotated[str, Path(description="The word.")],
    vocabulary: VocabularyDep,
) -> Response:
    """Remove a word that a user added."""
    await asyncio.to_thread(vocabulary.remove, category, word)
    return Response(status_code=204)
