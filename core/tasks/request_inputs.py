"""The input files of requests: asset ids are checked, data URIs decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidInput, NotFound
from core.kinds import Kind, kind_of
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import port_fields
from core.store.asset_rows import Asset
from core.store.assets import Assets, PendingUpload
from core.tasks.inputs import asset_record

Size = tuple[int, int]  # width, height in pixels


@dataclass(slots=True)
class RequestInputs:
    """The inputs of one request by field; uploads are stored once the request is accepted."""

    operation: Operation
    assets: dict[str, list[Asset]] = field(default_factory=dict)
    uploads: list[PendingUpload] = field(default_factory=list)

    def sizes(self) -> dict[str, list[Size]]:
        """The sizes of the images by field."""
        return {
            name: [(asset.width, asset.height) for asset in assets if asset.width and asset.height]
            for name, assets in self.assets.items()
        }

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """The inputs as a snapshot keeps them."""
        return {
            name: [asset_record(asset) for asset in assets] for name, assets in self.assets.items()
        }


class InputReader:
    """Reads the inputs of many requests, each asset once."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._known: dict[str, Asset] = {}

    async def read(self, operation: Operation) -> RequestInputs:
        """The inputs of a request, whose fields hold asset ids afterwards.

        Raises `InvalidInput` that names the field.
        """
        inputs = RequestInputs(operation)
        changes: dict[str, Any] = {}
        for name, port in port_fields(type(operation)).items():
            value = getattr(operation, name)
            kind = kind_of(port.type)
            if not kind.stored or value is None:
                continue
            items = [
                await self._item(inputs, name, item, kind) if isinstance(item, str) else item
                for item in (value if port.many else (value,))
            ]
            ids = [item.id if isinstance(item, Asset) else item for item in items]
            changes[name] = tuple(ids) if port.many else ids[0]
            if assets := [item for item in items if isinstance(item, Asset)]:
                inputs.assets[name] = assets
        if changes:
            inputs.operation = operation.model_copy(update=changes)
        return inputs

    async def _item(self, inputs: RequestInputs, name: str, item: str, kind: Kind) -> Asset:
        if item.startswith("data:") and kind.raster:
            inputs.uploads.append(await self._assets.decode_upload(item, field=name))
            return inputs.uploads[-1].asset
        return await self._asset(name, item, kind)

    async def _asset(self, name: str, asset_id: str, kind: Kind) -> Asset:
        try:
            asset = self._known.get(asset_id) or await self._assets.get(asset_id)
        except NotFound as error:
            raise InvalidInput(
                f"There is no such {kind.noun}.", field=name, fix="Upload it first."
            ) from error
        if not kind.takes(asset.kind):
            raise InvalidInput(
                f"The asset {asset.id} is of kind {asset.kind!r}; this input takes {kind.name!r}.",
                field=name,
            )
        return self._known.setdefault(asset_id, asset)
