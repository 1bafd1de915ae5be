"""How a run executes its nets: the same training, and snapshots that keep the choice."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import pytest
import torch

from layerzoo.functional.layout import is_channels_last
from layerzoo.net.rewriting.rewritten import Rewritten
from layerzoo.schema import SolverParameter
from layerzoo.solver import Solver
from layerzoo.solver.execution import Execution
from tests.engine.capture.tape import TapeRecorder

NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
  shape { dim: 4 dim: 3 dim: 8 dim: 8 } shape { dim: 4 dim: 5 } data_filler { type: "gaussian" }
  data_filler { type: "gaussian" } } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 6 kernel_size: 3
  bias_term: false weight_filler { type: "msra" } } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "d" type: "Convolution" bottom: "c" top: "d" param { lr_mult: 0 decay_mult: 1 }
  convolution_param { num_output: 4 kernel_size: 1 weight_filler { type: "msra" } } }
layer { name: "i" type: "InnerProduct" bottom: "d" top: "i" inner_product_param { num_output: 5
  weight_filler { type: "xavier" } } }
layer { name: "l" type: "EuclideanLoss" bottom: "i" bottom: "label" top: "l" }
"""


def solver(folder: Path, more: str = "", kind: str = "SGD") -> Solver:
    from google.protobuf import text_format

    param = SolverParameter(snapshot_prefix=str(folder / "run"), max_iter=6, random_seed=3, type=kind)
    text_format.Parse(
        f'net_param {{ {NET} }} base_lr: 0.01 lr_policy: "fixed" weight_decay: 0.001 display: 0 {more}', param
    )
    return Solver(param, device="cpu")


def params(s: Solver) -> list[torch.Tensor]:
    return [param.detach().clone() for param in s.net.learnable]


@pytest.mark.parametrize("kind", ["SGD", "Adam", "Nesterov", "AdaGrad", "LARS"])
@pytest.mark.parametrize(
    "more", ["", "ema_param { decay: 0.9 }", "gradient_noise_param { eta: 0.01 }", "iter_size: 2"]
)
def test_execution_trains_the_same_params(tmp_path: Path, kind: str, more: str) -> None:
    momentum = "momentum: 0.9" if kind not in ("AdaGrad", "Adam") else ""
    found = []
    for way in ("engine_param { layout: NCHW fuse: false }", "engine_param { layout: CHANNELS_LAST }"):
        s = solver(tmp_path, f"{more} {momentum} {way}", kind)
        s.finish()
        found.append(params(s))
    assert is_channels_last(s.net.layer("c").weight)
    assert isinstance(s.net.outputs_only, Rewritten)
    for one, two in zip(*found, strict=True):
        assert torch.allclose(one, two, rtol=1e-3, atol=1e-4)
    if "ema" in more:
        average = s.run.average
        assert average is not None
        assert average.params[0].data_ptr() == s.net.learnable[0].data_ptr()


def test_execution_writes_snapshots_in_caffes_order(tmp_path: Path) -> None:
    from layerzoo.net import Net

    s = solver(tmp_path, "momentum: 0.9 snapshot_format: BINARYPROTO engine_param { layout: CHANNELS_LAST }")
    s.step(2)
    assert s.snapshot() is not None
    for file in (tmp_path / "run_iter_2.caffemodel", s.run_path / "iter_2" / "weights.safetensors"):
        other = Net(s.net.graph, seed=9)
        other.load_weights(file, strict=True)
        for one, two in zip(other.learnable, s.net.learnable, strict=True):
            assert torch.equal(one, two)


@pytest.mark.parametrize("layout", ["NCHW", "CHANNELS_LAST"])
def test_execution_of_a_resumed_run_is_that_of_its_snapshot(tmp_path: Path, layout: str) -> None:
    whole = solver(tmp_path / "a", f"momentum: 0.9 engine_param {{ layout: {layout} }}")
    whole.step(3)
    path = whole.snapshot()
    assert path is not None
    whole.step(3)
    resumed = solver(tmp_path / "b", "momentum: 0.9 ema_param { decay: 0.9 }")
    resumed.restore(path)
    assert is_channels_last(resumed.net.layer("c").weight) == (layout == "CHANNELS_LAST")
    resumed.step(3)
    for one, two in zip(params(whole), params(resumed), strict=True):
        assert torch.equal(one, two), "bit for bit"


def test_execution_by_config_overrides_the_snapshot_with_a_note(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = solver(tmp_path / "a", "engine_param { layout: CHANNELS_LAST }")
    whole.step(1)
    path = whole.snapshot()
    assert path is not None
    resumed = solver(tmp_path / "b", "engine_param { layout: NCHW fuse: false }")
    with caplog.at_level(logging.WARNING, "layerzoo"):
        resumed.restore(path)
    assert not is_channels_last(resumed.net.layer("c").weight)
    assert not isinstance(resumed.net.outputs_only, Rewritten)
    assert "layout CHANNELS_LAST, engine_param says NCHW" in caplog.text
    assert "fuse: true, engine_param says false" in caplog.text


def test_execution_keeps_the_engine_of_its_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    torch._dynamo.reset()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    whole = solver(tmp_path / "a", "momentum: 0.9 engine_param { engine: COMPILE }")
    whole.step(2)
    path = whole.snapshot()
    assert path is not None
    whole.step(2)
    eager = solver(tmp_path / "e", "momentum: 0.9")
    eager.step(4)
    resumed = solver(tmp_path / "b", "momentum: 0.9")
    resumed.restore(path)
    assert len(resumed.net.outputs_only.steps) == 1 < len(eager.net.outputs_only.steps)
    resumed.step(2)
    for one, two, three in zip(params(whole), params(resumed), params(eager), strict=True):
        assert torch.equal(one, two), "bit for bit"
        assert torch.allclose(one, three, rtol=1e-4, atol=1e-5)
    other = solver(tmp_path / "c", "momentum: 0.9 engine_param { engine: EAGER }")
    with caplog.at_level(logging.WARNING, "layerzoo"):
        other.restore(path)
    assert "engine COMPILE, engine_param says EAGER" in caplog.text
    assert len(other.net.outputs_only.steps) > 1


def test_graph_without_a_gpu_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    s = solver(tmp_path, "engine_param { engine: GRAPH }")
    s.step(2)
    assert s.engine.launches is None
    assert (
        "engine: GRAPH: CUDA graphs need a GPU of NVIDIA; the net runs layer by layer"
        in caplog.text.splitlines()[-1]
    )


def test_graph_is_kept_by_snapshots_and_resumes_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerzoo.solver.execution.recorder_of", lambda device: TapeRecorder())
    settings = "momentum: 0.9 average_loss: 3 non_finite_param { action: IGNORE }"
    whole = solver(tmp_path / "a", f"{settings} engine_param {{ engine: GRAPH }}")
    whole.step(6)
    path = whole.snapshot()
    assert path is not None
    whole.step(6)
    eager = solver(tmp_path / "e", settings)
    eager.step(12)
    resumed = solver(tmp_path / "b", settings)
    resumed.restore(path)
    resumed.step(6)
    assert whole.engine.launches is not None
    assert resumed.engine.launches is not None
    assert resumed.loss == whole.loss == pytest.approx(eager.loss, rel=1e-4)
    for one, two, three in zip(params(whole), params(resumed), params(eager), strict=True):
        assert torch.allclose(one, two, rtol=1e-5, atol=1e-6)
        assert torch.allclose(one, three, rtol=1e-4, atol=1e-5)


def test_compile_with_sync_batch_norm_says_that_the_net_runs_eagerly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    s = solver(tmp_path, "engine_param { engine: COMPILE } distributed_param { sync_batch_norm: true }")
    execution = s.run.parts["execution"]
    assert isinstance(execution, Execution)
    assert execution.engine == "COMPILE", "a single process shares no statistics"
    s.net.clock.ranks = 2
    with caplog.at_level(logging.WARNING, "layerzoo"):
        execution._plan()
    assert execution.engine == "EAGER"
    assert "COMPILE: sync_batch_norm talks to other processes; the net runs eagerly" in caplog.text
