"""The one file of a request, bounded: in a form, or as a data URI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from core.errors import BadUpload


def file_or(schema: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI record of a body that is a form with a file, or JSON."""
    form = {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    }
    content = {"multipart/form-data": form, "application/json": schema}
    return {
        "required": True,
        "content": {media_type: {"schema": body} for media_type, body in content.items()},
    }


async def read_file(request: Request, field: str = "file") -> bytes:
    """The bytes of the form's one file. Raises `BadUpload`."""
    async with form_file(request, field) as file:
        return await file.read()


@asynccontextmanager
async def form_file(request: Request, field: str = "file") -> AsyncIterator[UploadFile]:
    """The form's one file, which is on the disk where it is large. Raises `BadUpload`."""
    async with request.form(max_files=1, max_fields=8, max_part_size=1 << 16) as form:
        file = form.get(field)
        if not isinstance(file, UploadFile):
            raise BadUpload("The form has no file.", field=field, fix=f"Send it as `{field}`.")
        yield file


class DataUri(BaseModel):
    """An image as a data URI."""

    model_config = ConfigDict(extra="forbid")

    data: str = Field(description="`data:image/png;base64,…`, or another type of image.")


async def sent_data_uri(request: Request) -> str:
    """The data URI of a JSON body. Raises `BadUpload`."""
    try:
        return DataUri.model_validate_json(await request.body()).data
    except ValidationError as error:
        raise BadUpload(
            "The body is neither a form with a file nor JSON with a data URI.",
            field="data",
            fix='Send {"data": "data:image/png;base64,…"} or a form with `file`.',
        ) from error
