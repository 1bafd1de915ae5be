"""Grid and random search."""

from __future__ import annotations

from itertools import product

from layerzoo.tune.axes import Axis
from layerzoo.tune.search import GridSearch, OneAtATime, RandomSearch

AXES = [Axis("a", ("1", "2")), Axis("b", ("x", "y", "z")), Axis("c", low=0, high=2, integer=True)]


def test_grid_is_the_product_with_the_last_axis_fastest() -> None:
    grid = GridSearch(AXES)
    assert grid.size == 18
    wanted = [dict(zip("abc", values, strict=True)) for values in product("12", "xyz", "012")]
    assert [grid.propose(number) for number in range(18)] == wanted


def test_one_at_a_time_changes_one_axis_of_the_first_values() -> None:
    search = OneAtATime(AXES)
    assert search.size == 1 + 1 + 2 + 2
    found = [search.propose(number) for number in range(search.size)]
    assert found == [
        {"a": "1", "b": "x", "c": "0"},
        {"a": "2", "b": "x", "c": "0"},
        {"a": "1", "b": "y", "c": "0"},
        {"a": "1", "b": "z", "c": "0"},
        {"a": "1", "b": "x", "c": "1"},
        {"a": "1", "b": "x", "c": "2"},
    ]
    assert [list(values)[-1] for values in found[1:]] == ["a", "b", "b", "c", "c"]  # its settings come last


def test_random_values_depend_on_seed_number_and_axis_alone() -> None:
    search = RandomSearch(AXES, 3)
    later = [search.propose(number) for number in (5, 2)]
    assert later == [RandomSearch(AXES, 3).propose(5), RandomSearch(AXES, 3).propose(2)]
    assert RandomSearch(AXES[:1], 3).propose(5)["a"] == later[0]["a"]
    many = [RandomSearch(AXES, 4).propose(number) for number in range(20)]
    assert many != [search.propose(number) for number in range(20)]


def test_random_values_cover_the_axes_evenly() -> None:
    drawn = [RandomSearch([Axis("r", low=0, high=1)], 0).propose(number)["r"] for number in range(1000)]
    counts = [sum(n / 10 <= float(value) < (n + 1) / 10 for value in drawn) for n in range(10)]
    assert min(counts) > 70
    assert max(counts) < 130
