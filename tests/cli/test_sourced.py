"""The data that commands are asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.sourced import read_all, sources_in
from layerzoo.errors import ConfigError, DataError
from tests.data_report.photos import net_text, photos


def test_net_solver_and_folder_are_sources(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos")
    net, solver = tmp_path / "net.yaml", tmp_path / "solver.yaml"
    net.write_text(net_text(folder))
    solver.write_text(
        f"net: {net}\nbase_lr: 1\nlr_policy: fixed\nmax_iter: 1\nrandom_seed: 5\n"
        "test_iter: [1]\ntest_interval: 1\n"
    )
    for path, seed in ((net, 0), (solver, 5), (folder, 0)):
        sources, found = sources_in(str(path))
        assert [source.phase for source in sources] == ["TRAIN", "TEST"]
        assert found == seed
        assert [each.count for each in read_all(sources, 2)] == [12, 10]


def test_what_has_no_data_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }')
    with pytest.raises(DataError, match="no data layers; name a net, a solver, a folder"):
        sources_in(str(path))
    with pytest.raises(ConfigError):
        sources_in(str(tmp_path / "missing.yaml"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        read_all(sources_in(str(tmp_path / "empty"))[0], 0)
