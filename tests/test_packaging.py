"""What is installed: one import name, and everything that it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from configparser import ConfigParser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]


def _requirements() -> list[str]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    lists = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    lines = [line for text in lists for line in text.split("\n") if line and not line.startswith("layerzoo[")]
    return [re.split(r"[<>=!~;]", line)[0] for line in lines]


def _constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, made from a copy, as a clone would make them."""
    folder = tmp_path_factory.mktemp("packaging")
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "conformance")
    shutil.copytree(ROOT, folder / "copy", symlinks=True, ignore=ignored)
    code = "from setuptools import build_meta as b; b.build_wheel('../out'); b.build_sdist('../out')"
    subprocess.run([sys.executable, "-c", code], cwd=folder / "copy", check=True, capture_output=True)
    return folder / "out"


@pytest.fixture(scope="module")
def wheel(built: Path) -> ZipFile:
    (found,) = built.glob("layerzoo-*-py3-none-any.whl")
    return ZipFile(found)


def test_every_requirement_has_an_exact_version() -> None:
    required, exact = _requirements(), _constraints()
    assert len(required) > 15
    assert {name for name in required if name.lower() not in map(str.lower, exact)} == set()
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", number) for number in exact.values())


def test_only_layerzoos_links_lead_out_of_its_folder() -> None:
    links = {p.name: p.readlink() for p in (ROOT / "layerzoo").iterdir() if p.is_symlink()}
    assert {name: str(link) for name, link in links.items()} == {
        "cli": "../cli",
        "configs": "../configs",
        "model_zoo": "../model_zoo",
    }


def test_the_wheel_holds_one_import_name(wheel: ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {re.sub(r"-[0-9.]+\.dist-info", "", top) for top in tops} == {"layerzoo"}
    assert not [n for n in wheel.namelist() if n.endswith((".pyc", "~")) or "/tests/" in n]


def test_the_wheel_holds_code_configs_and_data(wheel: ZipFile) -> None:
    held = set(wheel.namelist())
    folder = ROOT / "layerzoo"
    files = {
        f"layerzoo/{path.relative_to(folder)}"
        for top in [folder, *(p for p in folder.iterdir() if p.is_symlink())]
        for path in top.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"layerzoo/cli/main.py", "layerzoo/py.typed", "layerzoo/generated/comments.json"} <= files
    assert any(name.startswith("layerzoo/configs/") for name in files)
    assert files - held == set()


def test_an_installed_copy_finds_its_configs_from_any_folder(wheel: ZipFile, tmp_path: Path) -> None:
    site = tmp_path / "site"
    wheel.extractall(site)
    (entry,) = site.glob("*.dist-info/entry_points.txt")
    assert "layerzoo = layerzoo.cli.main:main" in entry.read_text()

    def convert() -> str:
        code = (
            "import layerzoo, sys; assert layerzoo.__file__.startswith(sys.argv[1]); "
            "from layerzoo.cli.main import main; "
            "sys.exit(main(['convert', 'configs/lenet_solver.yaml', 'out.prototxt']))"
        )
        environment = {**os.environ, "PYTHONPATH": str(site)}
        subprocess.run([sys.executable, "-c", code, site], cwd=tmp_path, env=environment, check=True)
        return (tmp_path / "out.prototxt").read_text()

    assert 'net: "lenet_train_test.yaml"' in convert()
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/lenet_solver.yaml").write_text("net: mine.yaml\n")
    assert convert() == 'net: "mine.yaml"\n'


def test_the_sdist_holds_what_a_build_and_a_test_need(built: Path) -> None:
    (found,) = built.glob("layerzoo-*.tar.gz")
    with tarfile.open(found) as archive:
        held = {"/".join(name.split("/")[1:]) for name in archive.getnames()}
    needed = (
        "setup.cfg pyproject.toml LICENSE constraints.txt proto/layerzoo.proto scripts/test tests/conftest.py"
    )
    assert set(needed.split()) - held == set()
    assert "layerzoo/cli/main.py" in held
