"""Changes of many captions and images of a dataset at once; each makes one new version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import NotFound
from core.training.datasets.captions import clean
from core.training.datasets.versions import Dataset, DatasetStore, StoredImage


@dataclass(frozen=True, slots=True)
class CaptionEdit:
    """A change of captions. Steps run in this order: find and replace, tags, prefix.

    `find` is plain text; case counts. Tags are the parts between commas. `prefix`, such as a
    trigger word, is put in front where it does not stand already.
    """

    find: str = ""
    replace: str = ""
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    prefix: str = ""


def edited(caption: str, edit: CaptionEdit) -> str:
    """The caption after an edit."""
    text = caption.replace(edit.find, edit.replace) if edit.find else caption
    if edit.add_tags or edit.remove_tags:
        removed = {tag.strip().casefold() for tag in edit.remove_tags}
        tags = [tag.strip() for tag in text.split(",") if tag.strip()]
        tags = [tag for tag in tags if tag.casefold() not in removed]
        present = {tag.casefold() for tag in tags}
        added = [tag.strip() for tag in edit.add_tags if tag.strip().casefold() not in present]
        text = ", ".join([*tags, *filter(None, added)])
    return with_prefix(clean(text), edit.prefix)


def with_prefix(caption: str, prefix: str) -> str:
    """The caption with a trigger word or other text in front, which it has once."""
    start = clean(prefix)
    if not start or re.match(rf"{re.escape(start)}(?!\w)", caption, re.IGNORECASE):
        return caption
    return f"{start}, {caption}" if caption else start


def edit_captions(
    store: DatasetStore,
    dataset: Dataset,
    edit: CaptionEdit,
    names: Iterable[str] | None = None,
    after: int | None = None,
) -> Dataset:
    """Edit the captions of some images, or of all; images without a caption get the prefix only.

    Raises `NotFound` for an unknown name, `Conflict` where the dataset changed since `after`.
    """
    images = _images(store, dataset)
    chosen = _chosen(images, names)
    captions = {name: edited(images[name].caption or "", edit) for name in chosen}
    return set_captions(store, dataset, captions, after)


def set_captions(
    store: DatasetStore, dataset: Dataset, captions: Mapping[str, str], after: int | None = None
) -> Dataset:
    """Set captions by image name; an empty one removes the caption. Raises as `edit_captions`."""
    images = _images(store, dataset)
    _chosen(images, captions)
    changed = {
        name: replace(images[name], caption=clean(caption) or None)
        for name, caption in captions.items()
    }
    count = sum(images[name] != image for name, image in changed.items())
    if not count:
        return dataset
    noun = "caption" if count == 1 else "captions"
    return store.commit(
        dataset, list({**images, **changed}.values()), f"Changed {count} {noun}", after
    )


def remove_images(
    store: DatasetStore, dataset: Dataset, names: Iterable[str], after: int | None = None
) -> Dataset:
    """Remove images; older versions keep them. Raises as `edit_captions`."""
    images = _images(store, dataset)
    chosen = _chosen(images, names)
    kept = [image for name, image in images.items() if name not in chosen]
    noun = "image" if len(chosen) == 1 else "images"
    return store.commit(dataset, kept, f"Removed {len(chosen)} {noun}", after)


def _images(store: DatasetStore, dataset: Dataset) -> dict[str, StoredImage]:
    return {image.name: image for image in store.version(dataset).images}


def _chosen(images: Mapping[str, StoredImage], names: Iterable[str] | None) -> set[str]:
    chosen = set(images) if names is None else set(names)
    if unknown := sorted(chosen - set(images)):
        raise NotFound(
            f"The dataset has no image {unknown[0][:80]!r}.",
            field="names",
            fix="Read its newest version.",
        )
    return chosen
