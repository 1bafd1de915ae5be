"""Names and first sentences of the shipped configs."""

from __future__ import annotations

import pytest

from layerzoo.catalogue.shipped import CONFIGS, SUFFIXES, head_sentence, shipped_configs


def test_shipped_configs_are_all_files_of_all_folders() -> None:
    names = shipped_configs()
    assert {"configs/lenet_solver.yaml", "configs/courses/vae.yaml", "configs/blocks/vgg.yaml"} <= set(names)
    assert len(names) == len(set(names)) == sum(path.suffix in SUFFIXES for path in CONFIGS.rglob("*"))
    assert not [name for name in names if name.endswith((".txt", ".h5"))]


def test_shipped_configs_of_a_folder_stand_together_after_the_files_above_it() -> None:
    folders = [name.rpartition("/")[0] for name in shipped_configs()]
    assert folders[0] == "configs"
    assert folders == sorted(folders)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# One. Two.\nname: x\n", "One"),
        ("# A net of discs and\n# rings. 0.3 million params.\nname: x\n", "A net of discs and rings"),
        ("# Nets (Ren et al. 2015), e.g. of words: two.\n", "Nets (Ren et al. 2015), e.g. of words: two"),
        ("# Uses:\n#   layerzoo train\n", "Uses"),
        ("# First\n#\n# Second\n", "First"),
        ("#\n# Late\n", ""),
        ("name: x\n# Late\n", ""),
        ("", ""),
    ],
)
def test_head_sentence(text: str, sentence: str) -> None:
    assert head_sentence(text) == sentence


def test_head_sentence_of_each_shipped_config_says_something() -> None:
    said = {name: head_sentence((CONFIGS.parent / name).read_text("utf-8")) for name in shipped_configs()}
    assert {name: line for name, line in said.items() if len(line) < 10} == {}
