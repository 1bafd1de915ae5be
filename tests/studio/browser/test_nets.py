"""The list of nets and the editor, in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.studio.browser.conftest import Served, Watched
from tests.studio.browser.looking import violations

pytestmark = pytest.mark.browser

NET = """\
name: "tiny"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 8 } } }
layer {
  name: "fc"
  type: "InnerProduct"
  bottom: "data"
  top: "fc"
  inner_product_param { num_output: 4 }
}
layer { name: "act" type: "ReLU" bottom: "fc" top: "fc" }
"""
BLOCKS = """\
name: blocky
subnet:
- name: pair
  layer:
  - {name: x, type: Input, top: x}
  - {name: a, type: InnerProduct, bottom: x, top: a, inner_product_param: {num_output: 3}}
  - {name: b, type: InnerProduct, bottom: a, top: b, inner_product_param: {num_output: 3}}
layer:
- {name: in, type: Input, top: in, input_param: {shape: {dim: [1, 3]}}}
- {name: p, type: Call, bottom: in, top: out, subnet_param: {net: pair}}
"""
SLOW = 60_000
"""Milliseconds that the first check may take on a busy machine: it loads torch."""


def edit(page: Watched, served: Served, text: str = NET, name: str = "net.prototxt") -> tuple[Page, Path]:
    """The editor of a file, checked once."""
    path = served.root / name
    path.write_text(text)
    view = page.go(f"/nets/edit?path={name}")
    expect(view.locator("#picture svg")).to_be_visible(timeout=SLOW)
    return view, path


def type_at(view: Page, before: str, text: str) -> None:
    """Type a text behind a part of the text."""
    view.locator("#text").evaluate(
        "(area, word) => { area.focus(); const at = area.value.indexOf(word) + word.length;"
        " area.setSelectionRange(at, at); }",
        before,
    )
    view.keyboard.type(text)


def test_faults_appear_as_you_type_and_the_picture_stays(page: Watched, served: Served) -> None:
    view, _ = edit(page, served)
    expect(view.locator("#checked")).to_have_text("no faults")
    expect(view.locator("#totals")).to_contain_text("36")  # 8 x 4 weights and 4 biases
    type_at(view, "num_output: 4", " num_outptu: 3")
    fault = view.locator("#fault-list button").first
    expect(fault).to_contain_text("num_outptu", timeout=SLOW)
    expect(fault).to_contain_text("8:")
    expect(fault.locator(".fix")).to_contain_text("num_output")
    expect(view.locator("#picture svg")).to_be_visible()
    expect(view.locator("#picture")).to_have_class("picture old")
    expect(view.locator(".overlay .t-fault")).to_have_text("num_outptu")
    expect(view.locator("#old-picture")).to_be_visible()
    assert violations(page) == []
    fault.click()
    assert (
        view.evaluate(
            "document.getSelection().toString() || text.value.slice(text.selectionStart, text.selectionEnd)"
        )
        == "num_outptu"
    )
    view.keyboard.press("Backspace")
    expect(view.locator("#fault-list button").first).not_to_contain_text("num_outptu", timeout=SLOW)


def test_completion_and_explanations(page: Watched, served: Served) -> None:
    view, _ = edit(page, served)
    type_at(view, 'bottom: "fc" top: "fc" }\n', 'layer { name: "s" type: "Sigm')
    option = view.get_by_role("option", name="Sigmoid", exact=False).first
    expect(option).to_be_visible(timeout=SLOW)
    expect(option).to_have_attribute("aria-selected", "true")
    view.keyboard.press("Enter")
    view.keyboard.type('"')
    assert 'type: "Sigmoid"' in view.locator("#text").input_value()
    type_at(view, 'type: "ReLU"', "")
    view.keyboard.press("ArrowLeft")
    view.keyboard.press("ArrowLeft")
    view.keyboard.press("F1")
    expect(view.get_by_role("tooltip")).to_contain_text("ReLU")
    view.keyboard.press("Escape")
    expect(view.get_by_role("tooltip")).to_be_hidden()


def test_picture_and_text_select_each_other(page: Watched, served: Served) -> None:
    view, _ = edit(page, served)
    view.locator(".box", has_text="fc").first.click()
    expect(view.get_by_role("heading", name="fc")).to_be_visible()
    expect(view.locator("#layer-facts")).to_contain_text("2 x 4")
    expect(view.locator("#explained")).to_contain_text("inner_product_param", timeout=SLOW)
    expect(view.locator(".overlay .band").first).to_contain_text("layer {")
    type_at(view, 'type: "Input"', "")
    expect(view.get_by_role("heading", name="data")).to_be_visible()
    expect(view.locator(".box.selected")).to_contain_text("data")
    view.locator("#picture").focus()
    view.keyboard.press("ArrowDown")
    expect(view.locator(".box.selected")).to_contain_text("fc")
    view.get_by_text("Layers", exact=True).click()
    view.get_by_role("button", name="act", exact=True).click()
    expect(view.get_by_role("heading", name="act")).to_be_visible()
    assert violations(page) == []


def test_blocks_open_and_unfold(page: Watched, served: Served) -> None:
    view, _ = edit(page, served, BLOCKS, "blocky.yaml")
    expect(view.locator(".box.block")).to_have_count(1)
    view.locator(".box.block").click()
    expect(view.locator(".box.common")).to_have_count(2)
    view.get_by_role("button", name="blocky").click()
    view.get_by_label("fold blocks").uncheck()
    expect(view.locator(".box.common")).to_have_count(2)
    expect(view.locator(".box.block")).to_have_count(0)


def test_save_undo_and_conflict(page: Watched, served: Served) -> None:
    page.allowed = ["409"]
    view, path = edit(page, served)
    type_at(view, 'name: "tiny', "er")
    expect(view.locator("#saved")).to_have_text("Not saved")
    view.keyboard.press("Control+s")
    expect(view.locator("#saved")).to_have_text("Saved")
    assert 'name: "tinyer"' in path.read_text()
    view.get_by_role("button", name="Undo").click()
    expect(view.locator("#saved")).to_have_text("Not saved")
    assert path.read_text() == NET
    path.write_text(NET.replace("num_output: 4", "num_output: 5"))
    view.get_by_role("button", name="Save", exact=True).click()
    dialog = view.get_by_role("dialog")
    expect(dialog).to_contain_text("has changed on disk")
    expect(dialog.locator(".minus").filter(has_text="num_output: 5")).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("button", name="Take the file's text").click()
    expect(view.locator("#saved")).to_have_text("Saved")
    assert "num_output: 5" in view.locator("#text").input_value()


def test_draft_survives_a_reload(page: Watched, served: Served) -> None:
    view, path = edit(page, served)
    type_at(view, 'name: "tiny', "er")
    view.reload()
    expect(view.get_by_text("Your draft is back")).to_be_visible()
    assert 'name: "tinyer"' in view.locator("#text").input_value()
    expect(view.locator("#saved")).to_have_text("Not saved")
    view.get_by_role("button", name="Undo").click()
    assert view.locator("#text").input_value() == NET == path.read_text()


def test_new_net_is_saved_under_a_name(page: Watched, served: Served) -> None:
    page.allowed = ["409", "400"]
    (served.root / "taken.yaml").write_text("name: taken\n")
    view = page.go("/nets/edit")
    expect(view.locator("#picture svg")).to_be_visible(timeout=SLOW)
    view.get_by_role("button", name="Save", exact=True).click()
    field = view.get_by_label("Path, ending in")
    field.fill("mine.txt")
    view.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(view.locator("#name-fault")).to_contain_text("must end in")
    field.fill("mine.yaml")
    view.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(view.get_by_role("heading", name="mine.yaml")).to_be_visible()
    assert (served.root / "mine.yaml").read_text() == view.locator("#text").input_value()
    view.get_by_role("link", name="Train this").evaluate("link => link.dataset.seen = link.href")
    view.get_by_role("link", name="Nets").click()
    expect(view.locator("#nets tbody tr")).to_have_count(1)


def test_list_clone_and_differences(page: Watched, served: Served) -> None:
    (served.root / "net.prototxt").write_text(NET)
    view = page.go("/nets")
    view.get_by_role("button", name="Clone net.prototxt").click()
    expect(view.locator("#nets tbody tr")).to_have_count(2)
    copy = served.root / "net_copy.prototxt"
    assert copy.read_text() == NET
    view.get_by_role("button", name="Undo").click()
    expect(view.locator("#nets tbody tr")).to_have_count(1)
    copy.write_text(NET.replace("num_output: 4", "num_output: 6"))
    view.reload()
    for name in ("net.prototxt", "net_copy.prototxt"):
        view.get_by_label(f"Pick {name}", exact=True).check()
    view.get_by_role("button", name="Compare").click()
    expect(view.get_by_label("Differences by meaning")).to_contain_text("num_output", timeout=SLOW)
    assert violations(page) == []


def test_copy_of_a_shipped_config(page: Watched, served: Served) -> None:
    view = page.go("/nets")
    expect(view.get_by_role("heading", name="No nets yet")).to_be_visible()
    view.get_by_label("Search shipped configs").fill("lenet_train_test.yaml")
    view.get_by_role("link", name="lenet_train_test.yaml", exact=True).click()
    expect(view.locator("#picture svg")).to_be_visible(timeout=SLOW)
    view.get_by_role("button", name="Copy to change it").click()
    expect(view.get_by_role("button", name="Save", exact=True)).to_be_visible(timeout=SLOW)
    assert (served.root / "lenet_train_test.yaml").is_file()


def test_new_net_for_data(page: Watched, served: Served) -> None:
    rows = "".join(f"{n % 7},{n % 5},{'ab'[n % 2]}\n" for n in range(200))
    (served.root / "table.csv").write_text(f"x,y,kind\n{rows}")
    view = page.go("/nets")
    view.get_by_role("link", name="Fine-tune lenet-digits").first.click()
    expect(view.locator("select[name=model]")).to_have_value(re.compile("^zoo:lenet-digits"))
    view.locator("input[name=data]").fill("table.csv")
    view.get_by_label("New folder").fill("mine")
    view.get_by_role("button", name="Make it").click()
    expect(view.locator("#new-fault")).to_contain_text("zoo", timeout=SLOW)  # it classifies images
    expect(view.locator("select[name=model]").locator("option", has_text="mlp").first).to_be_attached(
        timeout=SLOW
    )
    view.locator("select[name=model]").select_option("mlp")
    expect(view.locator("#command")).to_have_text("layerzoo new mine -data table.csv -model mlp")
    view.get_by_role("button", name="Make it").click()
    expect(view.locator("#picture svg")).to_be_visible(timeout=2 * SLOW)
    assert (served.root / "mine" / "solver.yaml").is_file()
    assert violations(page) == []


@pytest.mark.parametrize(("width", "height"), [(360, 740), (3840, 2160)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sizes_and_themes(page: Watched, served: Served, width: int, height: int, theme: str) -> None:
    page.page.evaluate(f"localStorage.setItem('theme', '{theme}')")
    page.page.set_viewport_size({"width": width, "height": height})
    view, _ = edit(page, served)
    view.locator(".box", has_text="fc").first.click()
    expect(view.locator("#explained")).to_contain_text("inner_product_param", timeout=SLOW)
    assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.go("/nets")
    assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_net_of_a_thousand_layers_stays_quick(page: Watched, served: Served) -> None:
    layers = [
        f'layer {{ name: "fc{n}" type: "InnerProduct" bottom: "{f"fc{n - 1}" if n else "data"}" top: "fc{n}"'
        " inner_product_param { num_output: 4 } }"
        for n in range(1000)
    ]
    head = NET.splitlines()[:2]
    view, _ = edit(page, served, "\n".join([*head, *layers]) + "\n", "deep.prototxt")
    expect(view.locator(".box")).to_have_count(1002)
    type_at(view, 'name: "fc500"', "")
    expect(view.locator(".box.selected")).to_contain_text("fc500")
    took = view.evaluate(
        """async () => {
          const area = document.getElementById("text");
          const begun = performance.now();
          for (let n = 0; n < 20; n++) {
            document.execCommand("insertText", false, " ");
            await new Promise(done => requestAnimationFrame(done));
          }
          return (performance.now() - begun) / 20;
        }"""
    )
    assert took < 250  # ms for a key; on a busy machine
