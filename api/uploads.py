"""The one file of a multipart request, bounded."""

from __future__ import annotations

from typing import Any

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
    return (await read_named_file(request, field))[0]


async def read_named_file(request: Request, field: str = "file") -> tuple[bytes, str | None]:
    """The bytes and the name of the form's one file. Raises `BadUpload`."""
    async with request.form(max_files=1, max_fields=8, max_part_size=1 << 16) as form:
        file = form.get(field)
        if not isinstance(file, UploadFile):
            raise BadUpload("The form has no file.", field=field, fix=f"Send it as `{field}`.")
        return await file.read(), file.filename
