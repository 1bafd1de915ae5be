from __future__ import annotations

import pytest
import torch

from layerzoo.errors import WeightsError
from layerzoo.weights import load, save
from layerzoo.weights.load import Misfit


@pytest.fixture
def file(tmp_path):
    def write(**blobs):
        path = tmp_path / "w.safetensors"
        save(
            {name: [torch.as_tensor(b, dtype=torch.float32) for b in bs] for name, bs in blobs.items()}, path
        )
        return path

    return write


def test_load_copies_by_name_and_in_place(file):
    weight, bias = torch.zeros(1, 2, dtype=torch.float64), torch.nn.Parameter(torch.zeros(1))
    where = weight.data_ptr(), bias.data_ptr()
    report = load({"ip": [weight, bias]}, file(ip=[[[1, 2]], [3]]))
    assert weight.tolist() == [[1, 2]]
    assert bias.tolist() == [3]
    assert (weight.data_ptr(), bias.data_ptr()) == where
    assert report.loaded == ["ip/0", "ip/1"]
    assert report.complete
    assert str(report).endswith("w.safetensors: 2 blobs loaded")
    assert report.in_full() == f"{report}, every blob of the file and of the net"


def test_load_reports_every_blob_that_does_not_fit(file):
    path = file(ip=[[1.0, 2], [3.0], [4.0]], conv=[[[[[5.0]]]]], other=[[6.0]], odd=[[1.0, 2, 3]])
    params = {
        "ip": [torch.zeros(2), torch.zeros(2), torch.zeros(1)],
        "conv": [torch.zeros(1), torch.full((1,), 9.0)],
        "new": [torch.full((1,), 9.0)],
        "odd": [torch.zeros(3, 1)],
    }
    report = load(params, path)
    assert report.loaded == ["ip/0", "ip/2", "conv/0"]
    assert report.reshaped == [Misfit("conv/0", (1, 1, 1, 1), (1,))]
    assert report.skipped == ["other/0"]
    assert report.missing == ["conv/1", "new/0"]
    assert report.mismatched == [Misfit("ip/1", (1,), (2,)), Misfit("odd/0", (3,), (3, 1))]
    assert not report.complete
    assert params["ip"][0].tolist() == [1, 2]
    assert params["ip"][1].tolist() == [0, 0]
    assert params["conv"][0].tolist() == [5]
    assert params["new"][0].tolist() == [9]
    lines = str(report).splitlines()
    assert lines[0].endswith("3 blobs loaded, 1 reshaped, 1 skipped, 2 missing, 2 mismatched")
    assert "  mismatched odd/0: 3 in the file, 3 x 1 in the net" in lines
    assert report.in_full().splitlines() == [
        *lines,
        "  loaded: layers ip, conv",
        "  left unchanged (fillers, or another file): layers conv, new, ip, odd",
    ]


def test_strict_is_all_or_nothing(file):
    params = {"ip": [torch.zeros(2)], "new": [torch.zeros(1)]}
    with pytest.raises(WeightsError, match=r"nothing was loaded\n.*\n  missing new/0"):
        load(params, file(ip=[[1.0, 2]]), strict=True)
    assert params["ip"][0].tolist() == [0, 0]


def test_strict_accepts_the_four_axes_of_old_files(file):
    params = {"ip": [torch.zeros(2, 3), torch.zeros(2)]}
    report = load(params, file(ip=[torch.ones(1, 1, 2, 3), torch.ones(1, 1, 1, 2)]), strict=True)
    assert len(report.reshaped) == 2
    assert params["ip"][0].tolist() == [[1, 1, 1]] * 2


def test_statistics_of_channels_load_in_any_of_their_shapes(file):
    """Temporal segment networks' BN stores (1, C), PSPNet's (1, C, 1, 1); BatchNorm holds (C)."""
    params = {"bn": [torch.zeros(1, 3, 1, 1), torch.zeros(1, 3), torch.zeros(3)]}
    path = file(bn=[[[1.0, 2, 3]], torch.full((1, 3, 1, 1), 4.0), torch.full((1, 3, 1, 1), 5.0)])
    report = load(params, path, strict=True)
    assert params["bn"][0].flatten().tolist() == [1, 2, 3]
    assert [blob.flatten().tolist() for blob in params["bn"][1:]] == [[4] * 3, [5] * 3]
    assert [misfit.stored for misfit in report.reshaped] == [(1, 3), (1, 3, 1, 1), (1, 3, 1, 1)]


def test_shared_blob_is_not_missing(file):
    blob = torch.zeros(2)
    report = load({"a": [blob], "b": [blob]}, file(a=[[1.0, 2]]), strict=True)
    assert report.loaded == ["a/0"]
    assert blob.tolist() == [1, 2]


def test_blobs_that_the_layer_lacks_are_skipped(file):
    report = load({"a": [torch.zeros(1)]}, file(a=[[1.0], [2.0]]))
    assert (report.loaded, report.skipped) == (["a/0"], ["a/1"])


def test_report_truncates_long_lists(file):
    report = load({"a": [torch.zeros(1)]}, file(**{f"l{i}": [[1.0]] for i in range(30)}), lenient=True)
    assert len(report.skipped) == 30
    assert "  skipped 10 more" in str(report).splitlines()


def test_weights_of_which_no_blob_fits_are_an_error(file):
    params = {"a": [torch.zeros(1)]}
    for path in (file(b=[[1.0]]), file(a=[[1.0, 2.0]])):
        with pytest.raises(WeightsError, match=r"no blob of the weights fits the net\n.*0 blobs loaded"):
            load(params, path)
        assert load(params, path, lenient=True).loaded == []
    assert load({}, file(b=[[1.0]])).skipped == ["b/0"], "a net without params is as it was"
