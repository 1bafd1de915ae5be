import pytest

from layerzoo.errors import UsageError
from layerzoo.runs import read_log
from layerzoo.tools.plot_training_log import CHARTS, main, panel


@pytest.fixture
def log(data):
    return data / "conformance" / "logs" / "caffe_lenet_mnist.log"


def test_charts_have_caffes_order():
    assert [chart.title for chart in CHARTS] == [
        "Test accuracy  vs. Iters",
        "Test accuracy  vs. Seconds",
        "Test loss  vs. Iters",
        "Test loss  vs. Seconds",
        "Train learning rate  vs. Iters",
        "Train learning rate  vs. Seconds",
        "Train loss  vs. Iters",
        "Train loss  vs. Seconds",
    ]


def test_panel_shows_the_charts_quantity(log):
    history = read_log(log)
    tests, trained = history.of(0), history.of(None)
    shown = [panel(chart, [history], ["x/first.log"]).curves[0] for chart in CHARTS]
    assert [curve.label for curve in shown] == ["first"] * 8
    outputs = [[value for values in row.outputs.values() for value in values] for row in tests]
    assert shown[0].ys == [values[0] for values in outputs]
    assert shown[2].ys == [values[1] for values in outputs]
    assert shown[4].ys == [row.lr for row in trained if row.lr == row.lr]
    assert shown[6].ys == [row.loss for row in trained]
    assert shown[0].xs == [row.iteration for row in tests]
    assert shown[1].xs == pytest.approx([row.seconds for row in tests])


def test_main_plots_several_logs(log, tmp_path):
    pytest.importorskip("matplotlib")
    other = tmp_path / "other.log"
    other.write_text(log.read_text())
    assert main(["6", str(tmp_path / "p.png"), str(log), str(other)]) == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_usage_errors(log, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["8", "p.png", str(log)])
    assert "invalid choice: 8" in capsys.readouterr().err
    trained = tmp_path / "short.log"
    trained.write_text("I0101 10:00:00.000000  7 solver.cpp:57] Solving net\n")
    with pytest.raises(UsageError, match=r"no test accuracy in .*short.log"):
        main(["0", str(tmp_path / "p.png"), str(trained)])
    with pytest.raises(UsageError, match="has to end in one of"):
        main(["6", str(tmp_path / "p.gif"), str(log)])
