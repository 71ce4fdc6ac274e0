"""Datasets: images with captions for trainings, in versions that never change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import FormData, UploadFile
from starlette.responses import FileResponse

from api.bodies import JsonRoute
from api.collections import AssetChoice
from api.files import file_headers
from api.image_deps import DatasetsDep
from api.present_datasets import (
    dataset_entry,
    dataset_faults,
    dataset_image,
    dataset_import,
)
from core.errors import BadUpload, InvalidInput
from core.store.assets import MAX_PER_PAGE
from core.studio.dataset_service import DatasetService
from core.training.datasets.editing import CaptionEdit
from core.training.datasets.importing import Imported
from core.training.datasets.report import POLICY
from core.training.datasets.versions import MAX_NAME, Dataset

if TYPE_CHECKING:
    from api.document.datasets import (
        DatasetEntry,
        DatasetFaults,
        DatasetImage,
        DatasetImport,
        DatasetPage,
        DatasetRepairs,
        DatasetReport,
        DatasetThumbnail,
        DatasetVersion,
    )
    from api.document.marks import Page

MAX_FILES = 2_000
MAX_CAPTION = 4_000
FORM = {
    "type": "object",
    "properties": {
        "file": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "Images, captions, masks and zips of them; names may hold folders.",
        },
        "dataset": {"type": "string", "description": "ID of a dataset; without it, a new one."},
        "name": {"type": "string", "description": "Name of the new dataset."},
    },
    "required": ["file"],
}
router = APIRouter(prefix="/datasets", tags=["datasets"], route_class=JsonRoute)
DatasetId = Annotated[str, Path(max_length=200, description="ID of a dataset, or its name.")]
VersionNumber = Annotated[
    int | None, Query(ge=1, description="Number of a version; the newest without it.")
]
ModelName = Annotated[
    str | None,
    Query(max_length=300, description="Model whose limits count; the default one without it."),
]
After = Annotated[
    int | None,
    Field(ge=1, description="Version that the change is made on; a newer one is a conflict."),
]
Names = Annotated[list[str], Field(max_length=20_000)]


class DatasetSettings(BaseModel):
    """Name and trigger word of a dataset."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=4 * MAX_NAME, description="Name; it is unique.")
    trigger: str | None = Field(None, max_length=100, description="Trigger word; null: none.")


class NewDataset(DatasetSettings):
    """A dataset without images."""

    name: str = Field(max_length=4 * MAX_NAME, description="Name; no other dataset has it.")


class Captions(BaseModel):
    """Captions by the names of images."""

    model_config = ConfigDict(extra="forbid")

    captions: dict[str, Annotated[str, Field(max_length=MAX_CAPTION)]] = Field(
        max_length=20_000,
        description="Captions by name; an empty one removes it.",
        examples=[{"house": "a red robot"}],
    )
    version: After = None


class CaptionChange(BaseModel):
    """A change of many captions: find and replace, then tags, then a prefix."""

    model_config = ConfigDict(extra="forbid")

    names: Names | None = Field(None, description="Images; null for all.")
    find: str = Field("", max_length=MAX_CAPTION, description="Text to replace; case counts.")
    replace: str = Field("", max_length=MAX_CAPTION, description="Text in its place.")
    prefix: str = Field("", max_length=200, description="Text in front, such as a trigger word.")
    add_tags: Names = Field(default_factory=list, description="Tags to add at the end.")
    remove_tags: Names = Field(default_factory=list, description="Tags to remove.")
    version: After = None


class ImageNames(BaseModel):
    """Images of a dataset."""

    model_config = ConfigDict(extra="forbid")

    names: Names = Field(min_length=1, description="Names of images.", examples=[["house"]])
    version: After = None


class RepairChoice(BaseModel):
    """Options of a repair."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(False, description="List the repairs, and change nothing.")
    caption: str | None = Field(
        None, max_length=MAX_CAPTION, description="Caption of images without one."
    )


class VersionChoice(BaseModel):
    """A version of a dataset."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, description="Number of the version.")


@router.get("")
async def list_datasets(
    datasets: DatasetsDep,
    deleted: Annotated[bool, Query(description="The trash instead of the datasets.")] = False,
) -> Page[DatasetEntry]:
    """Every dataset, the newest first."""
    items = [dataset_entry(*pair) for pair in await datasets.all(deleted=deleted)]
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.post("", status_code=201)
async def create_dataset(body: NewDataset, datasets: DatasetsDep) -> DatasetEntry:
    """Create a dataset without images."""
    return await _entry(datasets, await datasets.create(body.name, body.trigger))


@router.post(
    "/import",
    status_code=201,
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}
    },
)
async def import_dataset(request: Request, datasets: DatasetsDep) -> DatasetImport:
    """Add uploaded images with captions and masks to a dataset, or to a new one."""
    async with request.form(max_files=MAX_FILES, max_fields=8, max_part_size=1 << 16) as form:
        files = [
            (file.filename or "", file.file)
            for file in form.getlist("file")
            if isinstance(file, UploadFile)
        ]
        if not files:
            raise BadUpload("The form has no file.", field="file", fix="Send images as `file`.")
        chosen, name = _text(form, "dataset"), _text(form, "name")
        if not chosen and not name:
            raise InvalidInput(
                "The form names no dataset.",
                field="dataset",
                fix="Send `dataset`, or `name` for a new one.",
            )
        dataset = (await datasets.get(chosen))[0] if chosen else await datasets.create(name)
        try:
            return await _import(datasets, await datasets.import_files(dataset, files))
        except Exception:  # a new dataset without images is not kept, whatever went wrong
            if not chosen:
                await datasets.discard(dataset)
            raise


@router.get("/files/{key}/thumbnail")
async def get_dataset_thumbnail(
    key: Annotated[str, Path(description="SHA-256 of an image.")], datasets: DatasetsDep
) -> DatasetThumbnail:
    """A WebP of at most 256 pixels a side."""
    path = await datasets.thumbnail(key)
    return FileResponse(path, media_type="image/webp", headers=file_headers(f"{key}-thumbnail"))


@router.get("/{dataset}")
async def get_dataset(dataset: DatasetId, datasets: DatasetsDep) -> DatasetEntry:
    """One dataset."""
    return dataset_entry(*await datasets.get(dataset))


@router.get("/{dataset}/faults")
async def list_dataset_faults(
    dataset: DatasetId,
    datasets: DatasetsDep,
    version: VersionNumber = None,
    model: ModelName = None,
) -> DatasetFaults:
    """The faults of a version, errors first, by the limits of a model."""
    _, shown = await datasets.get(dataset, version)
    items = dataset_faults(await datasets.faults(shown, model))
    return {"version": shown.number, "items": items, "total": len(items)}


@router.patch("/{dataset}")
async def change_dataset(
    dataset: DatasetId, body: DatasetSettings, datasets: DatasetsDep
) -> DatasetEntry:
    """Change the name or the trigger word; fields that are not set stay."""
    changes = body.model_dump(exclude_unset=True)
    if changes.get("name", "") is None:
        raise InvalidInput("A dataset needs a name.", field="name", fix="Give a name.")
    return await _entry(datasets, await datasets.update(dataset, changes))


@router.delete("/{dataset}", status_code=204)
async def delete_dataset(dataset: DatasetId, datasets: DatasetsDep) -> Response:
    """Move a dataset to the trash."""
    await datasets.trash(dataset)
    return Response(status_code=204)


@router.post("/{dataset}/recover")
async def recover_dataset(dataset: DatasetId, datasets: DatasetsDep) -> DatasetEntry:
    """Bring a dataset back from the trash."""
    return await _entry(datasets, await datasets.recover(dataset))


@router.post("/{dataset}/purge", status_code=204)
async def purge_dataset(dataset: DatasetId, datasets: DatasetsDep) -> Response:
    """Remove a dataset of the trash for good."""
    await datasets.purge(dataset)
    return Response(status_code=204)


@router.get("/{dataset}/images")
async def list_dataset_images(
    dataset: DatasetId,
    datasets: DatasetsDep,
    version: VersionNumber = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PER_PAGE, description="Items of a page.")] = 50,
    cursor: Annotated[
        str | None,
        Query(max_length=300, description="`next_cursor` of a page; without it, the first page."),
    ] = None,
) -> Page[DatasetImage]:
    """The images of a version, by name."""
    images = (await datasets.get(dataset, version))[1].images
    rest = [image for image in images if cursor is None or image.name > cursor]
    items = [dataset_image(image) for image in rest[:limit]]
    following = rest[limit - 1].name if len(rest) > limit else None
    return {"items": items, "next_cursor": following, "total": len(images)}


@router.post("/{dataset}/assets")
async def add_gallery_images(
    dataset: DatasetId, body: AssetChoice, datasets: DatasetsDep
) -> DatasetImport:
    """Add images of the gallery; their prompts become captions."""
    record, _ = await datasets.get(dataset)
    imported = await datasets.import_gallery(record, body.choice(deleted=False))
    return await _import(datasets, imported)


@router.post("/{dataset}/captions")
async def set_dataset_captions(
    dataset: DatasetId, body: Captions, datasets: DatasetsDep
) -> DatasetEntry:
    """Set captions of single images, as a new version."""
    return await _entry(datasets, await datasets.set_captions(dataset, body.captions, body.version))


@router.post("/{dataset}/edit")
async def edit_dataset_captions(
    dataset: DatasetId, body: CaptionChange, datasets: DatasetsDep
) -> DatasetEntry:
    """Edit many captions at once, as a new version."""
    edit = CaptionEdit(body.find, body.replace, body.add_tags, body.remove_tags, body.prefix)
    return await _entry(
        datasets, await datasets.edit_captions(dataset, edit, body.names, body.version)
    )


@router.post("/{dataset}/remove")
async def remove_dataset_images(
    dataset: DatasetId, body: ImageNames, datasets: DatasetsDep
) -> DatasetEntry:
    """Remove images, as a new version."""
    return await _entry(datasets, await datasets.remove_images(dataset, body.names, body.version))


@router.get("/{dataset}/versions")
async def list_dataset_versions(dataset: DatasetId, datasets: DatasetsDep) -> Page[DatasetVersion]:
    """The versions of a dataset, the newest first."""
    items = [
        {
            "version": version.number,
            "created_at": version.created_at,
            "change": version.change,
            "images": len(version.images),
        }
        for version in await datasets.versions(dataset)
    ]
    page = {"items": items, "next_cursor": None, "total": len(items)}
    return cast("Page[DatasetVersion]", page)


@router.post("/{dataset}/restore")
async def restore_dataset_version(
    dataset: DatasetId, body: VersionChoice, datasets: DatasetsDep
) -> DatasetEntry:
    """Undo: make the images of an older version the newest one."""
    return await _entry(datasets, await datasets.restore(dataset, body.version))


@router.post("/{dataset}/fix")
async def repair_dataset(
    dataset: DatasetId, body: RepairChoice, datasets: DatasetsDep
) -> DatasetRepairs:
    """Repair broken rules as a new version; a dry run lists the repairs only."""
    record, repairs = await datasets.repair(dataset, dry_run=body.dry_run, caption=body.caption)
    items = [
        {"name": repair.name, "fixes": list(repair.fixes), "detail": repair.detail}
        for repair in repairs
    ]
    answer = {"dataset": await _entry(datasets, record), "repairs": items}
    return cast("DatasetRepairs", answer)


@router.get("/{dataset}/report")
async def get_dataset_report(
    dataset: DatasetId, datasets: DatasetsDep, version: VersionNumber = None
) -> DatasetReport:
    """The analysis of a version: buckets with crops, duplicates, blur, exposure, captions."""
    return (await datasets.analysis(dataset, version))[1].public()


@router.get("/{dataset}/report.html")
async def get_dataset_page(
    dataset: DatasetId, datasets: DatasetsDep, version: VersionNumber = None
) -> DatasetPage:
    """The analysis as one page without script."""
    page = await datasets.report(dataset, version)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


async def _entry(datasets: DatasetService, dataset: Dataset) -> DatasetEntry:
    return dataset_entry(*await datasets.get(dataset.id))


async def _import(datasets: DatasetService, imported: Imported) -> DatasetImport:
    return dataset_import(imported, (await datasets.get(imported.dataset.id))[1])


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
