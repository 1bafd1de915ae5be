"""From a folder of pictures to a published net that classifies, in the browser alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.studio.browser.conftest import Served, Watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = 240_000


def pictures(folder: Path, count: int) -> Path:
    """Bright discs and dark bars."""
    rng = np.random.default_rng(1)
    for name in ("bars", "discs"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            grid = np.mgrid[:24, :24] - rng.integers(9, 15, (2, 1, 1))
            inside = np.hypot(*grid) < 7 if name == "discs" else np.abs(grid[0]) < 3
            level = np.where(inside, 200, 60)[..., None] + rng.integers(-20, 20, (24, 24, 3))
            Image.fromarray(level.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def test_from_pictures_to_a_published_net(page: Watched, served: Served, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "forms", 60)
    view = page.go("/data")
    view.locator("#pick-folder").set_input_files(folder)
    view.get_by_role("button", name="Upload").click()
    view.get_by_role("link", name="Train a net on this").click(timeout=LONG)
    view.get_by_label("Project folder, which is made").fill("forms-net")
    view.locator("#project").get_by_role("button", name="Go on").click()
    expect(view.get_by_role("heading", name="Train forms-net")).to_be_visible(timeout=LONG)
    view.get_by_role("button", name="Train", exact=True).click()
    view.get_by_role("link", name="Runs", exact=True).click(timeout=LONG)
    view.locator("td.name a").first.click(timeout=LONG)
    expect(view.locator("#facts .state")).to_have_text("done", timeout=LONG)
    expect(view.locator("#facts")).to_contain_text("Best accuracy")

    page.go("/zoo")
    view.get_by_role("button", name="Publish a run").click()
    dialog = view.get_by_role("dialog", name="Publish a run")
    dialog.get_by_label("Name").fill("forms")
    dialog.get_by_role("button", name="Publish").click()
    expect(view.get_by_role("link", name="forms", exact=True)).to_be_visible(timeout=LONG)

    for kind in ("bars", "discs"):
        page.go("/look?zoo=forms")
        expect(view.get_by_role("tab", name="Pictures")).to_be_visible(timeout=LONG)
        view.locator("#files").set_input_files(folder / kind / "0.png")
        expect(view.locator("#answer b").first).to_have_text(kind, timeout=LONG)
