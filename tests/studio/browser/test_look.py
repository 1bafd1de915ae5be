"""The page Look, in a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from layerzoo.data.datasets.digits import Digits
from tests.studio.browser.conftest import Served, Watched
from tests.studio.browser.looking import violations

pytestmark = pytest.mark.browser

SLOW = 60_000
"""The worker imports torch before its first answer."""


def digits(folder: Path, wanted: list[int]) -> list[Path]:
    """Pictures of digits."""
    folder.mkdir(exist_ok=True)
    images, labels = Digits().load("test")
    paths = []
    for place, digit in enumerate(wanted):
        pixels = images[int(np.argmax(labels == digit))][0]
        paths.append(folder / f"{place}-{digit}.png")
        Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(paths[-1])
    return paths


def test_first_look_offers_nets(page: Watched) -> None:
    view = page.go("/look")
    expect(view.get_by_text("No run has written weights yet")).to_be_visible()
    assert violations(page) == []
    view.get_by_role("link", name="lenet-digits@1").click()
    expect(view.get_by_role("tab", name="Pictures")).to_be_visible(timeout=SLOW)


def test_pictures_are_answered_explained_and_looked_into(page: Watched, served: Served) -> None:
    seven, three = digits(served.root / "digits", [7, 3])
    view = page.go("/look?zoo=lenet-digits")
    expect(view.get_by_role("tab", name="Pictures")).to_be_visible(timeout=SLOW)
    view.locator("#files").set_input_files(seven)
    expect(view.locator("#answer b").first).to_have_text("7")
    expect(view.locator("#answer meter")).to_have_count(5)
    assert violations(page) == []
    view.get_by_role("tab", name="Why").click()
    expect(view.locator("#why-answer figure")).to_have_count(3, timeout=SLOW)
    expect(view.locator("#why-answer img").first).to_have_js_property("complete", value=True)
    assert violations(page) == []
    view.get_by_role("tab", name="Layers").click()
    expect(view.locator("#layers-answer figure[data-kind=activations]").first).to_be_visible(timeout=SLOW)
    view.get_by_label("Search layers").fill("conv1")
    expect(view.locator("#layers-answer figure:visible")).to_have_count(2)
    assert violations(page) == []
    view.get_by_role("tab", name="Pictures").click()
    view.locator("#path").fill("digits")
    view.get_by_role("button", name="Open").click()
    expect(view.locator("#rows tr")).to_have_count(3)
    view.get_by_role("button", name=f"Show {three.name}").click()
    expect(view.locator("#answer b").first).to_have_text("3")
    view.get_by_role("button", name="Clear").click()
    expect(view.locator("#seen")).to_be_hidden()
    view.get_by_role("button", name="Undo").click()
    expect(view.locator("#rows tr")).to_have_count(3)
    assert violations(page) == []


def test_file_that_is_no_picture_is_told(page: Watched, served: Served) -> None:
    page.allowed.append("400")
    (served.root / "x.png").write_text("<script>alert(1)</script>")
    view = page.go("/look?zoo=lenet-digits")
    expect(view.get_by_role("tab", name="Pictures")).to_be_visible(timeout=SLOW)
    view.locator("#files").set_input_files(served.root / "x.png")
    expect(view.locator(".toast.bad")).to_contain_text("this is no picture")


def test_test_set_opens_the_pictures_behind_a_cell(page: Watched) -> None:
    view = page.go("/look?zoo=mlp-digits#test")
    view.get_by_role("button", name="Test the net").click(timeout=SLOW)
    cell = view.locator(".confusion button[aria-label*='taken for']").first
    expect(cell).to_be_visible(timeout=SLOW)
    cell.click()
    expect(view.locator("#behind li")).to_have_count(int(cell.inner_text()))
    expect(view.get_by_role("heading", name="Worst mistakes")).to_be_visible()
    assert violations(page) == []
    view.get_by_role("tab", name="Embedding").click()
    view.get_by_role("button", name="Compute").click()
    canvas = view.locator(".plane canvas")
    expect(canvas).to_be_visible(timeout=SLOW)
    canvas.focus()
    view.keyboard.press("ArrowRight")
    expect(view.locator(".plane aside .tile-picture")).to_be_visible()
    assert violations(page) == []


def test_text_goes_on(page: Watched) -> None:
    view = page.go("/look?zoo=char-transformer")
    view.get_by_role("button", name="Go on").click(timeout=SLOW)
    expect(view.locator(".said")).to_have_count(2, timeout=SLOW)
    assert violations(page) == []
