"""Images from strangers over HTTP, as a form and as a data URI."""

import base64
import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.integration.api.pictures import SCRIPT, bombs, encoded, not_pictures, png
from tests.integration.listening import listening
from tests.integration.process import Server

Send = Callable[[Server, bytes], httpx.Response]


def as_form(studio: Server, data: bytes) -> httpx.Response:
    return studio.http.post("/api/assets", files={"file": ("picture.png", data, "image/png")})


def as_uri(studio: Server, data: bytes) -> httpx.Response:
    text = base64.b64encode(data).decode()
    return studio.http.post("/api/assets", json={"data": f"data:image/png;base64,{text}"})


def as_parameter(studio: Server, data: bytes) -> httpx.Response:
    text = base64.b64encode(data).decode()
    return studio.http.post("/api/measuring", json={"image": f"data:image/png;base64,{text}"})


WAYS = [as_form, as_uri, as_parameter]


def total(studio: Server) -> int:
    return int(studio.get("/api/assets", params={"limit": 1})["total"])


def stored_image(studio: Server, asset: dict[str, Any]) -> Image.Image:
    image = Image.open(io.BytesIO(studio.http.get(asset["url"]).content))
    image.load()
    return image


@pytest.mark.parametrize("send", WAYS)
def test_hostile_files_are_refused_and_the_servers_memory_stays_flat(
    studio: Server, send: Send
) -> None:
    as_form(studio, png())
    before, memory, files = total(studio), studio.process.memory_info().rss, len(studio.stored())
    for name, data in {**not_pictures(), **bombs()}.items():
        answer = send(studio, data)
        if "200 MB" in name and answer.status_code in (201, 202):
            continue  # what is hidden in a chunk may be dropped instead of refused
        assert answer.status_code in (413, 422), (name, answer.text)
        body = answer.json()
        assert body["code"] in ("bad_upload", "too_large"), name
        assert body["fix"], name
    hidden = sum("200 MB" in name for name in bombs())
    assert total(studio) - before <= hidden
    assert len(studio.stored()) - files <= hidden
    assert studio.process.memory_info().rss - memory < 150 << 20
    assert studio.partial() == []


@pytest.mark.parametrize("send", [as_form, as_uri])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_honest_pictures_become_png(studio: Server, send: Send, form: str) -> None:
    answer = send(studio, encoded(Image.new("RGB", (30, 20), "red"), form))
    assert answer.status_code == 201, answer.text
    asset = answer.json()
    assert (asset["type"], asset["kind"], asset["width"], asset["height"]) == (
        "image/png",
        "image",
        30,
        20,
    )
    assert studio.get(f"/api/assets/{asset['id']}") == {**asset, "parents": [], "children": []}
    assert stored_image(studio, asset).size == (30, 20)
    thumbnail = studio.http.get(asset["thumbnail_url"])
    assert thumbnail.headers["content-type"] == "image/webp"


def test_a_photo_is_stored_upright(studio: Server) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    photo = Image.open(io.BytesIO(png(24, 16)))
    asset = as_form(studio, encoded(photo, "JPEG", exif=exif, quality=95)).json()
    assert (asset["width"], asset["height"]) == (16, 24)
    top = stored_image(studio, asset).convert("RGB").getpixel((8, 2))
    assert isinstance(top, tuple)
    assert top[0] > 200 > top[2]


def test_an_animated_gif_gives_its_first_frame_and_says_so(studio: Server) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    gif = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    asset = as_form(studio, gif).json()
    assert [warning["code"] for warning in asset["warnings"]] == ["animation_dropped"]
    assert stored_image(studio, asset).convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def test_nothing_hidden_in_a_picture_is_served(studio: Server) -> None:
    hidden = [
        png() + SCRIPT,
        png() + b"PK\x03\x04" + SCRIPT,
        encoded(Image.new("RGB", (8, 8)), "JPEG", comment=SCRIPT),
        encoded(Image.new("RGB", (8, 8)), "GIF", comment=SCRIPT),
    ]
    for data in hidden:
        answer = as_form(studio, data)
        if answer.status_code != 201:
            assert answer.status_code == 422
            continue
        shown = studio.http.get(answer.json()["url"])
        assert b"<script" not in shown.content
        assert shown.headers["content-type"] == "image/png"


def test_a_file_over_the_limit_is_413_in_every_way(studio: Server) -> None:
    noise = encoded(Image.effect_noise((2000, 1990), 90).convert("RGB"), "BMP")
    assert len(noise) > 9 << 20
    for send in WAYS:
        answer = send(studio, noise)
        assert answer.status_code == 413, send
        assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize(
    "data",
    ["", "data:", "data:image/png,abc", "data:text/html;base64,AAAA", "data:image/png;base64,!!!",
     "data:image/svg+xml;base64,PHN2Zz4=", "http://evil.example/a.png", "file:///etc/passwd",
     "data:image/png;base64,QUJD\nQUJD"],
)  # fmt: skip
def test_a_broken_data_uri_is_422_with_its_field(studio: Server, data: str) -> None:
    answer = studio.http.post("/api/assets", json={"data": data})
    assert answer.status_code == 422
    assert answer.json()["field"] == "data"


@pytest.mark.parametrize(
    "body",
    [b"", b"--x", b"--x\r\n\r\n--x--",
     b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n",
     b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n',
     b'--x\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\n1\r\n--x--\r\n'],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/assets", "/api/workflows/import"])
def test_a_broken_form_is_a_plain_refusal(studio: Server, path: str, body: bytes) -> None:
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data"):
        answer = studio.http.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_deleted_asset_is_listed_in_the_trash_alone(studio: Server) -> None:
    asset = as_form(studio, png()).json()
    newest = studio.get("/api/assets", params={"limit": 1})["items"][0]
    assert newest == asset
    assert studio.http.delete(f"/api/assets/{asset['id']}").status_code == 204
    assert studio.get("/api/assets", params={"limit": 1})["items"] != [asset]
    trash = studio.get("/api/assets", params={"limit": 1, "deleted": True})["items"]
    assert trash == [{**asset, "deleted_at": trash[0]["deleted_at"]}]
    for path in ("", "/file", "/thumbnail"):
        assert studio.http.get(f"/api/assets/{asset['id']}{path}").status_code == 200
    assert studio.http.delete(f"/api/assets/{asset['id']}").status_code == 404


def test_two_uploads_of_one_picture_share_a_file_and_deleting_one_keeps_the_other(
    studio: Server,
) -> None:
    data = png(40, 30)
    first, second = as_form(studio, data).json(), as_form(studio, data).json()
    assert first["id"] != second["id"]
    studio.http.delete(first["url"].removesuffix("/file"))
    assert stored_image(studio, second).size == (40, 30)


def test_a_picture_of_the_studio_carries_the_workflow_that_made_it(studio: Server) -> None:
    task = studio.done(
        studio.submit("generate", prompt="a red house", seed=3, num_inference_steps=2)
    )
    output = task["outputs"][0]
    data = studio.http.get(output["url"]).content
    here = studio.get(f"/api/assets/{output['asset_id']}")["metadata"]
    sent = studio.get(f"/api/assets/{as_form(studio, data).json()['id']}")["metadata"]
    assert sent.pop("c2pa")["state"] == "own"
    assert here == {**sent, "seed": 3}, "made here, or brought: what is known of it is the same"
    assert here["source"] == "qpyt"
    assert here["qpyt"]["params"]["prompt"] == here["generation"]["prompt"] == "a red house"
    again = studio.http.post("/api/workflows/import", files={"file": ("a.png", data)})
    assert again.status_code == 200, again.text
    props = [brick["props"] for brick in again.json()["workflow"]["bricks"]]
    assert any(prop.get("prompt") == "a red house" for prop in props)
    plain = studio.http.post("/api/workflows/import", files={"file": ("a.png", png())})
    assert (plain.status_code, plain.json()["code"]) == (422, "invalid_workflow")


def test_a_mask_is_stored_as_one_and_listed_apart(studio: Server) -> None:
    files = {"file": ("mask.png", png(), "image/png")}
    sent = studio.http.post("/api/assets", files=files, params={"kind": "mask"})
    assert (sent.status_code, sent.json()["kind"]) == (201, "mask")
    listed = studio.get("/api/assets", params={"kind": "image", "limit": 200})["items"]
    assert sent.json()["id"] not in {asset["id"] for asset in listed}
    assert studio.http.get(sent.json()["thumbnail_url"]).status_code == 200
    odd = studio.http.post("/api/assets", files=files, params={"kind": "svg"})
    assert odd.status_code == 422


@pytest.mark.parametrize("send", [as_form, as_uri])
@pytest.mark.parametrize("depth", [130, 254, 400, 900])
def test_deeply_nested_metadata_breaks_neither_lists_nor_events(
    studio: Server, send: Send, depth: int
) -> None:
    info = PngInfo()
    info.add_text("qpyt", '{"a":' * depth + "1" + "}" * depth)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info)
    with listening(studio) as listener:
        asset = send(studio, buffer.getvalue()).raise_for_status().json()
        listener.hears("the upload", lambda event: event["type"] == "asset")
    assert asset["metadata"]["omitted"] == ["qpyt"]
    assert studio.get("/api/assets", params={"limit": 1})["items"][0]["id"] == asset["id"]
