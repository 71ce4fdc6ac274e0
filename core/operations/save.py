"""Saving results as files of the user's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import Field, field_validator

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, PortField, TaskOutput, ui
from core.operations.declaration.resolving import ResolveContext
from core.pictures.names import LONGEST_TEMPLATE, check_template, fields, render
from core.suggestion import suggest

DEFAULT_NAME = "{date}/{model}_{date}_{time}_{width}x{height}_seed{seed}"
FACTS = ("date", "time", "model", "seed", "width", "height", "operation", "task", "uuid")
ALIASES = {"steps": "num_inference_steps", "cfg": "guidance_scale"}
FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP", "avif": "AVIF"}
_SVG_SIZE = re.compile(rb'<svg [^>]*?width="(\d+)"[^>]*?height="(\d+)"')


class Save(Operation):
    """Write an image or a drawing into the output folder, never over a file that is there.

    The name may hold folders and, in braces, `date`, `time`, `model`, `seed`, `width`, `height`,
    `operation`, `task`, `uuid` and any parameter of an operation; one that the image was not made
    with reads `none`. The result is the path from the output folder.
    """

    name = "save"
    title = "Save"
    summary = "Writes an image or SVG into your output folder."
    category = "output"
    lane = "cpu"
    short = True
    cacheable = False
    map_over_items = True
    outputs = (Port("path", "json"),)

    image: Annotated[str | TaskOutput | None, PortField("image")] = Field(
        None,
        title="Image",
        description="An image: asset id, data URI or task output.",
        json_schema_extra=ui("image"),
    )
    svg: Annotated[str | TaskOutput | None, PortField("svg")] = Field(
        None,
        title="SVG",
        description="An SVG, saved as it is: asset id or task output.",
        json_schema_extra=ui("hidden"),
    )
    file_name: str = Field(
        DEFAULT_NAME,
        min_length=1,
        max_length=LONGEST_TEMPLATE,
        title="Name",
        description="Folders and a name, without ending. In braces: date, time, model, seed, "
        "width, height, operation, task, uuid, prompt, steps, cfg, or any other parameter of the "
        "image: {date}/{prompt}_{seed}.",
        json_schema_extra=ui("text"),
    )
    format: Literal["png", "jpeg", "webp", "avif"] = Field(
        "png",
        title="Format",
        description="Of the file.",
        json_schema_extra=ui("select", choices=FORMATS),
    )
    quality: int = Field(
        90,
        ge=1,
        le=100,
        title="Quality",
        description="Of JPEG, WebP and AVIF.",
        json_schema_extra=ui("slider", step=1, advanced=True),
    )
    lossless: bool = Field(
        False,
        title="Lossless WebP",
        description="Keeps every pixel; the file is larger.",
        json_schema_extra=ui("toggle", advanced=True),
    )
    metadata: bool = Field(
        True,
        title="Keep metadata",
        description="Prompt and settings in the file, so that dropping it on the wall restores the "
        "bricks.",
        json_schema_extra=ui("toggle", advanced=True),
    )
    provenance: bool = Field(
        True,
        title="Keep provenance",
        description="The digital source type and the signed C2PA manifest, which say that AI made "
        "the image. They hold no prompt.",
        json_schema_extra=ui("toggle", advanced=True),
    )

    sidecar: bool = Field(
        False,
        title="Metadata beside the file",
        description="Write the metadata also as a JSON file of the same name.",
        json_schema_extra=ui("toggle", advanced=True),
    )

    @field_validator("file_name")
    @classmethod
    def _can_name(cls, value: str) -> str:
        return check_template(value)

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Something to save, under a name of known fields."""
        if self.image is None and self.svg is None:
            raise InvalidInput(
                "There is nothing to save.",
                field="image",
                fix="Connect an image or a drawing.",
            )
        known = {*FACTS, *ALIASES, *ctx.settings.parameters}
        for name in fields(self.file_name):
            if name not in known:
                raise InvalidInput(
                    f"Unknown field {{{name}}} in the file name.",
                    field="file_name",
                    fix=suggest(name, sorted(known)) or f"Use {', '.join(FACTS)} or a parameter.",
                )
        return Resolved(self)

    def run(self, ctx: Context) -> None:
        """One file: the image, or the drawing."""
        ctx.progress("saving")
        data, ending, values, metadata = self._drawing(ctx) if self.svg else self._picture(ctx)
        now = datetime.now().astimezone()
        values |= {
            "date": f"{now:%Y-%m-%d}",
            "time": f"{now:%H%M%S}",
            "task": ctx.task_id,
            "uuid": str(uuid4()),
        }
        unset = dict.fromkeys(fields(self.file_name))
        *folders, name = render(self.file_name, unset | values)
        path = ctx.save([*folders, name.removesuffix(f".{ending}") or "_"], ending, data)
        if self.sidecar:
            text = json.dumps(metadata.get("qpyt") or {}, ensure_ascii=False, indent=1)
            ctx.save(path.removesuffix(f".{ending}").split("/"), "json", text.encode())
        ctx.add_value(path, port="path")

    def _drawing(self, ctx: Context) -> tuple[bytes, str, dict[str, Any], Mapping[str, Any]]:
        from core.store.svg_metadata import svg_metadata, without_metadata

        data = ctx.file(self.svg)
        size_match = _SVG_SIZE.search(data[:2000])
        size = (int(size_match.group(1)), int(size_match.group(2))) if size_match else (0, 0)
        kept = data if self.metadata else without_metadata(data)
        snapshot = svg_metadata(data)
        metadata = {"source": "qpyt", "qpyt": snapshot} if snapshot else {}
        return kept, "svg", _facts(metadata, size), metadata

    def _picture(self, ctx: Context) -> tuple[bytes, str, dict[str, Any], Mapping[str, Any]]:
        from PIL import Image

        from core.pictures.formats import ENDINGS, encode
        from core.store.metadata import read_metadata

        png = ctx.file(self.image)
        metadata = read_metadata(png)
        encoded = encode(
            png,
            self.format,
            quality=self.quality,
            lossless=self.lossless,
            metadata=self._kept(metadata, ctx.source_type(self.image)),
            whole=self.metadata and self.provenance,
        )
        for code, sentence in encoded.lost.items():
            ctx.warn(code, sentence, "format")
        with Image.open(BytesIO(png)) as image:
            values = _facts(metadata, image.size)
        data = encoded.data
        if self.provenance and data != png:
            data = ctx.sign(self.image, data, f"image/{self.format}")
        return data, ENDINGS[self.format], values, metadata

    def _kept(self, metadata: Mapping[str, Any], source_type: str | None) -> dict[str, Any]:
        """The metadata that the file keeps."""
        texts = dict(metadata) if self.metadata else {}
        texts.pop("digital_source_type", None)
        mark = {"digital_source_type": source_type} if self.provenance and source_type else {}
        return {**texts, **mark}


def _facts(metadata: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    """The values that a file name may use; `metadata` is that of `read_metadata`."""
    from core.pictures.origin import Origin, recipe

    history = Origin.of(metadata).history
    values = recipe(history)
    return {
        **values,
        **{alias: values.get(name) for alias, name in ALIASES.items()},
        "width": size[0],
        "height": size[1],
        "operation": history[-1].get("operation") if history else None,
    }
