"""Collections of assets, and changes of many assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api import present
from api.bodies import JsonRoute
from api.gallery_filters import GalleryQuery
from api.image_deps import CurationDep
from core.gallery.collections import MAX_NAME
from core.gallery.curation import MAX_IDS, Choice
from core.store.annotations import MAX_TAGS, Annotations
from core.store.asset_rows import MAX_RATING

if TYPE_CHECKING:
    from api.document.gallery import Changed, Collection
    from api.document.marks import Page

router = APIRouter(tags=["assets"], route_class=JsonRoute)
CollectionId = Annotated[str, Path(description="ID of a collection.")]
Tags = Annotated[list[str], Field(max_length=MAX_TAGS)]


class AssetChoice(BaseModel):
    """Assets by their IDs, or all of a filter: one of the two."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] | None = Field(None, max_length=MAX_IDS, description="IDs of assets.")
    filter: GalleryQuery | None = Field(
        None, description="Conditions, as of the list of assets; `{}` chooses all.", examples=[None]
    )

    @model_validator(mode="after")
    def _check(self) -> AssetChoice:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give `ids` or `filter`")
        return self

    def choice(self, *, deleted: bool | None = None) -> Choice:
        """The assets; `deleted` says whether they are in the trash, whatever the filter says."""
        if self.filter is None:
            return Choice(self.ids)
        query = self.filter
        if deleted is not None:
            query = query.model_copy(update={"deleted": deleted})
        return Choice(wanted=query.filter())


class AnnotationChange(BaseModel):
    """Annotations to change. Fields that are not set change nothing."""

    model_config = ConfigDict(extra="forbid")

    rating: int | None = Field(None, ge=0, le=MAX_RATING, description="Stars; 0: not rated.")
    favourite: bool | None = Field(None, description="A favourite.")
    note: str | None = Field(None, description="Note; null removes it.")
    project_id: str | None = Field(None, description="Project; null: none.")

    def changes(self) -> Annotations:
        """The fields that were set."""
        values = self.model_dump(exclude_unset=True, exclude={"add_tags", "remove_tags"})
        removable = {name for name in ("note", "project_id") if name in values}
        kept = {
            name: value for name, value in values.items() if value is not None or name in removable
        }
        return cast("Annotations", kept)


class TaggedChange(AnnotationChange):
    """Annotations to change, and tags to add and remove."""

    add_tags: Tags = Field(default_factory=list, description="Tags to add.")
    remove_tags: Tags = Field(default_factory=list, description="Tags to remove.")


class AnnotateMany(AssetChoice):
    """Assets, and their new annotations."""

    changes: TaggedChange = Field(description="Annotations to change.", examples=[{"rating": 4}])


class CollectionName(BaseModel):
    """The name of a collection."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=4 * MAX_NAME, description="Name; no other collection has it.")


@router.post("/assets/annotate")
async def annotate_assets(curation: CurationDep, body: AnnotateMany) -> Changed:
    """Change annotations of many assets."""
    changes = body.changes
    number = await curation.annotate(
        body.choice(deleted=False), changes.changes(), changes.add_tags, changes.remove_tags
    )
    return {"changed": number}


@router.post("/assets/trash")
async def trash_assets(curation: CurationDep, body: AssetChoice) -> Changed:
    """Move assets to the trash."""
    return {"changed": await curation.trash(body.choice(deleted=False))}


@router.post("/assets/restore")
async def restore_assets(curation: CurationDep, body: AssetChoice) -> Changed:
    """Bring assets back from the trash."""
    return {"changed": await curation.restore(body.choice(deleted=True))}


@router.post("/assets/purge")
async def purge_assets(curation: CurationDep, body: AssetChoice) -> Changed:
    """Remove assets of the trash for good; `{"filter": {}}` empties it."""
    return {"changed": await curation.purge(body.choice(deleted=True))}


@router.get("/collections")
async def list_collections(curation: CurationDep) -> Page[Collection]:
    """Collections, by name."""
    items = [present.collection(collection) for collection in await curation.collections()]
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.post("/collections", status_code=201)
async def create_collection(curation: CurationDep, body: CollectionName) -> Collection:
    """Add an empty collection."""
    return present.collection(await curation.create_collection(body.name))


@router.patch("/collections/{collection_id}")
async def rename_collection(
    collection_id: CollectionId, curation: CurationDep, body: CollectionName
) -> Collection:
    """Give a collection another name."""
    return present.collection(await curation.rename_collection(collection_id, body.name))


@router.delete("/collections/{collection_id}", status_code=204)
async def delete_collection(collection_id: CollectionId, curation: CurationDep) -> None:
    """Remove a collection; its assets stay."""
    await curation.delete_collection(collection_id)


@router.post("/collections/{collection_id}/add")
async def add_to_collection(
    collection_id: CollectionId, curation: CurationDep, body: AssetChoice
) -> Changed:
    """Put assets into a collection."""
    return {"changed": await curation.collect(collection_id, body.choice(deleted=False))}


@router.post("/collections/{collection_id}/remove")
async def remove_from_collection(
    collection_id: CollectionId, curation: CurationDep, body: AssetChoice
) -> Changed:
    """Take assets out of a collection."""
    return {"changed": await curation.uncollect(collection_id, body.choice(deleted=False))}
