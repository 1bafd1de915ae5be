"""``layerzoo studio``: everything in the browser."""

from __future__ import annotations

from collections.abc import Sequence

import click

from layerzoo.cli import gflags


@gflags.command("Runs")
@gflags.flag("port", type=click.IntRange(0, 65535), default=8765, help="Port; 0 takes a free one.")
@gflags.flag(
    "host",
    default="127.0.0.1",
    metavar="HOST",
    help="Address to listen at; others than this machine's reach it too if it is 0.0.0.0.",
)
@gflags.switch("browser", default=True, help="Open the address in a browser.")
@gflags.flag("auth", metavar="FILE", help="File of accounts, a line each: NAME:ROLE:HASH.")
@gflags.flag(
    "hash", to="account", metavar="NAME:ROLE", help="Ask for a password, print a line for -auth and end."
)
@gflags.flag(
    "root",
    to="roots",
    metavar="FOLDER",
    multiple=True,
    help="Folder that the studio may use; the first is where new work goes.  [default: .]",
)
@gflags.flag("public_url", metavar="URL", help="Address by which a proxy offers the studio, with its path.")
@gflags.switch("demo", help="Show finished runs on digits, in a folder of their own.")
def command(
    port: int,
    host: str,
    browser: bool,
    auth: str | None,
    account: str | None,
    roots: Sequence[str],
    public_url: str | None,
    demo: bool,
) -> None:
    """Open the studio: data, nets, training and zoo in the browser.

    Jobs that it starts are commands of this program and go on when the studio ends; runs that a shell starts
    appear in it. Needs the extra studio: pip install 'layerzoo[studio]'.

    \b
      layerzoo studio
      layerzoo studio -demo
      layerzoo studio -root ~/nets -port 9000 -no-browser
    """
    from pathlib import Path

    from layerzoo.errors import MissingExtraError, UsageError

    try:
        import starlette  # noqa: F401  # whether they are there
        import uvicorn  # noqa: F401
    except ImportError:
        raise MissingExtraError("the studio", "studio") from None
    from layerzoo.home import home
    from layerzoo.studio.demo import prepare
    from layerzoo.studio.routing.call import RANKS
    from layerzoo.studio.security import hashed
    from layerzoo.studio.serve import serve
    from layerzoo.studio.settings import Settings

    if account is not None:
        name, _, role = account.partition(":")
        if not name or role not in RANKS:
            raise UsageError(f"-hash {account}: expected NAME:ROLE, with a role of {', '.join(RANKS)}")
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        click.echo(f"{name}:{role}:{hashed(password)}")
        return
    folders = tuple(Path(root).expanduser() for root in roots) or (Path(),)
    if demo:
        folders = (prepare(home() / "studio" / "demo"), *(folders if roots else ()))
    settings = Settings(
        host,
        port,
        folders,
        auth=None if auth is None else Path(auth),
        public_url=public_url,
    )
    serve(settings, click.echo, browser)
