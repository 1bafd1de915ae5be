"""The scripts, run from another folder by a shell and by Python."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.tools import aliases
from layerzoo.tools.aliases import commands, write_aliases


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build") / "with space" / "tools"
    write_aliases(folder)
    return folder


@pytest.fixture
def place(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "net.prototxt").write_text('layers { name: "r" type: RELU bottom: "x" top: "x" }')
    return tmp_path


def run(*args, cwd, env=None):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | (env or {})
    return subprocess.run(args, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_write_aliases_writes_executable_scripts_of_every_name(tools):
    names = {path.name for path in tools.iterdir()}
    assert names == set(commands())
    for name in ("caffe", "convert_imageset", "extract_features", "upgrade_solver_proto_text"):
        assert {name, f"{name}.bin"} <= names
    for name in ("classify", "detect", "draw_net", "parse_log", "plot_training_log", "download_model_binary"):
        assert {name, f"{name}.py"} <= names
    assert "parse_log.sh" in names
    assert all(os.access(path, os.X_OK) for path in tools.iterdir())


def test_commands_name_existing_tools():
    for words in commands().values():
        module = aliases.__file__.replace("aliases", words[0])
        assert Path(module).exists(), words


def test_aliases_run_in_an_old_shell_script(tools, place):
    (place / "old.sh").write_text(
        "#!/usr/bin/env sh\nset -e\nTOOLS=$1\n"
        'GLOG_logtostderr=1 "$TOOLS"/upgrade_net_proto_text.bin net.prototxt new.prototxt\n'
        'PATH="$TOOLS:$PATH"\ncaffe --logtostderr=1 convert new.prototxt new.yaml\n'
        "caffe.bin --version\n"
    )
    done = run("sh", "old.sh", str(tools), cwd=place)
    assert done.returncode == 0, done.stderr
    assert 'type: "ReLU"' in (place / "new.prototxt").read_text()
    assert "type: ReLU" in (place / "new.yaml").read_text()
    assert done.stdout.endswith(f"layerzoo {aliases.layerzoo.__version__}\n")


def test_py_alias_runs_by_any_python(tools, place, data):
    log = data / "conformance" / "logs" / "caffe_lenet_mnist.log"
    done = run(sys.executable, str(tools / "parse_log.py"), str(log), ".", "--delimiter", ";", cwd=place)
    assert done.returncode == 0, done.stderr
    assert (place / f"{log.name}.test").read_text().startswith("NumIters;Seconds;LearningRate;accuracy;loss")
    assert run(str(tools / "parse_log.py"), "none.log", ".", cwd=place).returncode == 1


def test_aliases_do_not_import_from_the_working_folder(tools, place):
    (place / "argparse.py").write_text("raise RuntimeError('the wrong one')")
    assert run(str(tools / "draw_net"), "--help", cwd=place).returncode == 0


def test_aliases_name_a_checkout_that_is_not_installed(tmp_path, monkeypatch, place):
    monkeypatch.setattr(aliases, "_root_to_name", lambda: Path("/opt/the checkout"))
    write_aliases(tmp_path / "tools")
    (tmp_path / "tools" / "caffe").write_text(
        (tmp_path / "tools" / "caffe").read_text().rpartition("exec")[0] + 'echo "$PYTHONPATH"'
    )
    printed = run(str(tmp_path / "tools" / "caffe"), cwd=place, env={"PYTHONPATH": "/else"}).stdout
    assert printed == "/opt/the checkout:/else\n"
    script = (tmp_path / "tools" / "classify.py").read_text()
    assert "os.environ['PYTHONPATH']" in script
    compile(script, "classify.py", "exec")


def test_write_aliases_replaces_only_its_own_files(tmp_path):
    folder = tmp_path / "tools"
    assert write_aliases(folder) == write_aliases(folder)
    (folder / "classify.py").write_text("print('mine')")
    with pytest.raises(UsageError, match=r"classify.py already exists and was not written by Layerzoo"):
        write_aliases(folder)
    assert (folder / "classify.py").read_text() == "print('mine')"


def test_write_aliases_to_an_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LayerzooError, match="can't be written"):
        write_aliases(tmp_path / "file" / "tools")
