"""The language server, through the protocol over stdin and stdout."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from layerzoo.editor.completion import completions
from layerzoo.editor.cursor import cursor_at
from layerzoo.editor.diagnostics import diagnostics
from layerzoo.editor.hover import hover
from layerzoo.editor.names import name_at, producers, references, renamed, symbols
from layerzoo.editor.parsed import parse
from tests.editor.texts import BLOCKS, PROTOTXT, YAML
from tests.shipped import FOLDER

USE = """\
subnet {
  name: "block"
  layer { name: "x" type: "Input" top: "x" }
  layer { name: "a" type: "ReLU" bottom: "x" top: "y" }
}
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }
layer { name: "c" type: "Call" bottom: "x" top: "y" subnet_param { net: "block" } }
"""
URI = "file:///tmp/none/net.prototxt"
DEADLINE = 60


class Client:
    """An editor that has one text open.

    Attributes:
        published: the diagnostics that were published, the newest last.
    """

    def __init__(self) -> None:
        self.lsp = LanguageClient("test", "1")
        self.published: list[types.PublishDiagnosticsParams] = []
        self.news = asyncio.Event()
        self.text = ""
        self.version = 0

        @self.lsp.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.published.append(params)
            self.news.set()

    async def open(self, text: str, uri: str = URI) -> list[str]:
        """Open a text; the messages that are published."""
        self.text, self.version = text, 1
        self.news.clear()
        item = types.TextDocumentItem(uri, "prototxt", 1, text)
        self.lsp.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.messages()

    async def change(self, old: str, new: str) -> list[str]:
        """Replace a part of the text; the messages that are published."""
        start = self.text.index(old)
        where = types.Range(self.position(start), self.position(start + len(old)))
        self.text = self.text.replace(old, new, 1)
        self.version += 1
        self.news.clear()
        document = types.VersionedTextDocumentIdentifier(self.version, URI)
        changes: list[Any] = [types.TextDocumentContentChangePartial(where, new)]
        self.lsp.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))
        return await self.messages()

    async def messages(self) -> list[str]:
        await asyncio.wait_for(self.news.wait(), DEADLINE)
        return [one.message for one in self.published[-1].diagnostics]

    def position(self, offset: int) -> types.Position:
        before = self.text[:offset]
        return types.Position(before.count("\n"), offset - (before.rfind("\n") + 1))

    def at(self, word: str, after: int = 0) -> dict[str, Any]:
        """The arguments of a request about a word."""
        position = self.position(self.text.index(word) + after)
        return {"text_document": types.TextDocumentIdentifier(URI), "position": position}


@asynccontextmanager
async def editor() -> AsyncIterator[Client]:
    client = Client()
    await client.lsp.start_io(sys.executable, "-m", "layerzoo", "lsp")
    capabilities = types.ClientCapabilities()
    await client.lsp.initialize_async(types.InitializeParams(capabilities, process_id=None))
    client.lsp.initialized(types.InitializedParams())
    try:
        yield client
    finally:
        await client.lsp.shutdown_async(None)
        client.lsp.exit(None)
        await client.lsp.stop()


def run(session: Callable[[Client], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with editor() as client:
            await session(client)

    asyncio.run(asyncio.wait_for(whole(), 2 * DEADLINE))


def test_server_answers_by_the_protocol() -> None:
    async def session(client: Client) -> None:
        lsp = client.lsp
        assert await client.open(PROTOTXT) == []
        faults = await client.change("kernel_size: 3", "kernel_siz: 3")
        assert len(faults) == 1
        assert "unknown field 'kernel_siz'" in faults[0]
        marked = client.published[-1].diagnostics[0].range
        assert marked.start == client.position(client.text.index("kernel_siz"))
        assert await client.change("kernel_siz: 3", "kernel_size: 3") == []

        offered = await lsp.text_document_completion_async(
            types.CompletionParams(**client.at('"Pooling"', 3))
        )
        assert isinstance(offered, list)
        assert "Convolution" in [item.label for item in offered]

        shown = await lsp.text_document_hover_async(types.HoverParams(**client.at("num_output", 1)))
        assert shown is not None
        assert isinstance(shown.contents, types.MarkupContent)
        assert "ConvolutionParameter.num_output" in shown.contents.value

        word = 'conv" top: "pool"'
        where = await lsp.text_document_definition_async(types.DefinitionParams(**client.at(word)))
        assert isinstance(where, list)
        assert [one.range.start.line for one in where if isinstance(one, types.Location)] == [10]

        context = types.ReferenceContext(include_declaration=True)
        refers = await lsp.text_document_references_async(
            types.ReferenceParams(context=context, **client.at(word))
        )
        assert refers is not None
        assert [one.range.start.line for one in refers] == [6, 10, 10, 11]

        edit = await lsp.text_document_rename_async(types.RenameParams(new_name="c1", **client.at(word)))
        assert edit is not None
        assert edit.changes is not None
        assert [one.new_text for one in edit.changes[URI]] == ['"c1"'] * 4

        document = types.TextDocumentIdentifier(URI)
        outline = await lsp.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        assert outline is not None
        assert [one.name for one in outline] == ["data", "conv", "relu", "pool"]

        options = types.FormattingOptions(tab_size=2, insert_spaces=True)
        assert await client.change("  bottom:", "      bottom :") == []
        edits = await lsp.text_document_formatting_async(types.DocumentFormattingParams(document, options))
        assert edits is not None
        assert [one.new_text for one in edits] == [PROTOTXT]

        assert await client.change(client.text, USE) == []
        answer = await lsp.protocol.send_request_async("layerzoo/expanded", {"uri": URI})
        text = answer["text"] if isinstance(answer, dict) else answer.text
        assert 'name: "c/a"' in text
        assert "subnet" not in "".join(line for line in text.splitlines() if "#" not in line)

        assert await client.change(client.text, 'layer { name: "a" type: ') != []
        await lsp.text_document_completion_async(types.CompletionParams(**client.at("type", 6)))
        await lsp.text_document_hover_async(types.HoverParams(**client.at("type", 6)))
        assert await client.change(client.text, PROTOTXT) == []

        lsp.text_document_did_close(types.DidCloseTextDocumentParams(document))

    run(session)


def touch(text: str, offset: int, path: Path) -> None:
    """Ask everything of an offset."""
    config = parse(text, path)
    cursor_at(text, offset, path)
    completions(text, offset, path)
    hover(config, offset)
    for symbol in symbols(config):
        assert 0 <= symbol.start <= symbol.end <= len(text)
        assert 0 <= symbol.name_start <= symbol.name_end <= len(text)
    name = name_at(config, offset)
    if name is not None:
        producers(config, name)
        references(config, name)
        list(renamed(config, name, "new"))


@pytest.mark.parametrize(
    "name",
    [
        "lenet_train_test.yaml",
        "lenet_train_test.prototxt",
        "lenet_solver.prototxt",
        "lenet_solver.yaml",
        "ssd_shapes_train_test.yaml",
    ],
)
def test_truncated_configs_break_nothing(name: str) -> None:
    text, path = (FOLDER / name).read_text("utf-8"), FOLDER / name
    for number in range(60):
        end = (number * 7919) % (len(text) + 1)
        touch(text[:end], end, path)
        gap = (number * 104729) % (len(text) + 1)
        touch(text[:gap] + text[gap + 5 :], gap, path)


def test_truncated_blocks_break_nothing() -> None:
    for end in range(len(BLOCKS)):
        touch(BLOCKS[:end], end, Path("a.prototxt"))


def test_diagnostics_of_truncated_configs_break_nothing() -> None:
    files = ((PROTOTXT, "a.prototxt"), (YAML, "a.yaml"), (BLOCKS, "a.prototxt"))
    for text, path in ((text, Path(name)) for text, name in files):
        for end in range(0, len(text), 13):
            for one in diagnostics(parse(text[:end], path)):
                assert 0 <= one.start <= one.end <= end
