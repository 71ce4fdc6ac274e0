"""The routes that report the claims of an image: of a file that is sent, and of an asset."""

from __future__ import annotations

from tests.in_process import InProcess, data_uri, png

KEYS = {"sentences", "contradicted", "c2pa", "digital_source_type", "source", "prompt", "steps"}


async def test_the_routes_report_a_sent_file_and_a_stored_one(desk: InProcess) -> None:
    sent = await desk.http.post("/api/assets/verify", json={"data": data_uri(png())})
    assert sent.status_code == 200, sent.text
    assert sent.json().keys() >= KEYS
    form = await desk.http.post("/api/assets/verify", files={"file": ("a.png", png())})
    assert form.json() == sent.json()
    asset = (await desk.http.post("/api/assets", json={"data": data_uri(png())})).json()
    stored = await desk.http.get(f"/api/assets/{asset['id']}/provenance")
    assert stored.json() == sent.json()
    junk = await desk.http.post("/api/assets/verify", json={"data": "data:image/png;base64,AAAA"})
    assert junk.status_code == 422
    absent = await desk.http.get("/api/assets/01K0/provenance")
    assert absent.status_code == 404
