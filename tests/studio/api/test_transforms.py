"""The service of transforms."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio
from tests.studio.datasets.test_finding import pets


def test_controls_give_text_and_pictures(client: TestClient, root: Path, studio: Studio) -> None:
    pets(root / "pets")
    body = {"path": "pets", "values": {"mirror": 1, "crop": 20}, "rows": 1, "columns": 2}
    answer = client.post("/api/data/augment", json=body).json()
    assert answer["transform"] == "crop_size: 20\nmirror: true"
    assert answer["yaml"].startswith("transform_param:")
    assert answer["shape"] == [1, 3, 20, 20]
    assert len(answer["samples"][0]["variants"]) == 2
    fault = client.post("/api/data/augment", json={"path": "pets", "transform": "crop: 20"})
    assert fault.status_code == 400
    assert "transform_param:1:1: unknown field 'crop'" in fault.json()["error"]
    studio.datasets.previews.close()
