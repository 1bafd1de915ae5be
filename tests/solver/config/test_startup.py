"""Faults that keep training from starting: `check` and training report the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.home import home
from layerzoo.loader import parse_solver
from layerzoo.solver import Solver, check_run

DATA = (
    'layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" batch_size: 4 } }\n'
)
DENSE = (
    'layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 10 } }\n'
)
LOSS = 'layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" %s }\n'
INPUT = 'layer { name: "d" type: "Input" top: "x" top: "t" input_param { shape { dim: 4 dim: 1 } } }\n'
SOLVER = 'base_lr: 0.1 lr_policy: "fixed" solver_mode: CPU '
RUN = SOLVER + "max_iter: 1 "


def net(text: str) -> str:
    return f'\nnet_param {{ name: "n"\n{text} }}'


WHOLE = net(DATA + DENSE + LOSS % "")


def told(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        check_run(parse_solver(text))
    return [str(fault).splitlines()[0].partition(">:")[2] for fault in raised.value.faults]


def test_check_run_accepts_a_run_that_can_start(tmp_path: Path) -> None:
    text = f'{RUN} snapshot_prefix: "{tmp_path}/x" watch: "a.weight.grad" freeze: "nothing*"' + WHOLE
    sound = text.replace('freeze: "nothing*"', "test_interval: 1")
    checked = check_run(parse_solver(sound))
    assert [layer.name for layer in checked.train.layers] == ["d", "a", "l"]
    assert Solver(parse_solver(sound)).net.name == "n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            RUN + net(DATA + DENSE),
            "4:1: net 'n' has nothing to learn: it has no loss; "
            "its outputs are those of layer 'a' (layer 'a')",
        ),
        (
            RUN + net(DATA + DENSE + LOSS % "propagate_down: false propagate_down: false"),
            "5:1: net 'n' has nothing to learn: no param that learns is below the loss of 'l'",
        ),
        (
            RUN + net(INPUT + DENSE + LOSS % ""),
            "3:1: net 'n' takes inputs, which have no data in training and testing (layer 'd')",
        ),
        (RUN + 'freeze: "b"' + WHOLE, "1:70: freeze: 'b' matches no layer with params"),
        (RUN + 'freeze: "*"' + WHOLE, "1:70: freeze leaves no param to learn"),
        (
            RUN + 'precision: FP16 type: "LBFGS"' + WHOLE,
            "1:84: LBFGS needs exact gradients, not those of FP16",
        ),
    ],
)
def test_check_run_and_training_report_the_same_faults(text: str, message: str) -> None:
    assert told(text) == [message]
    with pytest.raises(ConfigError) as raised:
        Solver(parse_solver(text))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SOLVER + WHOLE, "1:1: max_iter is not given"),
        (RUN + 'watch: "z"' + WHOLE, "1:69: -watch z: no blob or param 'z'; blobs: x, t, a, l"),
        (
            RUN + 'watch: "x.grad"' + WHOLE,
            "1:69: -watch x.grad: blob 'x' has no gradient: no learnable param is below it",
        ),
        (
            RUN + 'weights: "zoo:lenet-digit"' + WHOLE,
            f"1:71: no zoo entry 'lenet-digit' under {home() / 'zoo'}; did you mean 'lenet-digits'?",
        ),
        (RUN + 'weights: "gone.caffemodel"' + WHOLE, "1:71: gone.caffemodel: No such file or directory"),
        (
            RUN + 'type: "LBFGS"' + WHOLE,
            "1:1: a full-batch solver needs all 1,437 samples in one iteration, which has 1 x 4 (layer 'd')",
        ),
        (
            RUN + "test_interval: 1 test_net_param { name: 'm' "
            'layer { type: "DummyData" top: "y" dummy_data_param { shape { dim: 1 } } } }' + WHOLE,
            "1:77: test_iter is needed: net 'm' has no data layer that knows the size of its set",
        ),
    ],
)
def test_check_run_reports_faults_of_files_and_run(text: str, message: str) -> None:
    assert told(text) == [message]


def test_check_run_refuses_a_folder_that_can_not_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (message,) = told(f'{RUN} snapshot_prefix: "{tmp_path}/file/x"' + WHOLE)
    assert message.endswith(
        f"snapshots can't be written to '{tmp_path}/file/x': '{tmp_path}/file' is not a directory"
    )


def test_learning_faults_suggest_a_python_layer_as_loss(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own_loss.py").write_text(
        "from layerzoo.host import TorchLayer\n\n\nclass Loss(TorchLayer):\n"
        "    def top_shapes(self, bottoms):\n        return [()]\n\n"
        "    def forward(self, a):\n        return a.square().sum()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    from layerzoo.host import any_module

    own = 'python_param { module: "own_loss" layer: "Loss" }'
    python = f'layer {{ name: "p" type: "Python" bottom: "a" top: "p" {own} }}'
    with any_module(), pytest.raises(ConfigError, match="outputs are those of layer 'p'") as raised:
        check_run(parse_solver(RUN + net(DATA + DENSE + python)))
    assert raised.value.faults[0].hint == "give layer 'p' loss_weight: 1; force_backward: true runs it anyway"


def test_force_backward_runs_a_net_without_a_loss() -> None:
    solver = Solver(parse_solver(RUN + "weight_decay: 0.5 " + net("force_backward: true\n" + DATA + DENSE)))
    before = solver.net.params["a"][0].abs().sum().item()
    solver.net.params["a"][0].data.fill_(2)
    solver.step(1)
    assert before == 0
    assert solver.net.params["a"][0].unique().tolist() == [pytest.approx(2 - 0.1 * 0.5 * 2)], (
        "decay alone, as in Caffe"
    )
