"""Downloads from a local server."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from layerzoo.errors import ConfigError, LayerzooError, ZooError
from layerzoo.tools.download_model_binary import is_plain_name, main, read_readme

WEIGHTS = b"weights" * 300_000
SHA1 = hashlib.sha1(WEIGHTS, usedforsecurity=False).hexdigest()


class Handler(BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        type(self).requests += 1
        if self.path != "/good.caffemodel":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(WEIGHTS)))
        self.end_headers()
        self.wfile.write(WEIGHTS)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def readme(folder, url, name="net.caffemodel", sha1=SHA1):
    (folder / "readme.md").write_text(
        f"---\nname: A net\ncaffemodel: {name}\ncaffemodel_url: {url}\n"
        f"license: unrestricted\nsha1: {sha1}\ngist_id: 1\n---\n\nWords: [about] it.\n"
    )


def test_weights_are_downloaded_once(url, tmp_path, capsys):
    readme(tmp_path, f"{url}/good.caffemodel")
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "net.caffemodel").read_bytes() == WEIGHTS
    requests = Handler.requests
    assert main([str(tmp_path)]) == 0
    assert Handler.requests == requests
    assert capsys.readouterr().out.endswith("Model already exists.\n")
    (tmp_path / "net.caffemodel").write_bytes(b"cut")
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "net.caffemodel").read_bytes() == WEIGHTS


def test_weights_with_another_sha1_are_not_stored(url, tmp_path):
    readme(tmp_path, f"{url}/good.caffemodel", sha1="0" * 40)
    with pytest.raises(ZooError, match=f"has the SHA-1 {SHA1}; readme.md expects 0000"):
        main([str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["readme.md"]


def test_missing_url_is_an_error(url, tmp_path):
    readme(tmp_path, f"{url}/bad.caffemodel")
    with pytest.raises(LayerzooError, match=r"can't be downloaded to .*404"):
        main([str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["readme.md"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter", "has no front matter"),
        ("---\ncaffemodel: a\nsha1: b\n---\n", "'caffemodel_url' is missing from the front matter"),
        (
            "---\ncaffemodel: ../a\ncaffemodel_url: http://x\nsha1: b\n---\n",
            r"readme.md:2:13: .*expected a file name without a folder",
        ),
        ("---\ncaffemodel: a\ncaffemodel_url: file:///etc/passwd\nsha1: b\n---\n", "expected https"),
        ("---\ncaffemodel: [\n---\n", "readme.md:"),
    ],
)
def test_read_readme_errors(text, message, tmp_path):
    (tmp_path / "readme.md").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_readme(tmp_path)


def test_read_readme_of_a_folder_without_one(tmp_path):
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        read_readme(tmp_path)


def test_is_plain_name_refuses_folders():
    assert is_plain_name("net.caffemodel")
    assert not any(map(is_plain_name, ("", ".", "..", "a/b", "/a", "a\\b", "C:a", "a/")))
