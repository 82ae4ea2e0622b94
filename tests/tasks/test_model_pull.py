"""Models are pulled from a hub, whole or not at all, and checked against what was published."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handrail.model.errors import CheckpointError
from handrail.tasks.errors import ExitCode
from handrail.tasks.model_hashes import Compared, compare, published
from handrail.tasks.run_model import model_folder

NAME, COMMIT = "some/pocket", "a" * 40
LARGE = "model.safetensors"


class Hub:
    """Publishes the pocket model as the Hugging Face Hub would; may hang up in a large file."""

    def __init__(self) -> None:
        self.files = {f.name: f.read_bytes() for f in model_folder("pocket").iterdir()}
        self.files["training.log"] = b"not wanted"
        self.hang_ups, self.odd, self.dead = 0, False, False
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def api(self, path: str) -> bytes:
        if self.odd:
            return b'["?"]'
        if "/tree/" in path:
            tree = [{"type": "file", "path": n, "size": len(c), "oid": _blob(c)}
                    for n, c in self.files.items()]  # fmt: skip
            return json.dumps(tree).encode()
        names = [{"rfilename": name} for name in self.files]
        return json.dumps({"id": NAME, "sha": COMMIT, "siblings": names}).encode()


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            hub.asked.append((self.command, self.path, dict(self.headers)))
            if hub.dead:
                self.close_connection = True
                return
            if self.path.startswith(f"/api/models/{NAME}"):
                self._send(200, hub.api(self.path), {}, body)
                return
            content = hub.files.get(self.path.rpartition("/")[2])
            if content is None or NAME not in self.path:
                self._send(404, b"", {"X-Error-Code": "RepoNotFound"}, body)
                return
            large = self.path.endswith(LARGE)
            tag = hashlib.sha256(content).hexdigest() if large else _blob(content)
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{tag}"'}
            begin, status = 0, 200
            if (asked := self.headers.get("Range")) and body:
                begin, status = int(asked.removeprefix("bytes=").split("-")[0]), 206
                headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
            self._send(status, content[begin:], headers, body, large)

        def _send(
            self, status: int, content: bytes, headers: dict[str, str], body: bool,
            large: bool = False,
        ) -> None:  # fmt: skip
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if not body:
                return
            if large and hub.hang_ups:
                hub.hang_ups -= 1
                self.wfile.write(content[: len(content) * 3 // 4])
                self.close_connection = True
                return
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    return Handler


@pytest.fixture
def hub() -> Iterator[tuple[Hub, ThreadingHTTPServer]]:
    made = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made, server
    server.shutdown()
    thread.join()
    server.server_close()


def pull(server: ThreadingHTTPServer, data: Path, name: str = NAME) -> tuple[int, str, str]:
    told = {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "XDG_DATA_HOME": str(data),
        "HF_HOME": str(data / "hf"),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "handrail.tasks.cli", "model", "pull", name],
        env={**os.environ, **told}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return ended.returncode, ended.stdout.strip(), ended.stderr


def test_a_model_is_pulled_and_goes_on_where_it_was_cut(
    hub: tuple[Hub, ThreadingHTTPServer], tmp_path: Path
) -> None:
    published_by, server = hub
    published_by.hang_ups = 1
    code, out, err = pull(server, tmp_path)
    assert code == ExitCode.SUCCESS, err
    folder = Path(out)
    assert folder == tmp_path / "handrail/models" / NAME
    for name, content in published_by.files.items():
        if name == "training.log":
            assert not (folder / name).exists()
        else:
            assert (folder / name).read_bytes() == content
    resumed = [h["Range"] for _, p, h in published_by.asked if p.endswith(LARGE) and "Range" in h]
    assert len(resumed) == 1
    assert int(resumed[0].removeprefix("bytes=").removesuffix("-")) > 0
    assert not any("elemetry" in path for _, path, _ in published_by.asked)


def test_a_pulled_model_needs_no_network(
    hub: tuple[Hub, ThreadingHTTPServer], tmp_path: Path
) -> None:
    published_by, server = hub
    assert pull(server, tmp_path)[0] == ExitCode.SUCCESS
    folder = tmp_path / "handrail/models" / NAME
    assert compare(folder) == Compared(len(published_by.files) - 1, ())
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "HF_ENDPOINT": "http://[::1]:9"}
    checked = subprocess.run(
        [sys.executable, "-m", "handrail.tasks.cli", "model", "check", NAME],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == ExitCode.SUCCESS, checked.stderr
    assert "files are as published" in checked.stdout


def test_a_file_that_is_not_as_published_is_named(
    hub: tuple[Hub, ThreadingHTTPServer], tmp_path: Path
) -> None:
    assert pull(hub[1], tmp_path)[0] == ExitCode.SUCCESS
    folder = tmp_path / "handrail/models" / NAME
    assert len(published(folder)[LARGE]) == 64
    for name in (LARGE, "config.json"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        with pytest.raises(CheckpointError, match=f"{name} differs from what was published"):
            compare(folder)
        (folder / name).unlink()
        with pytest.raises(CheckpointError, match=f"{name} cannot be read"):
            compare(folder)
        (folder / name).write_bytes(kept)
    assert compare(folder).same > 0
    (folder / "chat_template.json").write_text("{}")
    assert compare(folder).strangers == ("chat_template.json",)
    (folder / ".cache/huggingface/download/x.metadata").mkdir()
    assert compare(folder).same > 0


def test_what_cannot_be_pulled_is_one_clear_line(
    hub: tuple[Hub, ThreadingHTTPServer], tmp_path: Path
) -> None:
    published_by, server = hub
    code, _, err = pull(server, tmp_path, "some/other")
    assert code == ExitCode.USAGE
    assert "some/other could not be pulled" in err.splitlines()[-1]
    published_by.odd = True
    code, _, err = pull(server, tmp_path)
    assert code == ExitCode.USAGE
    assert "answers oddly" in err.splitlines()[-1]
    published_by.dead = True
    code, _, err = pull(server, tmp_path)
    assert code == ExitCode.USAGE, err
    assert "could not be pulled" in err.splitlines()[-1]


def test_a_model_that_was_not_pulled_has_no_hashes(tmp_path: Path) -> None:
    assert published(tmp_path) == {}
    assert compare(tmp_path) == Compared(0, ())
