"""The pages of nets, as they are rendered."""

from __future__ import annotations

import html
from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio

NET = 'name: "<b>&amp;"\nlayer { name: "a" type: "Input" top: "a" input_param { shape { dim: 1 } } }\n'


def test_list_and_its_empty_state(client: TestClient, root: Path) -> None:
    page = client.get("/nets").text
    assert "No nets yet" in page
    assert "layerzoo new DIR -data PATH" in page
    (root / "my net.prototxt").write_text(NET)
    page = client.get("/nets").text
    assert "/nets/edit?path=my%20net.prototxt" in page
    assert "/train?net=my%20net.prototxt" in page
    assert "&lt;b&gt;" in page
    assert "No net matches" in client.get("/nets?search=nothing").text


def test_form_of_a_new_net_can_be_filled_by_the_address(client: TestClient) -> None:
    page = client.get("/nets?data=pets&model=zoo:lenet-digits").text
    assert 'value="pets"' in page
    assert 'data-model="zoo:lenet-digits"' in page


def test_editor_has_the_text_as_it_is(client: TestClient, root: Path) -> None:
    text = "\n\n  \n" + NET + "</textarea><script>x</script>\n"
    (root / "net.prototxt").write_text(text)
    page = client.get("/nets/edit?path=net.prototxt").text
    inside = page.partition("<textarea")[2].partition(">\n")[2].partition("</textarea>")[0]
    assert html.unescape(inside) == text
    assert "<script>x" not in page
    assert "layerzoo check -model net.prototxt" in page


def test_editor_starts_what_it_asks(client: TestClient, studio: Studio) -> None:
    assert studio.workers.quick.pid is studio.workers.whole.pid is None
    client.get("/nets/edit")
    started = studio.workers.quick.pid, studio.workers.whole.pid
    assert None not in started
    client.get("/nets/edit")
    assert (studio.workers.quick.pid, studio.workers.whole.pid) == started


def test_editor_of_solvers_shipped_configs_and_new_nets(client: TestClient, root: Path) -> None:
    (root / "solver.yaml").write_text("net: a.yaml\nbase_lr: 1\n")
    page = client.get("/nets/edit?path=solver.yaml").text
    assert "/train?solver=solver.yaml" in page
    shipped = client.get("/nets/edit?config=configs/lenet_solver.yaml").text
    assert "Copy to change it" in shipped
    assert 'id="save"' not in shipped
    assert 'data-path=""' in client.get("/nets/edit").text
    assert client.get("/nets/edit?path=../x.yaml").status_code == 403


def test_differences(client: TestClient, root: Path) -> None:
    (root / "a.prototxt").write_text(NET)
    (root / "b.prototxt").write_text(NET.replace("dim: 1", "dim: 2"))
    page = client.get("/nets/diff?old=a.prototxt&new=b.prototxt").text
    assert "layerzoo diff a.prototxt b.prototxt" in page
    assert '<span class="minus">' in page
    assert "1 difference<" in page
    same = client.get("/nets/diff?old=a.prototxt&new=a.prototxt").text
    assert "Both say the same" in same
