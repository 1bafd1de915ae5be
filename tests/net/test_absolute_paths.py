"""Absolute paths of a net's sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.loader import parse_net
from layerzoo.net.absolute_paths import with_absolute_paths

NET = """
layer {{ name: "a" type: "ImageData" top: "x"
        image_data_param {{ source: "{0}" root_folder: "{1}" batch_size: 1 }} }}
layer {{ name: "b" type: "NoSuchLayer" top: "y" }}
"""


def paths(text: str, folder: Path | None) -> tuple[str, str]:
    param = with_absolute_paths(parse_net(text).message, folder).layer[0].image_data_param
    return param.source, param.root_folder


def test_paths_beside_the_config_or_in_the_working_folder_become_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "configs/images").mkdir(parents=True)
    (tmp_path / "configs/list.txt").write_text("a.png 0\n")
    (tmp_path / "other.txt").write_text("a.png 0\n")
    monkeypatch.chdir(tmp_path)
    beside = paths(NET.format("list.txt", "images/"), Path("configs"))
    assert beside == (str(tmp_path / "configs/list.txt"), f"{tmp_path}/configs/images/"), (
        "a prefix keeps its /"
    )
    assert paths(NET.format("other.txt", "images"), None) == (str(tmp_path / "other.txt"), "images")


def test_paths_that_are_absolute_missing_or_of_the_package_stay(tmp_path: Path) -> None:
    for source in ("/no/list.txt", "missing.txt", "char_lstm_train.txt"):
        assert paths(NET.format(source, ""), tmp_path)[0] == source


def test_the_net_itself_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("")
    net = parse_net(NET.format("list.txt", "")).message
    with_absolute_paths(net, tmp_path)
    assert net.layer[0].image_data_param.source == "list.txt"
