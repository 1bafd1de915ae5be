"""``layerzoo lsp``: a language server of configs."""

from __future__ import annotations

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@flags.allow_python
def command() -> None:
    """Run a language server of configs, for editors.

    It speaks the language server protocol on stdin and stdout: faults as you type, completion, explanations,
    definitions and references of blobs, renaming, a list of layers, formatting. Needs the extra editor:
    pip install 'layerzoo[editor]'. README says how editors start it.
    """
    import sys

    from layerzoo.errors import MissingExtraError
    from layerzoo.terminal_text import unescaped

    try:
        import pygls  # noqa: F401  # whether it is there
    except ImportError:
        raise MissingExtraError("the language server", "editor") from None
    from layerzoo.editor.server import server

    output = unescaped(sys.stdout).buffer
    sys.stdout = sys.stderr  # whatever prints must not come between the protocol's messages
    server().start_io(sys.stdin.buffer, output)
