"""Data in a browser: a folder of pictures becomes a data set, is looked at, and transforms are tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.studio.browser.conftest import Served, Watched
from tests.studio.browser.looking import violations
from tests.studio.datasets.test_finding import pets

pytestmark = pytest.mark.browser

LONG = 120_000


def test_uploaded_folder_becomes_a_set_to_train_on(page: Watched, served: Served, tmp_path: Path) -> None:
    folder = pets(tmp_path / "my pets", 6)
    (folder / "cat" / "0.png").rename(folder / "cat" / f"{'long ' * 24}ü.png")
    view = page.go("/data")
    assert violations(page) == []
    view.locator("#pick-folder").set_input_files(folder)
    expect(view.get_by_label("Name", exact=True)).to_have_value("my pets")
    expect(view.locator("#picked-classes li")).to_have_text(["cat (6)", "dog (6)"], use_inner_text=True)
    view.get_by_role("button", name="Upload").click()
    expect(view.locator("#samples li")).to_have_count(12, timeout=LONG)
    assert len(list((served.root / "my pets" / "cat").iterdir())) == 6
    assert violations(page) == []
    view.get_by_role("button", name="Show samples of dog").click()
    expect(view.locator("#samples li")).to_have_count(6)
    path = served.root / "my pets"
    href = view.get_by_role("link", name="Train a net on this").get_attribute("href")
    assert href == f"/train?data={str(path).replace(' ', '%20')}"
    view.go_back()
    page.go("/data")
    expect(view.locator(".card")).to_contain_text("12 samples · 2 classes")


def test_digits_come_with_one_click(page: Watched, served: Served) -> None:
    view = page.go("/data")
    view.get_by_role("button", name="Begin with digits").click()
    expect(view.get_by_role("heading", name="digits")).to_be_visible(timeout=LONG)
    expect(view.get_by_text("1,797", exact=True)).to_be_visible(timeout=LONG)


def test_interrupted_upload_goes_on(page: Watched, served: Served, tmp_path: Path) -> None:
    folder = pets(tmp_path / "pets", 3)
    view = page.go("/data")
    page.allowed = ["Failed to load resource"]
    failed: list[str] = []

    def fail_once(route: object) -> None:
        failed.append("")
        route.abort() if len(failed) == 1 else route.continue_()  # type: ignore[attr-defined]

    view.route("**/api/uploads/*?offset=*", fail_once)
    view.locator("#pick-folder").set_input_files(folder)
    view.get_by_role("button", name="Upload").click()
    expect(view.get_by_role("heading", name="pets", exact=True)).to_be_visible(timeout=LONG)
    assert len(failed) == 2
    assert sorted(path.name for path in (served.root / "pets").iterdir()) == ["cat", "dog"]


def test_sliders_write_a_transform(page: Watched, served: Served) -> None:
    path = pets(served.root / "pets", 3)
    view = page.go(f"/data/augment?path={path}")
    expect(view.locator("#variants tbody tr")).to_have_count(4, timeout=LONG)
    before = view.locator("#variants tbody img").nth(1).get_attribute("src")
    view.get_by_label("Rotation").fill("45")
    view.get_by_label("Mirror").check()
    expect(view.locator("#transform")).to_have_value(
        "mirror: true\nwarp_param { max_rotation: 45 }", timeout=LONG
    )
    expect(view.locator("#as-yaml")).to_contain_text("max_rotation: 45")
    expect(view.locator("#command")).to_contain_text("-transform 'mirror: true warp_param")
    assert view.locator("#variants tbody img").nth(1).get_attribute("src") != before
    assert violations(page) == []
    page.allowed = ["status of 400"]
    view.locator("#transform").fill("miror: true")
    expect(view.locator("#augment-fault")).to_contain_text("did you mean 'mirror'?", timeout=LONG)


@pytest.mark.parametrize("where", ["/data", "/data/set?path=", "/data/augment?path="])
def test_pages_fit_a_phone(page: Watched, served: Served, where: str) -> None:
    path = pets(served.root / "pets", 3)
    page.page.set_viewport_size({"width": 360, "height": 740})
    view = page.go(f"{where}{path}" if where.endswith("=") else where)
    expect(view.locator("#samples, #variants tbody tr, .card").first).to_be_visible(timeout=LONG)
    assert view.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_dropped_pictures_are_put_into_a_class(page: Watched, served: Served, tmp_path: Path) -> None:
    folder = pets(tmp_path / "pets", 2)
    view = page.go("/data")
    for name in ("cat", "dog"):
        data = [list(file.read_bytes()) for file in sorted((folder / name).iterdir())]
        view.locator("#drop").evaluate(
            """(drop, [name, files]) => {
                const dataTransfer = new DataTransfer();
                files.forEach((bytes, place) => dataTransfer.items.add(
                    new File([new Uint8Array(bytes)], `${name}${place}.png`, { type: "image/png" })));
                drop.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
            }""",
            [name, data],
        )
    expect(view.locator("#picked-text")).to_contain_text("4 files")
    view.get_by_label("Class of the pictures without a folder").fill("animal/s")
    view.get_by_label("Name", exact=True).fill("drop")
    view.get_by_role("button", name="Upload").click()
    expect(view.get_by_role("heading", name="drop", exact=True)).to_be_visible(timeout=LONG)
    assert len(list((served.root / "drop" / "animal_s").iterdir())) == 4
