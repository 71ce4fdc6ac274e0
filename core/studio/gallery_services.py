"""The services of the gallery, built from those that it needs."""

from __future__ import annotations

from collections.abc import Callable

from core.gallery.archives import Archives
from core.gallery.curation import Curation
from core.gallery.gallery import Gallery
from core.gallery.imports import Imports
from core.models.library.library import Library
from core.store.assets import Assets
from core.store.database import Database
from core.studio.image_licences import ImageLicences
from core.studio.publisher import EventPublisher


def make_gallery(
    database: Database,
    assets: Assets,
    library: Library,
    max_bytes: int,
    publisher: Callable[[], EventPublisher],
) -> tuple[Gallery, Curation, Imports, Archives]:
    """Build them; `max_bytes` limits one imported image, `publisher` is called at each change."""
    gallery = Gallery(database, ImageLicences(library).of)
    curation = Curation(
        database,
        gallery,
        assets,
        lambda changed, count, change: publisher().assets(changed, count, change),
        lambda collection, change: publisher().collection(collection, change),
    )
    imports = Imports(assets, curation, max_bytes, lambda record: publisher().image_import(record))
    return gallery, curation, imports, Archives(gallery, curation, assets)
