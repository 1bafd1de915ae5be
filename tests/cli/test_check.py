"""``layerzoo check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "r" type: "ReLU" bottom: "x" top: "y" }
"""
FOREIGN = NET + 'layer { name: "s" type: "Sigmoid" bottom: "y" top: "z" dropout_param { } }\n'
FAULTY = FOREIGN + 'layer { name: "p" type: "Frobnicate" bottom: "x" top: "p" frobnicate_param { n: 0 } }\n'


@pytest.fixture
def file(tmp_path: Path):
    def file(text: str, name: str = "net.prototxt") -> str:
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return file


def test_net_without_faults(file, capsys) -> None:
    path = file(NET)
    assert main(["check", "-model", path]) == 0
    assert capsys.readouterr().out == f"{path}: no faults\n"


def test_faults_of_text_and_wiring_are_reported_together(file, capsys) -> None:
    path = file(FAULTY + "nonsense: 1\n")
    assert main(["check", "-model", path]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: 3 faults in the config\n")
    for line, message in (
        (5, "unknown layer type 'Frobnicate'"),
        (5, "unknown field 'frobnicate_param' in a layer"),
        (6, "unknown field 'nonsense' in a net"),
    ):
        assert any(at.startswith(f"{path}:{line}:") and message in at for at in err.splitlines()), message


def test_lenient_turns_faults_into_warnings(file, capsys) -> None:
    path = file(FAULTY + "nonsense: 1\n")
    assert main(["check", "-model", path, "-lenient"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{path}: no faults\n"
    assert err.count("warning: ") == 3
    assert "left out: layer 'p': unknown layer type 'Frobnicate'\n" in err


def test_unread_message_is_a_warning_at_its_position(file, capsys) -> None:
    data = FOREIGN.replace(
        'type: "Input" top: "x" input_param', 'type: "DummyData" top: "x" dummy_data_param'
    )
    net = file(data.replace('top: "z"', 'top: "z" loss_weight: 1'))
    solver = file('net: "net.prototxt" base_lr: 1 lr_policy: "fixed" max_iter: 1', "solver.prototxt")
    for arguments in (["-model", net], ["-solver", solver]):
        assert main(["check", *arguments]) == 0
        err = capsys.readouterr().err
        assert err.count("warning: ") == 1
        assert f"{net}:4:71: 'dropout_param' in a layer of type 'Sigmoid', which reads sigmoid_param" in err


def test_unread_message_of_layerzoo_is_a_fault(file, capsys) -> None:
    path = file(FOREIGN.replace("dropout_param", "dataset_param"))
    assert main(["check", "-model", path]) == 2
    assert f"{path}:4:56: 'dataset_param' in a layer of type 'Sigmoid'" in capsys.readouterr().err
    assert main(["check", "-model", path, "-lenient"]) == 0
    assert "warning: " in capsys.readouterr().err


def test_phases_that_the_rules_exclude_are_not_checked(file, capsys) -> None:
    path = file(NET.replace('top: "x"', 'top: "x" include { phase: TRAIN }'))
    assert main(["check", "-model", path]) == 0, "no layer makes 'x' in TEST, but the rules exclude TEST"


def test_all_prints_a_table_of_a_folder(file, tmp_path, capsys) -> None:
    file(NET, "a.prototxt")
    assert main(["check", "-all", str(tmp_path), "-processes", "1"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["parsed", "upgraded", "built", "ran", "file", "why", "not"]
    assert out[1].split() == ["yes", "-", "yes", "yes", "a.prototxt"]
    file(FAULTY, "b.prototxt")
    assert main(["check", "-all", str(tmp_path), "-json"]) == 2
    rows = json.loads(capsys.readouterr().out)
    assert [(Path(r["path"]).name, r["parsed"], r["ran"]) for r in rows] == [
        ("a.prototxt", True, True),
        ("b.prototxt", False, None),
    ]
    assert rows[1]["unknown_types"] == ["Frobnicate"]


def test_lenient_shows_python_layers_whose_module_is_absent(file, capsys) -> None:
    python = (
        'layer { name: "p" type: "Python" bottom: "x" top: "p" python_param { module: "gone" layer: "L" } }\n'
    )
    after = 'layer { name: "s" type: "Slice" bottom: "p" top: "z" top: "w" }\n'
    path = file(NET + python + after)
    assert main(["check", "-model", path]) == 2
    capsys.readouterr()
    assert main(["check", "-model", path, "-lenient"]) == 0
    assert "unknown: layer 'p': this layer runs Python code of module 'gone'" in capsys.readouterr().err
    wrong = file(NET + python + after.replace('bottom: "p"', 'bottom: "q"'))
    assert main(["check", "-model", wrong, "-lenient"]) == 2, "the rest is checked"


def test_label_map_is_recognised(file, capsys, tmp_path) -> None:
    path = file('item { name: "none" label: 0 display_name: "background" }\nitem { name: "a" label: 1 }')
    assert main(["check", "-model", path]) == 2
    assert f"{path}:1:1: this is a label map, not a net" in capsys.readouterr().err
    assert main(["check", "-all", str(tmp_path), "-processes", "1"]) == 0
    assert "1 files: 1 label map" in capsys.readouterr().out


def test_usage_errors(capsys) -> None:
    assert main(["check"]) == 2
    assert "-model, -solver or -all is required" in capsys.readouterr().err
    assert main(["check", "-all", "no/such/folder"]) == 2
    assert "'no/such/folder' is not a directory" in capsys.readouterr().err


HUGE = """name: "huge"
layer { name: "data" type: "DummyData" top: "data" dummy_data_param { shape { dim: 1 dim: 1000000 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 1000000 } loss_weight: 1 }
"""


def test_net_larger_than_memory_is_a_warning_that_train_makes_an_error(file, capsys, tmp_path) -> None:
    path = file(HUGE)
    assert main(["check", "-model", path]) == 0
    out, err = capsys.readouterr()
    assert out == f"{path}: no faults, but more memory is needed than this machine has\n"
    assert err.startswith(f"warning: {path}:3:1: net 'huge' needs at least 3725.3 GiB of memory (")
    assert "layer 'ip' takes most, 3725.3 GiB" in err
    solver = tmp_path / "s.prototxt"
    text = f'net: "{path}" base_lr: 0.1 lr_policy: "fixed" max_iter: 1 momentum: 0.9 type: "Adam"'
    solver.write_text(f'{text} snapshot_prefix: "{tmp_path / "p"}" solver_mode: CPU')
    assert main(["check", "-solver", str(solver)]) == 0
    out, err = capsys.readouterr()
    assert out.endswith(": no faults, but more memory is needed than this machine has\n")
    assert f"warning: {path}:3:1: net 'huge' needs at least 14901.2 GiB of memory (" in err
    for command in (["train"], ["train", "-dry_run"], ["find_batch"]):
        assert main([*command, "-solver", str(solver)]) == 1
        err = capsys.readouterr().err
        assert f"error: {path}:3:1: net 'huge' needs at least 14901.2 GiB of memory (" in err
        assert "make the layer smaller (num_output" in err
    for command in (["time", "-model", path, "-iterations", "1"], ["test", "-model", path]):
        assert main(command) == 1
        assert f"error: {path}:3:1: net 'huge' needs at least " in capsys.readouterr().err
    assert not (tmp_path / "p.run").exists()


TRAINED = """
layer { name: "d" type: "DrawnData" top: "x" top: "t" drawn_data_param { task: "waves" batch_size: 8 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 10 } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "l" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 9 solver_mode: CPU\n'


@pytest.mark.parametrize(
    ("fields", "args", "line"),
    [
        ("", [], ""),
        ("", ["-processes", "4"], "an update is of 32 samples: 8 in each of 4 processes\n"),
        ("iter_size: 3", [], "an update is of 24 samples: 8, 3 times (iter_size)\n"),
        ("distributed_param { global_batch_size: 20 }", [], "an update is of 20 samples: 20\n"),
        (
            "iter_size: 2 distributed_param { global_batch_size: 20 }",
            ["-processes", "2"],
            "an update is of 20 samples: 5 in each of 2 processes, 2 times (iter_size)\n",
        ),
    ],
)
def test_solver_has_the_samples_of_an_update(file, capsys, fields: str, args: list[str], line: str) -> None:
    file(TRAINED)
    path = file(SOLVER + fields, "solver.prototxt")
    assert main(["check", "-solver", path, *args]) == 0
    assert capsys.readouterr().out == f"{path}: no faults\n{line}"


def test_global_batch_that_processes_cannot_share_is_a_fault(file, capsys) -> None:
    file(TRAINED)
    path = file(SOLVER + "distributed_param { global_batch_size: 20 }", "solver.prototxt")
    assert main(["check", "-solver", path, "-processes", "3"]) == 2
    assert "global_batch_size 20 can't be divided by 3 processes" in capsys.readouterr().err
    assert main(["check", "-model", file(TRAINED), "-processes", "3"]) == 2
    assert "-processes is for -solver and -all" in capsys.readouterr().err
