"""Copies of shipped configs."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

import pytest

from layerzoo.catalogue.shipped import CONFIGS, shipped_configs
from layerzoo.errors import UsageError
from layerzoo.loader import load_net, load_solver
from layerzoo.loader.files import read_source
from layerzoo.loader.read_tree import is_solver
from layerzoo.projects import shipped
from layerzoo.projects.shipped import copy_shipped
from layerzoo.tune import read_plan
from layerzoo.tune.check import check_plan


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


LSTM = {f"char_lstm_{name}" for name in ("solver.yaml", "train_test.yaml", "train.txt", "test.txt")} | {
    "char_lstm_train.h5",
    "char_lstm_test.h5",
}
TRANSFORMER = {
    "char_transformer_solver.yaml",
    "char_transformer_train_test.yaml",
    "char_lstm_text.txt",
    "char_lstm_held_out.txt",
    "blocks/transformer.yaml",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("configs/lenet_solver.yaml", {"lenet_solver.yaml", "lenet_train_test.yaml"}),
        ("lenet_solver.prototxt", {"lenet_solver.prototxt", "lenet_train_test.prototxt"}),
        ("configs/lenet", {"lenet_solver.yaml", "lenet_train_test.yaml"}),
        ("configs/lenet_train_test.yaml", {"lenet_train_test.yaml"}),
        ("configs/courses/vae", {"vae_solver.yaml", "vae.yaml"}),
        ("courses/vae.yaml", {"vae.yaml"}),
        ("./configs/resnet", {"resnet_train_val.yaml", "blocks/resnet.yaml"}),
        ("configs/char_lstm", LSTM),
        (
            "configs/courses/optimisers_tune",
            {f"optimisers{end}.yaml" for end in ("", "_solver", "_tune")},
        ),
        ("configs/char_lstm_text.txt", {"char_lstm_text.txt"}),
        ("char_transformer", TRANSFORMER),
        ("configs/courses/gan", {"gan_solver.yaml", "gan.yaml"}),
    ],
)
def test_copy_has_what_the_config_refers_to(tmp_path: Path, name: str, expected: set[str]) -> None:
    copied = copy_shipped(name, tmp_path / "new")
    assert files(tmp_path / "new") == expected
    assert {path.relative_to(tmp_path / "new").as_posix() for path in copied.written} == expected
    assert copied.unchanged == []
    for file in copied.solvers:
        assert "_solver" in file.name
        load_solver(file)


def test_copies_mean_what_the_shipped_configs_mean_and_read_nothing_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = copy_shipped("configs", tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in copied.written}
    assert set(shipped_configs()) <= names
    originals = {name: _meaning(CONFIGS.parent / name, CONFIGS.parent) for name in shipped_configs()}
    monkeypatch.setattr("layerzoo.home.PACKAGE", tmp_path / "none")
    monkeypatch.setattr("layerzoo.loader.files.PACKAGE", tmp_path / "none")
    for name, meaning in originals.items():
        assert _meaning(tmp_path / name, tmp_path) == meaning, name


def _meaning(file: Path, root: Path) -> object:
    """What a config says, with its nets' paths relative to a folder; None for blocks alone."""
    if is_solver(read_source(file)):
        solver = load_solver(file)
        nets = [net.path for nets in solver.nets.values() for net in nets if net.path]
        return solver.message, [path.relative_to(root) for path in nets]
    if file.name.endswith("_tune.yaml"):
        return check_plan(read_plan(file)).config
    return None if file.parent.name == "blocks" else load_net(file).message


def test_comments_of_a_copy_name_the_copy(tmp_path: Path) -> None:
    copied = copy_shipped("configs/lenet_solver.yaml", tmp_path / "mine")
    text = copied.solvers[0].read_text("utf-8")
    assert f"#   layerzoo train -solver {tmp_path}/mine/lenet_solver.yaml\n" in text
    assert "configs/" not in text
    source = (CONFIGS / "lenet_solver.yaml").read_text("utf-8")
    uncommented = [line for line in source.splitlines() if not line.startswith("#")]
    assert [line for line in text.splitlines() if not line.startswith("#")] == uncommented


def test_file_that_two_configs_share_is_kept(tmp_path: Path) -> None:
    copy_shipped("lenet_adam_solver.yaml", tmp_path)
    before = (tmp_path / "lenet_train_test.yaml").read_bytes()
    copied = copy_shipped("lenet_solver.yaml", tmp_path)
    assert copied.unchanged == [tmp_path / "lenet_train_test.yaml"]
    assert copied.written == [tmp_path / "lenet_solver.yaml"]
    assert (tmp_path / "lenet_train_test.yaml").read_bytes() == before
    assert copy_shipped("lenet_solver.yaml", tmp_path).written == []


def test_changed_file_is_overwritten_only_by_force_and_else_nothing_is_written(tmp_path: Path) -> None:
    net = tmp_path / "lenet_train_test.yaml"
    net.write_text("name: mine\n")
    with pytest.raises(
        UsageError, match=r"lenet_train_test.yaml exists with other content; -force overwrites"
    ):
        copy_shipped("lenet_solver.yaml", tmp_path)
    assert files(tmp_path) == {net.name}
    assert net.read_text() == "name: mine\n"
    copied = copy_shipped("lenet_solver.yaml", tmp_path, force=True)
    assert set(copied.written) == {net, tmp_path / "lenet_solver.yaml"}
    assert load_net(net).message.name == "LeNet"


def test_folder_and_the_shipped_config_itself_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "lenet_solver.yaml").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        copy_shipped("lenet_solver.yaml", tmp_path, force=True)
    before = (CONFIGS / "lenet_solver.yaml").read_bytes()
    with pytest.raises(UsageError, match="is the shipped config itself"):
        copy_shipped("lenet_solver.yaml", CONFIGS, force=True)
    assert (CONFIGS / "lenet_solver.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("configs/lenet_slover.yaml", "did you mean 'configs/lenet_solver.yaml'"),
        ("lenett", "did you mean 'configs/lenet'"),
        ("configs/vae", "did you mean 'configs/courses/vae'"),
        ("configs/course", "did you mean 'configs/courses'"),
        ("../../etc/passwd", "layerzoo list configs shows all"),
        ("/etc/passwd", "layerzoo list configs shows all"),
        ("../home.py", "layerzoo list configs shows all"),
        ("", "layerzoo list configs shows all"),
    ],
)
def test_unknown_name_is_an_error(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no shipped config '{name}'; {hint}"):
        copy_shipped(name, tmp_path)
    assert files(tmp_path) == set()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the shipped configs, whose files refer to files above and beside them."""
    configs = tmp_path / "package/configs"
    (configs / "deep/models").mkdir(parents=True)
    (configs / "deep/solver.yaml").write_text(
        "# A solver: configs/deep/solver.yaml, configs/net.yaml.\nnet: ../net.yaml\n"
    )
    (configs / "net.yaml").write_text(
        "# A net.\nlayer:\n- {name: d, type: Python, top: x, python_param: {module: models.own, layer: L}}\n"
        "- {name: e, type: Data, top: y, data_param: {source: deep/db, batch_size: 1}}\n"
        "- {name: f, type: Data, top: z, data_param: {source: /etc/hosts, batch_size: 1}}\n"
        "- {name: g, type: Data, top: w, data_param: {source: ../../outside, batch_size: 1}}\n"
    )
    (tmp_path / "outside").write_text("secret")
    (configs / "models").mkdir()
    (configs / "models/own.py").write_text("x = 1\n")
    (configs / "deep/db").mkdir()
    (configs / "deep/db/data.mdb").write_bytes(b"\0\1")
    for module in ("layerzoo.catalogue.shipped", "layerzoo.projects.shipped"):
        monkeypatch.setattr(f"{module}.CONFIGS", configs)
    monkeypatch.setattr("layerzoo.loader.files.PACKAGE", tmp_path / "package")
    return configs


def test_paths_that_lead_up_keep_the_folders(own: Path, tmp_path: Path) -> None:
    target = tmp_path / "to"
    copied = copy_shipped("deep/solver.yaml", target)
    assert files(target) == {"deep/solver.yaml", "net.yaml", "models/own.py", "deep/db/data.mdb"}
    assert (copied.solvers, copied.nets) == ([target / "deep/solver.yaml"], [target / "net.yaml"])
    comment = (target / "deep/solver.yaml").read_text().splitlines()[0]
    assert comment == f"# A solver: {target}/deep/solver.yaml, {target}/net.yaml."
    assert load_solver(copied.solvers[0]).nets["net"][0].path == target / "deep/../net.yaml"


def test_folder_is_copied_with_what_stands_outside_it(own: Path, tmp_path: Path) -> None:
    copy_shipped("configs/deep", tmp_path / "to")
    assert files(tmp_path / "to") == {"deep/solver.yaml", "net.yaml", "models/own.py", "deep/db/data.mdb"}


def test_file_of_blocks_brings_what_it_includes(own: Path, tmp_path: Path) -> None:
    (own / "blocks").mkdir()
    (own / "blocks/a.yaml").write_text("include: b.yaml\nsubnet: [{name: a, layer: []}]\n")
    (own / "blocks/b.yaml").write_text("subnet: [{name: b, layer: []}]\n")
    copied = copy_shipped("blocks/a.yaml", tmp_path / "to")
    assert files(tmp_path / "to") == {"a.yaml", "b.yaml"}
    assert (copied.solvers, copied.nets) == ([], [])


def test_configs_that_include_from_the_folder_of_all_get_the_file_beside_them(
    own: Path, tmp_path: Path
) -> None:
    (own / "blocks").mkdir()
    (own / "blocks/b.yaml").write_text("subnet: [{name: b, layer: []}]\n")
    (own / "deep/models/net.yaml").write_text("include: blocks/b.yaml\nlayer: [{name: s, type: Silence}]\n")
    copy_shipped("deep/models/net.yaml", tmp_path / "to")
    assert files(tmp_path / "to") == {"net.yaml", "blocks/b.yaml"}
    shutil.rmtree(own / "blocks")
    assert load_net(tmp_path / "to/net.yaml").includes.keys() == {tmp_path / "to/blocks/b.yaml"}


def test_listed_reads_no_large_and_no_binary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list").write_text("a.h5\n\n  b.png 3\n")
    assert shipped._listed(tmp_path / "list") == ["a.h5", "b.png"]
    (tmp_path / "binary").write_bytes(b"\xff\xfe\0")
    assert shipped._listed(tmp_path / "binary") == []
    monkeypatch.setattr(shipped, "_MAX_LIST", 5)
    assert shipped._listed(tmp_path / "list") == []


def test_below_is_the_folder_that_holds_all() -> None:
    gathering = shipped._Gathering()
    gathering.files = {PurePosixPath("a/b/x.yaml"): Path("x"), PurePosixPath("a/y.yaml"): Path("y")}
    assert set(gathering.below(PurePosixPath("a/b"))) == {PurePosixPath("b/x.yaml"), PurePosixPath("y.yaml")}
