"""Dependencies of routers: gallery, imports, archives and datasets."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.deps import part
from core.gallery.archives import Archives
from core.gallery.curation import Curation
from core.gallery.gallery import Gallery
from core.gallery.imports import Imports
from core.studio.dataset_service import DatasetService

ArchivesDep = Annotated[Archives, Depends(part(lambda services: services.images.archives))]
CurationDep = Annotated[Curation, Depends(part(lambda services: services.images.curation))]
DatasetsDep = Annotated[DatasetService, Depends(part(lambda services: services.images.datasets))]
GalleryDep = Annotated[Gallery, Depends(part(lambda services: services.images.gallery))]
ImportsDep = Annotated[Imports, Depends(part(lambda services: services.images.imports))]
