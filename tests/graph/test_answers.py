"""What layer classes answer, checked."""

from __future__ import annotations

from layerzoo.graph.answers import counted, not_params, not_shapes
from layerzoo.layer import Arity


def test_shapes_are_tuples_of_whole_numbers() -> None:
    assert not_shapes([(1, 2)], 1) is None
    assert not_shapes([], 1) is None
    assert (
        not_shapes(None, 1)
        == "top_shapes gave None; expected a list of 1 shape, each a tuple of whole numbers"
    )
    assert "gave 1 shape; expected a list of 2 shapes" in (not_shapes([(1,)], 2) or "")
    assert "gave 4 as a shape" in (not_shapes([4], 1) or "")
    assert "gave (1.5,) as a shape" in (not_shapes([(1.5,)], 1) or "")


def test_params_have_names_and_shapes() -> None:
    assert not_params([]) is None
    assert not_params([(1, 2)]) == "param_shapes gave [(1, 2)]; expected a list of OwnParam(name, shape)"


def test_counts_are_in_words() -> None:
    assert counted(Arity(1, None), "bottom") == "at least 1 bottom"
    assert counted(Arity(2, 2), "top") == "exactly 2 tops"
    assert counted(Arity(0, 0), "bottom") == "no bottoms"
    assert counted(Arity(1, 3), "bottom") == "1 to 3 bottoms"
