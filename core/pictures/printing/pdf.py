"""PDF files of images and lines, with page boxes: the same bytes for the same pages."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image

from core.pictures.printing.paper import Box

POINTS = 72 / 25.4  # in a millimetre
JPEG_QUALITY = 95
LINE_WIDTH = 0.25  # points


@dataclass
class PdfPage:
    """A page under construction. Lengths are millimetres from its upper left corner."""

    width: float
    height: float
    trim: Box | None = None
    bleed: float = 0.0
    content: list[str] = field(default_factory=list)
    images: dict[str, int] = field(default_factory=dict)

    def image(self, image: int, box: Box) -> None:
        """Place an image that `Pdf.add_image` returned."""
        name = f"Im{image}"
        self.images[name] = image
        y = self.height - box.y - box.height
        numbers = (box.width, 0.0, 0.0, box.height, box.x, y)
        self.content.append(f"q {' '.join(map(points, numbers))} cm /{name} Do Q")

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        """Draw a thin black line."""
        start, end = (
            f"{points(x)} {points(self.height - y)}",
            f"{points(to_x)} {points(self.height - to_y)}",
        )
        self.content.append(f"{LINE_WIDTH} w 0 G {start} m {end} l S")

    def boxes(self) -> Mapping[str, str]:
        """The page boxes by name: trim within bleed within media."""
        media = Box(0, 0, self.width, self.height)
        trim = self.trim or media
        areas = {"MediaBox": media, "BleedBox": trim.grown(self.bleed), "TrimBox": trim}
        return {name: self._corners(box) for name, box in areas.items()}

    def _corners(self, box: Box) -> str:
        bottom = self.height - box.y - box.height
        corners = (box.x, bottom, box.x + box.width, bottom + box.height)
        return f"[{' '.join(map(points, corners))}]"


class Pdf:
    """A PDF file that is written into memory; images are stored once, however often they stand."""

    def __init__(self, title: str = "") -> None:
        self._out = io.BytesIO()
        self._offsets: dict[int, int] = {}
        self._next = 3  # 1 is the catalogue, 2 the list of pages
        self._pages: list[int] = []
        self._title = title
        self._out.write(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")

    def add_image(self, image: Image.Image) -> int:
        """Store an image, RGB; return its number for `PdfPage.image`."""
        data = io.BytesIO()
        image.convert("RGB").save(data, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        head = (
            f"/Type /XObject /Subtype /Image /Width {image.width} /Height {image.height}"
            " /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
        )
        return self._stream(head, data.getvalue())

    def add_page(self, page: PdfPage) -> None:
        """Add a finished page."""
        content = self._stream("", "\n".join(page.content).encode("ascii"))
        images = " ".join(f"/{name} {number} 0 R" for name, number in page.images.items())
        boxes = " ".join(f"/{name} {corners}" for name, corners in page.boxes().items())
        body = (
            f"<< /Type /Page /Parent 2 0 R {boxes} /Contents {content} 0 R"
            f" /Resources << /XObject << {images} >> >> >>"
        )
        self._pages.append(self._object(body.encode("ascii")))

    def finish(self) -> bytes:
        """The file."""
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._object(f"<< /Type /Pages /Kids [{kids}] /Count {len(self._pages)} >>".encode(), 2)
        self._object(b"<< /Type /Catalog /Pages 2 0 R >>", 1)
        title = self._title.encode("utf-16-be").hex()
        producer = b"/Producer (Qpyt Studio)"
        info = self._object(b"<< " + producer + f" /Title <feff{title}> >>".encode())
        self._write_index(info)
        return self._out.getvalue()

    def _stream(self, head: str, data: bytes) -> int:
        start = f"<< {head} /Length {len(data)} >>\nstream\n".encode("ascii")
        return self._object(start + data + b"\nendstream")

    def _object(self, body: bytes, number: int = 0) -> int:
        if not number:
            number, self._next = self._next, self._next + 1
        self._offsets[number] = self._out.tell()
        self._out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
        return number

    def _write_index(self, info: int) -> None:
        start = self._out.tell()
        lines = [f"{self._offsets[number]:010d} 00000 n \n" for number in range(1, self._next)]
        self._out.write(f"xref\n0 {self._next}\n0000000000 65535 f \n{''.join(lines)}".encode())
        trailer = f"trailer\n<< /Size {self._next} /Root 1 0 R /Info {info} 0 R >>"
        self._out.write(f"{trailer}\nstartxref\n{start}\n%%EOF\n".encode())


def points(millimetres: float) -> str:
    """A length in points, as PDF writes numbers."""
    return f"{millimetres * POINTS:.3f}".rstrip("0").rstrip(".")
