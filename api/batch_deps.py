"""Dependencies of routers: sets, batches, and what is made of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.deps import part
from core.sets.archive import BatchArchives
from core.sets.batches import Batches
from core.sets.catalogue import SetCatalogue
from core.sets.harmony import Harmony
from core.sets.matrix import Matrices
from core.sets.printing import BatchPrints

BatchesDep = Annotated[Batches, Depends(part(lambda services: services.batching.batches))]
BatchArchivesDep = Annotated[
    BatchArchives, Depends(part(lambda services: services.batching.archives))
]
BatchPrintsDep = Annotated[BatchPrints, Depends(part(lambda services: services.batching.prints))]
HarmonyDep = Annotated[Harmony, Depends(part(lambda services: services.batching.harmony))]
MatricesDep = Annotated[Matrices, Depends(part(lambda services: services.batching.matrices))]
SetsDep = Annotated[SetCatalogue, Depends(part(lambda services: services.batching.sets))]
