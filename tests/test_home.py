"""The folder of Layerzoo's files."""

from pathlib import Path

from layerzoo.home import home


def test_home_is_that_of_the_first_variable_that_is_set(monkeypatch):
    monkeypatch.setenv("LAYERZOO_HOME", "/some/where")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert home() == Path("/some/where")
    monkeypatch.delenv("LAYERZOO_HOME")
    assert home() == Path("/cache/layerzoo")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert home() == Path("/home/me/.cache/layerzoo")
