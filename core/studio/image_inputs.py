"""Images as callers of the Python API give them, made into files to upload.

Accepted are results and their images, PIL images, arrays of numpy, bytes, and paths. A string is a
path where an image is expected and its file exists or it looks like one; otherwise an asset id or
a data URI.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from core.errors import InvalidInput
from core.studio.results import Picture, TaskResult

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    ImageLike: TypeAlias = (
        Picture | TaskResult | Image | np.ndarray[Any, Any] | bytes | Path | str | Mapping[str, Any]
    )


def asset_of(value: Any) -> str | None:
    """The asset of an image of the studio; None for anything else."""
    if isinstance(value, TaskResult) and value.images:
        return value.images[0].asset_id
    return value.asset_id if isinstance(value, Picture) else None


def file_of(value: Any, field: str, *, image: bool) -> bytes | None:
    """The file to upload for a value; None where the value is to be sent as it is.

    `image`: the field takes an image, so a string may be a path. Arrays are height × width, or
    height × width × 1, 3 or 4; of floats 0 to 1, or of integers 0 to 255. Raises `InvalidInput`.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, Path) or (image and isinstance(value, str) and _is_path(value)):
        return _read(Path(value), field)
    if hasattr(value, "__array_interface__") and hasattr(value, "dtype"):
        return _png(_image_of_array(value, field))
    if hasattr(value, "getbands") and hasattr(value, "save"):  # PIL is not imported for others
        return _png(value)
    return None


def _is_path(text: str) -> bool:
    """True for text with a separator or an ending; an asset id has neither."""
    return not text.startswith("data:") and len(text) < 4096 and any(c in text for c in "/\\.")


def _read(path: Path, field: str) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(
            f"{path} cannot be read: {reason}.", field=field, fix="Name a file that you can read."
        ) from error


def _image_of_array(array: Any, field: str) -> Image:
    import numpy as np
    from PIL import Image

    values = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if values.ndim != 2 and (values.ndim != 3 or values.shape[2] not in (3, 4)):
        raise InvalidInput(
            f"An array of the shape {array.shape} is not an image.",
            field=field,
            fix="Give height × width, or height × width × 1, 3 or 4.",
        )
    if values.dtype.kind == "b":
        values = values.astype(np.uint8) * 255
    elif values.dtype.kind == "f":
        values = np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _png(image: Image) -> bytes:
    file = io.BytesIO()
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
    (image if image.mode in modes else image.convert("RGB")).save(file, "PNG")
    return file.getvalue()
