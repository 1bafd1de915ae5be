from __future__ import annotations

from pathlib import Path

import pytest

import layerzoo.pycaffe as caffe
from layerzoo.pycaffe.caffe_saver import CaffeSaver


def test_caffe_saver_writes_only_caffes_files(solver_file: str, tmp_path: Path) -> None:
    run = caffe.get_solver(solver_file)._solver.run
    before = {path.name for path in tmp_path.iterdir()}
    saver = CaffeSaver(str(tmp_path / "other"))
    assert saver.save(run, test_is_due=True) == tmp_path / "other_iter_0.caffemodel"
    made = {path.name for path in tmp_path.iterdir()} - before
    assert made == {"other_iter_0.caffemodel", "other_iter_0.solverstate"}
    assert (saver.failed, saver.saved_at) == (False, 0)


def test_caffe_saver_warns_of_an_unwritable_path(
    solver_file: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = caffe.get_solver(solver_file)._solver.run
    (tmp_path / "file").write_text("")
    saver = CaffeSaver(str(tmp_path / "file" / "x"))
    assert saver.save(run, test_is_due=False) is None
    assert (saver.failed, saver.saved_at) == (True, None)
    assert "The snapshot of iteration 0 can't be written" in caplog.text
