"""Reports over a test set, as jobs."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.cli.main import main
from layerzoo.studio.studio import Studio

NET = {"zoo": "mlp-digits"}


def test_report_is_a_command_whose_files_are_served(
    client: TestClient, studio: Studio, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = client.post("/api/look/reports", json={"net": NET}).json()
    job = studio.queue.job(made["job"]["id"])
    assert job.order.command[:3] == ["evaluate", "-zoo", "mlp-digits@1"]
    assert job.order.kind == "look"
    monkeypatch.chdir(job.order.folder)
    assert main([*job.order.command, "-gpu", "none"]) == 0
    report = client.get(f"/api/look/results/{made['results']}/report.json").json()
    assert report["samples"] == 360
    samples = client.get(f"/api/look/results/{made['results']}/samples.json").json()
    assert client.get(f"/api/look/results/{made['results']}/{samples['sheets'][0]}").status_code == 200
    listed = client.get("/api/look/reports?zoo=mlp-digits").json()["reports"]
    assert [(one["what"], one["results"]) for one in listed] == [("evaluate", made["results"])]
    assert client.get("/api/look/reports?zoo=lenet-digits").json()["reports"] == []


def test_embeddings_take_layer_method_and_count(client: TestClient, studio: Studio, home: Path) -> None:
    asked = {"net": NET, "what": "embeddings", "layer": "ip1", "most": 20}
    made = client.post("/api/look/reports", json=asked).json()
    command = studio.queue.job(made["job"]["id"]).order.command
    assert main([*command, "-gpu", "none"]) == 0
    figures = client.get(f"/api/look/results/{made['results']}/figures.json").json()["figures"]
    assert figures[0]["data"]["layer"] == "ip1"
    assert len(figures[0]["data"]["places"]) == 20


def test_values_that_are_refused(client: TestClient, home: Path) -> None:
    for asked in ({"most": 2}, {"layer": "-out"}, {"method": "umap"}, {"what": "rm"}):
        assert client.post("/api/look/reports", json={"net": NET, **asked}).status_code == 400
