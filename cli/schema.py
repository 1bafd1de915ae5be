"""``layerzoo schema``: write a JSON schema of configs, for editors."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@gflags.flag("o", to="target", metavar="FILE", help="The file to write. Default: stdout.")
@flags.allow_python
def command(target: str | None) -> None:
    """Write a JSON schema of nets and solvers, with defaults and docs.

    An editor with a YAML language server (VS Code: the extension "YAML" of Red Hat) completes and checks
    configs in YAML by it. Name the schema in the first line of a config, or in the editor's settings:

    \b
      layerzoo schema -o layerzoo.schema.json
      # yaml-language-server: $schema=layerzoo.schema.json
    """
    import json

    from layerzoo.atomic import write_atomic
    from layerzoo.errors import LayerzooError
    from layerzoo.json_schema import config_schema

    text = json.dumps(config_schema(), indent=1, ensure_ascii=False) + "\n"
    if target is None:
        click.echo(text, nl=False)
        return
    try:
        write_atomic(target, text)
    except OSError as error:
        raise LayerzooError(f"{target} can't be written: {error.strerror or error}") from None
    click.echo(f"wrote {target}")
