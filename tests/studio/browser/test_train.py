"""Training by the form, and the queue, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.studio.browser.conftest import Served, Watched
from tests.studio.browser.looking import violations
from tests.studio.runs import write_run

pytestmark = pytest.mark.browser

NET = """name: Tiny
layer:
  - {name: data, type: DummyData, top: data, dummy_data_param: {shape: {dim: [4, 3]}}}
  - {name: out, type: InnerProduct, bottom: data, top: out, inner_product_param: {num_output: 2}}
  - {name: loss, type: EuclideanLoss, bottom: [out, out], top: loss}
"""
SOLVER = """net: net.yaml
type: SGD
base_lr: 0.1
lr_policy: fixed
max_iter: 1000000
max_time: 300
display: 1000
snapshot_prefix: tiny
solver_mode: CPU
"""


def _project(served: Served) -> None:
    folder = served.root / "tiny"
    folder.mkdir()
    (folder / "net.yaml").write_text(NET)
    (folder / "solver.yaml").write_text(SOLVER)


def test_form_follows_what_is_typed(page: Watched, served: Served) -> None:
    _project(served)
    view = page.go("/train")
    assert violations(page) == []
    view.get_by_role("link", name="tiny/solver.yaml").click()
    expect(view.locator("#schedule canvas")).to_be_visible()
    expect(view.locator("#wanted")).to_contain_text("snapshot_prefix=tiny/runs/tiny")
    expect(view.get_by_label("Gamma", exact=True)).to_be_hidden()
    view.get_by_label("Policy", exact=True).select_option("step")
    expect(view.get_by_text("needs gamma")).to_be_visible()
    view.get_by_label("Gamma", exact=True).fill("0.5")
    view.get_by_label("Step size, in iterations", exact=True).fill("100")
    expect(view.get_by_text("needs gamma")).to_be_hidden()
    expect(view.locator("#wanted")).to_contain_text("-set lr_policy=step -set gamma=0.5")
    view.get_by_label("What Base learning rate means").click()
    expect(view.get_by_text("The learning rate that lr_policy starts from")).to_be_visible()
    view.get_by_label("Base learning rate", exact=True).fill("0.1, 0.01")
    expect(view.get_by_text("2 trainings.")).to_be_visible()
    expect(view.locator("#wanted")).to_contain_text("layerzoo tune tiny/runs/tiny_tune.yaml")
    assert violations(page) == []


def test_training_is_started_paused_resumed_and_stopped(page: Watched, served: Served) -> None:
    _project(served)
    view = page.go("/train?solver=tiny/solver.yaml")
    view.get_by_label("Name", exact=True).fill("first")
    view.get_by_role("button", name="Train", exact=True).click()
    expect(view.get_by_role("heading", name="first")).to_be_visible(timeout=120_000)
    expect(view.locator("#job-head .state")).to_have_text("running", timeout=60_000)
    expect(view.locator("#output")).to_contain_text("Iteration", timeout=120_000)
    page.go("/queue")
    view.get_by_role("button", name="Pause first").click()
    expect(view.locator(".state", has_text="paused")).to_be_visible(timeout=120_000)
    assert violations(page) == []
    view.get_by_role("button", name="Resume first").click()
    expect(view.locator(".state", has_text="running")).to_be_visible(timeout=60_000)
    view.get_by_role("button", name="Stop first").click()
    expect(view.locator(".state", has_text="stopped")).to_be_visible(timeout=120_000)
    view.get_by_role("button", name="Remove first").click()
    expect(view.get_by_role("link", name="first")).to_be_hidden()
    view.get_by_role("button", name="Undo").last.click()
    expect(view.get_by_role("link", name="first")).to_be_visible()


def test_fault_of_the_check_stands_at_its_field(page: Watched, served: Served) -> None:
    _project(served)
    view = page.go("/train?solver=tiny/solver.yaml")
    momentum = view.get_by_label("Momentum", exact=True)
    momentum.fill("3")
    view.get_by_role("button", name="Train", exact=True).click()
    expect(momentum).to_have_attribute("aria-invalid", "true", timeout=120_000)
    expect(momentum).to_be_focused()
    momentum.fill("0.9")
    view.get_by_role("button", name="Check", exact=True).click()
    expect(view.get_by_text("Memory for training")).to_be_visible(timeout=120_000)


def test_run_is_trained_further_or_published_by_dialogs(page: Watched, served: Served) -> None:
    folder = write_run(served.root, "one")
    (folder / "iter_100").mkdir()
    (folder / "iter_100" / "weights.safetensors").write_bytes(b"w")
    view = page.page
    view.get_by_role("link", name="one").click(timeout=30_000)
    view.get_by_role("button", name="Train further").first.click()
    expect(view.get_by_role("heading", name="Train further")).to_be_visible()
    assert violations(page) == []
    view.keyboard.press("Escape")
    view.get_by_role("button", name="Publish").click()
    expect(view.get_by_role("heading", name="Publish in the local zoo")).to_be_visible()
    assert violations(page) == []
    view.get_by_role("button", name="Cancel").click()
    view.set_viewport_size({"width": 360, "height": 740})
    for path in ("/train", "/queue"):
        page.go(path)
        assert view.evaluate("document.documentElement.scrollWidth") <= 360
