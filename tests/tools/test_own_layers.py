import sys
from argparse import ArgumentParser

import pytest

from layerzoo.errors import UsageError
from layerzoo.host import modules
from layerzoo.tools.own_layers import add_allow_python


@pytest.fixture
def parser(tmp_path, monkeypatch):
    """A parser with the flag, in a working folder with the modules mine_of_test and others_of_test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(modules, "_allowed", set())
    names = ("mine_of_test", "others_of_test")
    for name in names:
        (tmp_path / f"{name}.py").write_text("")
    parser = ArgumentParser()
    add_allow_python(parser)
    yield parser
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("flag", ["--allow_python", "-allow_python"])
def test_allow_python_imports_and_allows_only_its_modules(flag, parser):
    assert vars(parser.parse_args([])) == {}
    assert modules._allowed == set()
    names = ["mine_of_test", "others_of_test"]
    assert parser.parse_args([flag, "mine_of_test, others_of_test"]).allow_python == names
    assert modules._allowed == set(names)
    assert set(names) <= sys.modules.keys()


def test_allow_python_refuses_a_missing_module(parser):
    with pytest.raises(UsageError, match="no module 'none_of_test' in the working folder"):
        parser.parse_args(["-allow_python", "none_of_test"])
