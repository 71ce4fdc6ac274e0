"""Reading a file out of a multipart request, bounded."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.requests import Request

from core.errors import BadUpload


async def read_file(request: Request, field: str = "file") -> bytes:
    """The bytes of the form's one file. Raises `BadUpload`."""
    form = await request.form(max_files=1, max_fields=8, max_part_size=1 << 16)
    found = form.get(field)
    if not isinstance(found, UploadFile):
        raise BadUpload("The form has no file.", field=field, fix=f"Send it as `{field}`.")
    return await found.read()
