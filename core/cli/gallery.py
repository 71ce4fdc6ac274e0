"""The commands `gallery`: list, show, tag, rate, trash, restore, export, import, duplicates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.options import AsJson, DataDir, KeepMetadata, KeepProvenance, glance_settings
from core.gallery.likeness import DEFAULT_DISTANCE, MAX_DISTANCE

if TYPE_CHECKING:
    from core.studio import Studio

gallery = typer.Typer(help="Search, grade, export and import images.", no_args_is_help=True)

AssetIds = Annotated[list[str], typer.Argument(help="IDs of images, as in `gallery list`.")]
Words = Annotated[str, typer.Option("--text", help="Words of prompt, tags, model or note.")]
Model = Annotated[list[str] | None, typer.Option(help="Only images of this model (repeatable).")]
Tag = Annotated[list[str] | None, typer.Option(help="Only images with this tag (repeatable).")]
Colour = Annotated[list[str] | None, typer.Option(help="Only with this colour (repeatable).")]
MinRating = Annotated[int, typer.Option(min=0, max=5, help="At least this many stars.")]
Favourite = Annotated[bool, typer.Option("--favourite", help="Only favourites.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="Number of images.")]


def _studio(data_dir: Path | None) -> Studio:
    from core.studio import Studio

    return Studio(glance_settings(data_dir))


@gallery.command("list")
def list_images(
    text: Words = "",
    model: Model = None,
    tag: Tag = None,
    colour: Colour = None,
    min_rating: MinRating = 0,
    favourite: Favourite = False,
    trash: Annotated[bool, typer.Option("--trash", help="Images in the trash.")] = False,
    sort: Annotated[
        Literal["newest", "oldest", "rating", "largest"], typer.Option(help="Order.")
    ] = "newest",
    limit: Limit = 20,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List images, newest first."""
    selection = {"q": text, "model": model, "tag": tag, "colour": colour}
    flags = {"min_rating": min_rating or None, "favourite": favourite or None}
    with _studio(data_dir) as studio:
        images = studio.images(sort=sort, limit=limit, deleted=trash or None, **selection, **flags)
    _print_images(images, as_json)


@gallery.command("search")
def search_images(
    words: Annotated[list[str], typer.Argument(help='Words; "a phrase"; seed.')],
    limit: Limit = 20,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Search images by words of prompt, note, tags, model, LoRAs or seed."""
    with _studio(data_dir) as studio:
        images = studio.images(q=" ".join(words), limit=limit)
    _print_images(images, as_json)


@gallery.command("show")
def show_image(
    asset_id: Annotated[str, typer.Argument(help="ID of an image.")], data_dir: DataDir = None
) -> None:
    """Print an image with its metadata as JSON."""
    with _studio(data_dir) as studio:
        _print_json(studio.image(asset_id))


@gallery.command("tag")
def tag_images(
    asset_ids: AssetIds,
    add: Annotated[list[str] | None, typer.Option(help="Tag to add (repeatable).")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Tag to remove (repeatable).")] = None,
    data_dir: DataDir = None,
) -> None:
    """Add and remove tags of images."""
    with _studio(data_dir) as studio:
        print(f"{studio.tag_images(asset_ids, add or (), remove or ())} changed")


@gallery.command("rate")
def rate_images(
    rating: Annotated[int, typer.Argument(min=0, max=5, help="Stars; 0: not rated.")],
    asset_ids: AssetIds,
    data_dir: DataDir = None,
) -> None:
    """Give images stars: `gallery rate 4 ID ID`."""
    with _studio(data_dir) as studio:
        print(f"{studio.rate_images(asset_ids, rating)} changed")


@gallery.command("trash")
def trash_images(asset_ids: AssetIds, data_dir: DataDir = None) -> None:
    """Move images to the trash, from which they can be restored for a week."""
    with _studio(data_dir) as studio:
        print(f"{studio.trash_images(asset_ids)} in the trash")


@gallery.command("restore")
def restore_images(asset_ids: AssetIds, data_dir: DataDir = None) -> None:
    """Bring images back from the trash."""
    with _studio(data_dir) as studio:
        print(f"{studio.restore_images(asset_ids)} restored")


@gallery.command("export")
def export_images(
    file: Annotated[Path, typer.Argument(help="Zip file to write.")],
    asset_ids: Annotated[list[str] | None, typer.Argument(help="IDs; else the filters.")] = None,
    text: Words = "",
    tag: Tag = None,
    min_rating: MinRating = 0,
    favourite: Favourite = False,
    metadata: KeepMetadata = True,
    provenance: KeepProvenance = True,
    data_dir: DataDir = None,
) -> None:
    """Write images and a list of their licences to a zip: by IDs, or all of a filter."""
    selection = {"q": text, "tag": tag, "min_rating": min_rating or None}
    with _studio(data_dir) as studio:
        kept = {"metadata": metadata, "provenance": provenance}
        flags = {"favourite": favourite or None, **kept}
        print(studio.export_images(file, asset_ids or None, **selection, **flags))


@gallery.command("import")
def import_images(
    folder: Annotated[Path, typer.Argument(help="Folder with images, its folders included.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Import the images below a folder with their metadata and dates; exit code 1 on failures."""
    with _studio(data_dir) as studio:
        report = studio.import_images(folder)
    if as_json:
        _print_json(report)
    else:
        print(f"{report['added']} added, {report['duplicates']} stored already")
        for failure in report["failed"]:
            print(f"{failure['name']}: {failure['detail']}")
    if report["failed"]:
        raise typer.Exit(1)


@gallery.command("duplicates")
def list_duplicates(
    distance: Annotated[
        int, typer.Option(min=0, max=MAX_DISTANCE, help="Bits of the hashes that may differ.")
    ] = DEFAULT_DISTANCE,
    trash: Annotated[
        bool, typer.Option("--trash", help="Keep the best of each group, trash the others.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Number of groups.")] = 100,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List groups of images that are the same or look alike, the best of each first."""
    with _studio(data_dir) as studio:
        groups = studio.duplicates(distance, limit)
        others = [member["asset"]["id"] for group in groups for member in group["members"][1:]]
        changed = studio.trash_images(others) if trash and others else 0
    if as_json:
        _print_json(groups)
        return
    for group in groups:
        print(group["kind"])
        for member in group["members"]:
            print(f"  {member['distance']:>2}  {_line(member['asset'])}")
    if not groups:
        print("There are no duplicates.")
    if trash:
        print(f"{changed} in the trash")


def _print_images(images: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        _print_json(images)
        return
    for image in images:
        print(_line(image))
    if not images:
        print("No image matches.")


def _line(image: Mapping[str, Any]) -> str:
    size = f"{image['width']}x{image['height']}" if image["width"] else ""
    text = image["prompt"] or image["name"] or ""
    return f"{image['id']}  {size:<9}  {'*' * image['rating']:<5}  {text[:80]}".rstrip()


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))
