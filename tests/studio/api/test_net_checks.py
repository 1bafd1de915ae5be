"""What an editor asks, over the API."""

from __future__ import annotations

import sys
from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.app import application
from layerzoo.studio.security import Accounts
from layerzoo.studio.studio import Studio
from tests.studio.browser.test_nets import NET


def test_check_answers_faults_layers_totals_and_picture(client: TestClient) -> None:
    answer = client.post("/api/nets/check", json={"text": NET, "path": "net.prototxt"}).json()
    assert answer["faults"] == []
    assert answer["net"]["totals"]["params"] == 36
    assert answer["net"]["pictures"][0]["svg"].startswith("<svg")
    wrong = NET.replace("num_output", "num_outptu")
    fault = client.post("/api/nets/check", json={"text": wrong, "draw": False}).json()["faults"][0]
    assert (fault["line"], fault["column"]) == (8, 25)
    assert "num_output" in fault["fix"]
    plain = client.post("/api/nets/check", json={"text": NET, "draw": False}).json()
    assert plain["net"]["pictures"] == []


def test_this_process_never_imports_torch(client: TestClient) -> None:
    if "torch" in sys.modules:
        return  # another test has; the browser tests measure the server itself
    assert client.post("/api/nets/check", json={"text": NET}).status_code == 200
    assert "torch" not in sys.modules


def test_paths_stay_below_the_roots(client: TestClient) -> None:
    for path in ("../net.prototxt", "/etc/net.prototxt"):
        for name, more in (
            ("check", {}),
            ("complete", {"offset": 0}),
            ("hover", {"offset": 0}),
            ("format", {}),
        ):
            body = {"text": NET, "path": path, **more}
            assert client.post(f"/api/nets/{name}", json=body).status_code == 403, (name, path)
    assert client.post("/api/nets/check", json={"text": "", "config": "../x"}).status_code == 404


def test_completion_hover_format_and_explain(client: TestClient) -> None:
    text = 'layer { type: "Sigm'
    found = client.post("/api/nets/complete", json={"text": text, "offset": len(text)}).json()
    assert found["items"][0]["label"] == "Sigmoid"
    hover = client.post("/api/nets/hover", json={"text": NET, "offset": NET.index("ReLU")}).json()
    assert "relu_param" in hover["text"]
    assert client.post("/api/nets/hover", json={"text": "\n\n", "offset": 1}).json()["text"] == ""
    body = {"text": "layer{}", "path": "a.prototxt"}
    assert client.post("/api/nets/format", json=body).json() == {"text": "layer {}\n"}
    refused = client.post("/api/nets/format", json={**body, "text": "layer {"})
    assert refused.status_code == 400
    assert "prototxt:1" in refused.json()["error"]
    assert "kernel_size" in client.get("/api/nets/explain?name=Convolution").json()["text"]
    assert "did you mean" in client.get("/api/nets/explain?name=Convoluton").json()["error"]


def test_viewers_check_files_only(client: TestClient, studio: Studio, root: Path, tmp_path: Path) -> None:
    from layerzoo.studio.security.accounts import hashed

    accounts = tmp_path / "accounts"
    accounts.write_text(f"eve:view:{hashed('a long password')}\n")
    accounts.chmod(0o600)
    studio.accounts = Accounts.load(accounts)
    (root / "net.prototxt").write_text(NET)
    viewer = TestClient(application(studio), "http://127.0.0.1:8765")
    origin = {"origin": "http://127.0.0.1:8765"}
    login = viewer.post("/login", json={"name": "eve", "password": "a long password"}, headers=origin)
    assert login.status_code == 200, login.text
    page = viewer.get("/nets/edit?path=net.prototxt").text
    token = page.partition('data-csrf="')[2].partition('"')[0]
    headers = {**origin, "x-csrf-token": token}
    other = "layer { }"
    seen = viewer.post(
        "/api/nets/check", json={"text": other, "path": "net.prototxt"}, headers=headers
    ).json()
    assert seen["net"]["name"] == "tiny"
    assert viewer.post("/api/nets/check", json={"text": other}, headers=headers).status_code == 403
    for name in ("complete", "hover"):
        body = {"text": other, "offset": 1}
        assert viewer.post(f"/api/nets/{name}", json=body, headers=headers).status_code == 403
    assert 'id="save"' not in page
    assert "readonly" in page


def test_texts_of_users_read_no_files_outside_the_roots(
    client: TestClient, studio: Studio, root: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("subnet:\n- {name: hidden_name, layer: [{name: a, type: Input, top: a}]}\n")
    text = f'include: "{secret}"\nlayer {{ type: "Call" subnet_param {{ net: "'
    ask = studio.workers.quick.ask
    values = {"text": text, "offset": len(text), "path": str(root / "net.prototxt")}
    assert "hidden_name" in str(ask("complete", **values))
    assert "hidden_name" not in str(ask("complete", folders=[str(root)], **values))
    (root / "blocks.yaml").write_text(secret.read_text())
    values["text"] = text.replace(str(secret), "blocks.yaml")
    values["offset"] = len(values["text"])
    assert "hidden_name" in str(ask("complete", folders=[str(root)], **values))
