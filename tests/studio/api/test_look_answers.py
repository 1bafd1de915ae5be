"""Answers of nets over the API."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

NET = {"zoo": "lenet-digits"}


def test_pictures_are_classified_and_explained(client: TestClient, digit: Path, home: Path) -> None:
    found = client.post("/api/look/classify", json={"net": NET, "sources": ["seven.png"], "top": 2}).json()
    assert found["rows"][0]["guesses"][0]["label"] == "7"
    assert len(found["rows"][0]["guesses"]) == 2
    shown = client.post("/api/look/layers", json={"net": NET, "source": "seven.png"}).json()
    assert shown["figures"][0]["data"]["histogram"]
    why = client.post("/api/look/explain", json={"net": NET, "source": "seven.png"}).json()
    assert [one["kind"] for one in why["figures"]] == ["gradcam", "saliency"]
    assert why["facts"]["class"] == "7"
    for part in (shown, why):
        file = client.get(f"/api/look/results/{part['results']}/{part['figures'][0]['file']}")
        assert file.content.startswith(b"\x89PNG")
    bad = {"net": NET, "source": "seven.png", "label": "eleven"}
    assert "eleven" in client.post("/api/look/explain", json=bad).json()["error"]


def test_objects_and_pixels(client: TestClient, digit: Path, home: Path) -> None:
    asked = {"sources": ["seven.png"], "threshold": 0.01}
    rows = client.post("/api/look/detect", json={"net": {"zoo": "ssd-shapes"}, **asked}).json()["rows"]
    assert "objects" in rows[0]
    found = client.post(
        "/api/look/segment", json={"net": {"zoo": "unet-shapes"}, "sources": ["seven.png"]}
    ).json()
    assert client.get(f"/api/look/results/{found['results']}/{found['rows'][0]['file']}").status_code == 200


def test_texts(client: TestClient, home: Path) -> None:
    asked = {"net": {"zoo": "char-transformer"}, "text": "the ", "length": 10}
    assert len(client.post("/api/look/text", json=asked).json()["rows"][0]["more"]) == 10
    assert client.post("/api/look/text", json={**asked, "length": 10**6}).status_code == 400


def test_requests_are_bounded(client: TestClient, digit: Path, home: Path) -> None:
    for sources in ([], ["seven.png"] * 65):
        assert client.post("/api/look/classify", json={"net": NET, "sources": sources}).status_code == 400
    asked = {"net": NET, "sources": ["/etc/hostname"]}
    assert client.post("/api/look/classify", json=asked).status_code == 403
    asked = {"net": NET, "sources": ["seven.png"], "top": 0}
    assert client.post("/api/look/classify", json=asked).status_code == 400
    assert client.post("/api/look/samples", json={"net": NET}).status_code == 400
    assert client.post("/api/look/draw", json={"net": NET, "count": 0}).status_code == 400
