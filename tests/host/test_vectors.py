from __future__ import annotations

from layerzoo.host import BoolVec, DtypeVec, IntVec, StringVec


def test_int_vec_equals_a_tuple_and_a_list_of_the_same_numbers() -> None:
    shape = IntVec((2, 3))
    assert shape == (2, 3)
    assert shape == [2, 3]
    assert shape != (3, 2)
    assert {shape: 1}[IntVec([2, 3])] == 1
    shape.append(4)
    assert tuple(shape) == (2, 3, 4)


def test_vectors_have_distinct_list_classes() -> None:
    assert len({IntVec, BoolVec, DtypeVec, StringVec, list}) == 5
    assert BoolVec([True]) == [True]
    assert StringVec("ab") == ["a", "b"]
    assert DtypeVec([0.5]) == [0.5]
