from argparse import ArgumentParser

import pytest

from layerzoo.host import modules
from layerzoo.tools.own_layers import add_allow_python


@pytest.mark.parametrize("flag", ["--allow_python", "-allow_python"])
def test_allow_python_allows_only_its_modules(flag, monkeypatch):
    monkeypatch.setattr(modules, "_allowed", set())
    parser = ArgumentParser()
    add_allow_python(parser)
    assert vars(parser.parse_args([])) == {}
    assert modules._allowed == set()
    assert parser.parse_args([flag, "mine, others"]).allow_python == ["mine", "others"]
    assert modules._allowed == {"mine", "others"}
