from __future__ import annotations

import pytest

from layerzoo.errors import LayerFault
from layerzoo.layer.param_str import ParamStr
from layerzoo.schema import LayerParameter


def read(text: str) -> ParamStr:
    param = LayerParameter()
    param.python_param.param_str = text
    return ParamStr(param)


@pytest.mark.parametrize(
    "text", ["'feat_stride': 16", "{'feat_stride': 16}", "feat_stride: 16", '{"feat_stride": 16.0}']
)
def test_yaml_of_any_style_gives_numbers(text: str) -> None:
    assert read(text).number("feat_stride", 8) == 16


def test_lists_are_read_and_defaults_hold() -> None:
    given = read("{'feat_stride': 16, 'scales': [2, 4, 8.5]}")
    assert given.numbers("scales") == [2, 4, 8.5]
    assert given.numbers("ratios") is None
    assert given.number("allowed_border", 3) == 3
    assert given.unknown(["scales"]) == ["'feat_stride' in param_str is not read; it may hold scales"]
    assert ParamStr(LayerParameter()).number("feat_stride", 8) == 8


@pytest.mark.parametrize(
    "text", ["16", "[1, 2]", "{'a': ", "1248, 352, 16", "!!python/object:os.system {}", "&a [*a]", "{" * 100]
)
def test_other_text_is_an_error(text: str) -> None:
    with pytest.raises(LayerFault, match="is not YAML of names and numbers") as fault:
        read(text)
    assert fault.value.field == "python_param.param_str"


@pytest.mark.parametrize("text", ["a: b", "a: .nan", "a: 1e30", "a: {b: 1}", "a: [1, [2]]", "a: ''"])
def test_other_values_are_an_error(text: str) -> None:
    with pytest.raises(LayerFault, match=r"must be a number|is not YAML"):
        read(text).numbers("a")


def test_list_in_place_of_a_number_is_an_error() -> None:
    with pytest.raises(LayerFault, match="'a' must be one number"):
        read("a: [1, 2]").number("a", 0)
