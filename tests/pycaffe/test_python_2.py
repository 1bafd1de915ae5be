"""Scripts in Python 2, and scripts that run in both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.pycaffe.python_2 import refuse_python_2


@pytest.mark.parametrize(
    "text",
    [
        "print 'hello'",
        "print x, y",
        "try:\n    pass\nexcept ValueError, e:\n    pass",
        "raise ValueError, 'x'",
        "x = 0777",
        "exec 'x = 1'",
        "if a <> b: pass",
        "for i in xrange(3): pass",
        "import cPickle",
        "from urllib2 import urlopen",
        "for k, v in d.iteritems(): pass",
        "if 1:\n        x = 1\n\ty = 2",
        "f = lambda (a, b): a",
        "x = 10L",
        "x = 0xFFL",
        "x = ur'a'",
        "import sys\nprint >>sys.stderr, 'x'",
        "import sys\nx = sys.maxint",
        "from itertools import izip",
        "import urllib\nurllib.urlretrieve(a, b)",
    ],
)
def test_python_2_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "old.py").write_text(f"import caffe\n{text}\n")
    with pytest.raises(UsageError, match=r"old.py:\d+: this is Python 2 .*convert it first"):
        refuse_python_2(tmp_path / "old.py")


@pytest.mark.parametrize(
    "text",
    [
        "print('hello')",
        "try:\n    xrange\nexcept NameError:\n    xrange = range\nfor i in xrange(3): pass",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle",
        "from six.moves import xrange\nxrange(3)",
        "import six\nfor k in six.iteritems(d): pass",
        "import sys\nif sys.version_info[0] == 2:\n    import urllib2",
        "try:\n    from itertools import izip\nexcept ImportError:\n    izip = zip",
        "string = object()\nx = 8 >> 2",
        "from urllib.request import urlretrieve\nimport urllib.parse\nurllib.parse.quote('a')",
        "from . import izip\nfrom .itertools import izip",
        "def nobody_calls():\n    return xrange(3)",
    ],
)
def test_scripts_for_both_pythons_are_accepted(tmp_path: Path, text: str) -> None:
    (tmp_path / "both.py").write_text(text)
    refuse_python_2(tmp_path / "both.py")


def test_other_syntax_errors_are_raised_unchanged(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def f(:\n")
    with pytest.raises(SyntaxError):
        refuse_python_2(tmp_path / "bad.py")
