"""``python -m layerzoo.tools``."""

import pytest

from layerzoo.tools.__main__ import main


def test_main_runs_a_tool(tmp_path, capsys):
    (tmp_path / "net.prototxt").write_text('layer { name: "d" type: "Input" top: "d" }')
    picture = tmp_path / "net.dot"
    assert main(["draw_net", str(tmp_path / "net.prototxt"), str(picture)]) == 0
    assert "digraph" in picture.read_text()
    assert f"Drawing net to {picture}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        ([], 2, "the tool's name is missing"),
        (["extract_feature"], 2, "no tool 'extract_feature'; did you mean 'extract_features'?"),
        (["databases"], 2, "no tool 'databases'"),
        (["__main__"], 2, "no tool '__main__'"),
        (["draw_net", "none.prototxt", "x.png"], 2, "no file 'none.prototxt'"),
        (["parse_log_sh", "none.log"], 1, "none.log: No such file"),
    ],
)
def test_main_prints_errors(args, status, message, capsys):
    assert main(args) == status
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert message in printed


def test_missing_argument_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as leave:
        main(["classify"])
    assert leave.value.code == 2
    assert "usage: classify.py" in capsys.readouterr().err
