"""The table of routes."""

from __future__ import annotations

import pytest

from layerzoo.studio import api, pages
from layerzoo.studio.routing import routes, service

api.load()
pages.load()


def test_routes_without_names_come_first() -> None:
    paths = [route.path for route in routes()]
    assert len(paths) > 80
    assert paths == sorted(paths, key=lambda path: ("{" in path, path))


QUESTIONS = {"/api/data/augment", "/api/look/paths", "/api/nets/check", "/api/train/preview"}
"""Services that change nothing, and whose questions are too long for an address."""


def test_changes_need_more_than_looking() -> None:
    weak = {one.path for one in routes() if one.method != "GET" and one.role == "view"}
    assert weak - {"/login", "/logout"} <= QUESTIONS


def test_two_routes_of_one_address_are_refused() -> None:
    with pytest.raises(AssertionError, match="two routes"):
        service("GET", "/api/runs")(lambda call: None)
