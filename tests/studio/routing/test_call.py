"""Users and roles."""

from __future__ import annotations

from layerzoo.studio.routing import User


def test_a_role_includes_the_weaker_ones() -> None:
    assert [User(role="run").may(role) for role in ("view", "run", "admin")] == [True, True, False]  # type: ignore[arg-type]
    assert not User(role="view").may("run")
    assert User(role="admin").may("admin")
