"""Old scripts for Caffe, each run in a separate process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "layerzoo.pycaffe", *args]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


SCRIPT = """
import sys
import numpy as np
import caffe
import caffe.draw
import caffe.io as cio
from caffe import layers as L, params as P
from caffe.proto import caffe_pb2
from caffe._caffe import Net
from google.protobuf import text_format
import collections, unittest, six, yaml, h5py, PIL.Image
from helper import answer

assert Net is caffe.Net and cio is caffe.io
assert np.float is float and np.int is int and np.object is object and np.bool
assert np.fromstring(b'\x01\x02', dtype=np.uint8).tolist() == [1, 2]
assert np.fromstring('1 2', sep=' ').tolist() == [1, 2]
assert np.ones(2, np.uint8).tostring() == b'\x01\x01'
assert np.array([[1, 5], [2, 3]]).ptp(axis=1).tolist() == [4, 1]
assert np.PINF == -np.NINF and np.round_(1.26, 1) == 1.3
assert np.lib.pad([1], 1, mode='constant').tolist() == [0, 1, 0]
assert np.rank([[1]]) == 2 and np.alen([1, 2]) == 2 and np.msort([2, 1]).tolist() == [1, 2]
assert PIL.Image.ANTIALIAS == PIL.Image.LANCZOS
assert yaml.load('{a: [1, 2]}') == yaml.load('a: [1, 2]', Loader=yaml.FullLoader) == {'a': [1, 2]}
with h5py.File('a.h5', 'w') as f:
    f['x'] = [1, 2]
    assert f['x'].value.tolist() == [1, 2]
losses = np.zeros(2)
losses[1] = np.array([2.0])
assert losses[1] == float(np.array([[2.0]])) == 2
assert collections.Iterable and six.itervalues({1: 2})
unittest.TestCase().assertEquals(1, 1)
n = caffe.NetSpec()
n.data = L.Input(shape=dict(dim=[1, 2]))
n.own = L.Python(n.data, module='own_layers', layer='Twice')
with open('net.prototxt', 'w') as f:
    f.write(str(n.to_proto()))
caffe.set_mode_cpu()
net = caffe.Net('net.prototxt', caffe.TEST)
print(net.forward(data=np.ones((1, 2)))['own'].sum(), sys.argv[1:], __name__, answer)
"""

LAYERS = """
import caffe
class Twice(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape(*bottom[0].data.shape)
    def forward(self, bottom, top): top[0].data[...] = 2 * bottom[0].data
    def backward(self, top, propagate_down, bottom): pass
"""


def test_run_script_runs_an_old_script_unchanged(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "script.py").write_text(SCRIPT)
    (tmp_path / "sub" / "helper.py").write_text("answer = 42")
    (tmp_path / "sub" / "own_layers.py").write_text(LAYERS)
    done = _run("sub/script.py", "a", "--b", folder=tmp_path)
    assert done.stdout.split("\n")[0] == "4.0 ['a', '--b'] __main__ 42", done.stderr
    assert done.returncode == 0


def test_minloglevel_set_before_the_import_silences_the_log(tmp_path: Path) -> None:
    quiet = "import os; os.environ['GLOG_minloglevel'] = '2'; "
    say = "import caffe; caffe.log('a line')"
    assert "] a line" in _run("-c", say, folder=tmp_path).stderr
    assert _run("-c", quiet + say, folder=tmp_path).stderr == ""


def test_lines_for_debugging_pass_where_minloglevel_is_not_set(tmp_path: Path) -> None:
    say = (
        "import caffe, logging; caffe.init_log(); log = logging.getLogger('layerzoo'); "
        "[part.setLevel('DEBUG') for part in (log, *log.handlers)]; log.debug('a detail')"
    )
    assert "] a detail" in _run("-c", say, folder=tmp_path).stderr


def test_run_module_and_run_text(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import unittest, caffe\nclass T(unittest.TestCase):\n"
        "    def test(self):\n        self.assertEquals(caffe.TEST, 1)\n"
    )
    done = _run("-m", "unittest", "test_it", folder=tmp_path)
    assert "OK" in done.stderr, done.stderr
    done = _run("-c", "import caffe, sys; print(caffe.TRAIN, sys.argv); sys.exit(7)", "x", folder=tmp_path)
    assert (done.stdout, done.returncode) == ("0 ['-c', 'x']\n", 7)


def test_errors_of_a_script_are_reported(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text("import caffe\ncaffe.Net('gone.prototxt', caffe.TEST)\n")
    done = _run("s.py", folder=tmp_path)
    assert done.returncode == 1
    assert "RuntimeError: Could not open file gone.prototxt" in done.stderr
    done = _run("gone.py", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "error: no script 'gone.py'\n")


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("print 'x'", r"module.py:2: this is Python 2 \(Missing parentheses"),
        ("import cPickle", r"module.py:2: this is Python 2 \(No module named 'cPickle'\)"),
        ("x = [i for i in xrange(3)]", r"module.py:2: this is Python 2 \(name 'xrange' is not defined\)"),
        ("x = {}.has_key(1)", r"module.py:2: this is Python 2 \(.* no attribute 'has_key'\)"),
    ],
)
def test_python_2_modules_of_a_script_are_refused(tmp_path: Path, module: str, message: str) -> None:
    (tmp_path / "module.py").write_text(f"import caffe\n{module}\n")
    (tmp_path / "script.py").write_text("import module\n")
    done = _run("script.py", folder=tmp_path)
    assert done.returncode == 2
    assert re.search(message, done.stderr.splitlines()[-1]), done.stderr


def test_other_errors_keep_their_traceback(tmp_path: Path) -> None:
    for text, message in (("nothing", "NameError: name 'nothing'"), ("import nowhere", "named 'nowhere'")):
        (tmp_path / "script.py").write_text(f"{text}\n")
        done = _run("script.py", folder=tmp_path)
        assert done.returncode == 1
        assert message in done.stderr.splitlines()[-1]


FAILING = """
import caffe

class Bad(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(2)

    def forward(self, bottom, top):
        raise ValueError('oh')

def run():
    caffe.Net('net.prototxt', caffe.TEST).forward()

run()
"""


def test_traceback_has_only_frames_of_the_script(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(FAILING)
    layer = "layer { name: 'd' type: 'Python' top: 'x' python_param { module: '__main__' layer: 'Bad' } }"
    (tmp_path / "net.prototxt").write_text(layer)
    done = _run("script.py", folder=tmp_path)
    assert done.returncode == 1
    places = re.findall(r'File "(.*?)", line \d+, in (.*)', done.stderr)
    assert places == [("script.py", "<module>"), ("script.py", "run"), ("script.py", "forward")], done.stderr
    *_, raised, where = done.stderr.splitlines()
    assert raised == "ValueError: oh"
    assert where.startswith("in layer 'd' (Python, ")


def test_errors_before_the_first_line_of_a_script(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("def f(:\n")
    done = _run("script.py", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].endswith('script.py", line 1')
    assert done.stderr.splitlines()[-1].startswith("SyntaxError")
    done = _run("-m", "nowhere_to_be_found", folder=tmp_path)
    assert (done.returncode, done.stderr) == (1, "error: No module named nowhere_to_be_found\n")


CHILDREN = """
import multiprocessing, subprocess, sys, torch, caffe

def work():
    torch.nn.functional.conv2d(torch.ones(8, 16, 64, 64), torch.ones(16, 16, 3, 3))
    print('child', caffe.__name__, torch.get_num_threads(), flush=True)

if __name__ == '__main__':
    torch.set_num_threads(2)
    torch.ones(2000000).exp().sum()  # starts worker threads
    process = multiprocessing.Process(target=work)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    sys.exit(subprocess.call([sys.executable, '-c', 'import caffe.io, caffe; print(caffe.Net.__module__)']))
"""


def test_child_processes_can_import_caffe(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(CHILDREN)
    done = _run("script.py", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["child", "layerzoo.pycaffe", "1", "caffe._caffe"]
