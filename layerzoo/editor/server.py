"""The language server: answers an editor's requests by the protocol LSP; needs the extra ``editor``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerzoo.editor.completion import completions
from layerzoo.editor.hover import hover
from layerzoo.editor.names import Symbol, file_of, name_at, producers, references, renamed, span, symbols
from layerzoo.editor.parsed import Parsed, parse
from layerzoo.editor.positions import Lines, Place
from layerzoo.errors import LayerzooError
from layerzoo.formatting import formatted
from layerzoo.loader import parse_net
from layerzoo.version import __version__

EXPANDED: Final = "layerzoo/expanded"
"""The request for what `layerzoo expand` writes of a net: ``{uri}`` gives ``{text}`` or ``{error}``."""
DELAY: Final = 0.25
"""Seconds without a change after which a text is checked."""

_logger = logging.getLogger(__name__)
_KINDS: Final = {
    "field": types.CompletionItemKind.Field,
    "message": types.CompletionItemKind.Struct,
    "value": types.CompletionItemKind.EnumMember,
    "type": types.CompletionItemKind.Class,
    "blob": types.CompletionItemKind.Variable,
}
R = TypeVar("R")


def server(delay: float = DELAY) -> LanguageServer:
    """A language server, not yet started.

    Args:
        delay: seconds without a change after which a text is checked.
    """
    lsp = LanguageServer(
        "layerzoo", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental
    )
    checker = _Checker(lsp, delay)

    @lsp.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: types.DidOpenTextDocumentParams) -> None:
        await checker.check(params.text_document.uri, wait=False)

    @lsp.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        await checker.check(params.text_document.uri)

    @lsp.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(params: types.DidSaveTextDocumentParams) -> None:
        await checker.check(params.text_document.uri, wait=False)

    @lsp.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        checker.forget(params.text_document.uri)

    @lsp.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[":", " ", '"', "\n", "{"])
    )
    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        return _safely(_complete, [], lsp, params)

    @lsp.feature(types.TEXT_DOCUMENT_HOVER)
    def explain(params: types.HoverParams) -> types.Hover | None:
        return _safely(_hover, None, lsp, params)

    @lsp.feature(types.TEXT_DOCUMENT_DEFINITION)
    def define(params: types.DefinitionParams) -> list[types.Location]:
        return _safely(_definition, [], lsp, params)

    @lsp.feature(types.TEXT_DOCUMENT_REFERENCES)
    def refer(params: types.ReferenceParams) -> list[types.Location]:
        return _safely(_references, [], lsp, params)

    @lsp.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(params: types.PrepareRenameParams) -> types.Range | None:
        return _safely(_prepare_rename, None, lsp, params)

    @lsp.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        return _safely(_rename, None, lsp, params)

    @lsp.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        return _safely(_symbols, [], lsp, params)

    @lsp.feature(types.TEXT_DOCUMENT_FORMATTING)
    def reformat(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        return _safely(_formatting, None, lsp, params)

    @lsp.feature(EXPANDED)
    def expanded(params: Any) -> dict[str, str]:
        return _safely(_expanded, {"error": "the net can't be shown"}, lsp, params)

    return lsp


class _Checker:
    """Checks texts in a thread of its own, when no change has come for a moment, and publishes the faults.

    Attributes:
        asked: the number of the last request for each text; an older one is dropped.
    """

    def __init__(self, lsp: LanguageServer, delay: float) -> None:
        self.lsp, self.delay = lsp, delay
        self.asked: dict[str, int] = {}
        self.thread = ThreadPoolExecutor(1)

    async def check(self, uri: str, wait: bool = True) -> None:
        """Check a text as it is in the editor."""
        number = self.asked[uri] = self.asked.get(uri, 0) + 1
        if wait:
            await asyncio.sleep(self.delay)
        if self.asked.get(uri) != number:
            return
        document = self.lsp.workspace.get_text_document(uri)
        text, version = document.source, document.version
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self.thread, _safely, _diagnose, [], text, _path(uri, self.lsp))
        if self.asked.get(uri) == number:
            self.lsp.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def forget(self, uri: str) -> None:
        """Take back what was published of a text that is closed."""
        self.asked.pop(uri, None)
        self.lsp.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def _safely(answer: Callable[..., R], otherwise: R, *args: Any) -> R:
    """An answer; if a text makes it fail, another one, and a line in the log."""
    try:
        return answer(*args)
    except Exception:
        _logger.exception("%s failed; please report it", answer.__name__.strip("_"))
        return otherwise


def _path(uri: str, lsp: LanguageServer) -> Path | None:
    path = lsp.workspace.get_text_document(uri).path
    return Path(path) if path else None


def _parsed(lsp: LanguageServer, uri: str) -> tuple[Parsed, Lines]:
    text = lsp.workspace.get_text_document(uri).source
    return parse(text, _path(uri, lsp)), Lines(text)


def _range(lines: Lines, start: int, end: int) -> types.Range:
    return types.Range(types.Position(*lines.place(start)), types.Position(*lines.place(end)))


def _offset(lines: Lines, position: types.Position) -> int:
    return lines.offset(Place(position.line, position.character))


def _diagnose(text: str, path: Path | None) -> list[types.Diagnostic]:
    from layerzoo.editor.diagnostics import diagnostics  # imported here: torch takes seconds, in the thread

    lines = Lines(text)
    return [
        types.Diagnostic(
            _range(lines, one.start, one.end),
            one.message,
            severity=types.DiagnosticSeverity.Warning if one.is_warning else types.DiagnosticSeverity.Error,
            source="layerzoo",
        )
        for one in diagnostics(parse(text, path))
    ]


def _complete(lsp: LanguageServer, params: types.CompletionParams) -> list[types.CompletionItem]:
    uri = params.text_document.uri
    text = lsp.workspace.get_text_document(uri).source
    lines = Lines(text)
    found = completions(text, _offset(lines, params.position), _path(uri, lsp))
    if found is None:
        return []
    word, candidates = found
    where = _range(lines, word.start, word.end)
    return [
        types.CompletionItem(
            one.label,
            kind=_KINDS[one.kind],
            detail=one.detail,
            documentation=one.doc or None,
            sort_text=f"{number:04}",
            text_edit=types.TextEdit(where, one.text),
        )
        for number, one in enumerate(candidates)
    ]


def _hover(lsp: LanguageServer, params: types.HoverParams) -> types.Hover | None:
    config, lines = _parsed(lsp, params.text_document.uri)
    shown = hover(config, _offset(lines, params.position))
    if shown is None:
        return None
    text = types.MarkupContent(types.MarkupKind.Markdown, f"```text\n{shown.text.rstrip()}\n```")
    return types.Hover(text, _range(lines, shown.start, shown.end))


def _definition(lsp: LanguageServer, params: types.DefinitionParams) -> list[types.Location]:
    uri = params.text_document.uri
    config, lines = _parsed(lsp, uri)
    name = name_at(config, _offset(lines, params.position))
    if name is None:
        return []
    if name.kind == "file":
        file = file_of(config, name)
        start = types.Range(types.Position(0, 0), types.Position(0, 0))
        return [types.Location(file.resolve().as_uri(), start)] if file is not None else []
    return [types.Location(uri, _range(lines, *span(node))) for node in producers(config, name)]


def _references(lsp: LanguageServer, params: types.ReferenceParams) -> list[types.Location]:
    uri = params.text_document.uri
    config, lines = _parsed(lsp, uri)
    name = name_at(config, _offset(lines, params.position))
    nodes = references(config, name) if name is not None and name.kind != "file" else []
    return [types.Location(uri, _range(lines, *span(node))) for node in nodes]


def _prepare_rename(lsp: LanguageServer, params: types.PrepareRenameParams) -> types.Range | None:
    config, lines = _parsed(lsp, params.text_document.uri)
    name = name_at(config, _offset(lines, params.position))
    if name is None or name.kind == "file":
        return None
    start, end = span(name.node)
    quotes = config.source.text[start : start + 1] in ('"', "'")
    return _range(lines, start + quotes, end - quotes)


def _rename(lsp: LanguageServer, params: types.RenameParams) -> types.WorkspaceEdit | None:
    uri = params.text_document.uri
    config, lines = _parsed(lsp, uri)
    name = name_at(config, _offset(lines, params.position))
    if name is None or name.kind == "file" or not params.new_name or "\n" in params.new_name:
        return None
    edits = [
        types.TextEdit(_range(lines, start, end), text)
        for start, end, text in renamed(config, name, params.new_name)
    ]
    return types.WorkspaceEdit(changes={uri: edits})


def _symbols(lsp: LanguageServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    config, lines = _parsed(lsp, params.text_document.uri)
    return [_symbol(one, lines) for one in symbols(config)]


def _symbol(one: Symbol, lines: Lines) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        one.name or "(no name)",
        types.SymbolKind.Function if one.type == "subnet" else types.SymbolKind.Class,
        _range(lines, one.start, one.end),
        _range(lines, one.name_start, one.name_end),
        detail=one.type,
        children=[_symbol(inner, lines) for inner in one.inside],
    )


def _formatting(lsp: LanguageServer, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    config, lines = _parsed(lsp, params.text_document.uri)
    try:
        text = formatted(config.source)
    except LayerzooError:  # syntax faults, which the diagnostics show
        return None
    old = lsp.workspace.get_text_document(params.text_document.uri).source
    return [types.TextEdit(_range(lines, 0, len(old)), text)] if text != old else []


def _expanded(lsp: LanguageServer, params: Any) -> dict[str, str]:
    from layerzoo.net.plain import plain_net, with_origins  # imported here: torch takes seconds

    uri = params["uri"] if isinstance(params, dict) else params.uri
    config, _ = _parsed(lsp, uri)
    try:
        document = parse_net(config.source, path=config.path)
        return {"text": with_origins(plain_net(document), document)}
    except LayerzooError as error:
        return {"error": str(error)}
