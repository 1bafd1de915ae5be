"""``layerzoo completion``: complete command lines in a shell."""

from __future__ import annotations

import click

from layerzoo.cli import gflags

VARIABLE = "_LAYERZOO_COMPLETE"
"""The environment variable by which the shell's script asks for candidates."""

_NO_SPACE = """    if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *[.=[] ]]; then
        compopt -o nospace
    fi

"""
"""For bash: no space follows a path of -set that goes on."""


@gflags.command("Machine")
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script that completes commands, flags, names and files in bash, zsh or fish.

    Among them are shipped configs, entries of the zoo, layer types and paths of -set.

    \b
      eval "$(layerzoo completion bash)"          in ~/.bashrc
      eval "$(layerzoo completion zsh)"           in ~/.zshrc
      layerzoo completion fish | source           in ~/.config/fish/config.fish
    """
    click.echo(_completer(shell, click.get_current_context().find_root().command).source(), nl=False)


def answer(root: click.Command, instruction: str) -> int:
    """Print the candidates that a shell's script asks for; returns the exit code.

    Args:
        root: the program.
        instruction: the value of `VARIABLE`: ``bash_complete``, ``zsh_complete`` or ``fish_complete``.
    """
    shell = instruction.removesuffix("_complete")
    if shell not in ("bash", "zsh", "fish"):
        return 1
    click.echo(_completer(shell, root).complete())
    return 0


def _completer(shell: str, root: click.Command) -> click.shell_completion.ShellComplete:
    from click.shell_completion import CompletionItem, get_completion_class

    from layerzoo.cli.candidates import candidates

    base = get_completion_class(shell)
    assert base is not None

    script = base.source_template.replace("    return 0\n", f"{_NO_SPACE}    return 0\n")

    class Completer(base):  # type: ignore[valid-type,misc]  # click's class of this shell
        source_template = script

        def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
            return candidates(root, args, incomplete)

    return Completer(root, {}, "layerzoo", VARIABLE)
