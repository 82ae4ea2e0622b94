"""Preparing a checkout: what it finds, what it says, and that it needs nothing installed."""

import ast
import functools
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handrail.tasks.setup import browser, environment, libraries, system
from handrail.tasks.setup.console import Console
from handrail.tasks.setup.errors import Missing, StepFailed
from handrail.tasks.setup.settings import TORCH_INDEX, Settings, read_settings
from handrail.tasks.setup.stamp import Stamps, fingerprint

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(said: io.StringIO, tmp_path: Path) -> Console:
    return Console(tmp_path / "build" / "setup.log", said)


def program(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_it_runs_without_any_package() -> None:
    command = [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '.');"]
    command[-1] += "import runpy; sys.argv = ['setup', 'nonsense'];"
    command[-1] += "runpy.run_module('tasks.setup', run_name='__main__')"
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 2
    assert "usage: python3 -m tasks.setup {demo,test," in ended.stderr


def test_an_old_python_can_read_the_first_file() -> None:
    source = (ROOT / "tasks/setup/__main__.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    assert "from .steps import main" in source.partition("__main__")[2]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, (TORCH_INDEX, None, True)),
        ({"HANDRAIL_TORCH_INDEX": ""}, ("", None, True)),
        ({"HANDRAIL_TORCH_INDEX": "http://x/cpu/"}, ("http://x/cpu", None, True)),
        ({"HANDRAIL_BROWSER": "/usr/bin/chrome"}, (TORCH_INDEX, Path("/usr/bin/chrome"), True)),
        ({"HANDRAIL_APT": "no"}, (TORCH_INDEX, None, False)),
    ],
)
def test_settings(
    environ: Mapping[str, str], expected: tuple[str, Path | None, bool], tmp_path: Path
) -> None:
    settings = read_settings(tmp_path, environ)
    assert (settings.torch_index, settings.browser, settings.apt) == expected
    assert settings.python == tmp_path / ".venv" / "bin" / "python"


def test_a_failed_step_says_what_was_run_and_what_to_do(console: Console, tmp_path: Path) -> None:
    script = program(tmp_path / "fails", "printf 'no \\033[31mroom\\n' >&2; exit 3")
    with pytest.raises(StepFailed) as caught:
        console.run("the step", [str(script)], "make room")
    message = str(caught.value)
    assert "ended with 3" in message
    assert "room" in message
    assert "\033" not in message
    assert message.endswith("make room")


def test_a_program_that_is_not_there_is_a_failed_step(
    console: Console, said: io.StringIO, tmp_path: Path
) -> None:
    assert not console.attempt("the step", [str(tmp_path / "nothing")])
    assert "not possible here" in said.getvalue()


def test_a_step_that_hangs_is_ended(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handrail.tasks.setup.console._BEAT", 0.05)
    script = program(tmp_path / "hangs", "exec sleep 60")
    with pytest.raises(StepFailed, match="ran longer than"):
        console.run("the step", [str(script)], "", limit=0.2)


def test_stamps_are_remembered_and_differ(tmp_path: Path) -> None:
    stamps = Stamps(tmp_path / "stamps")
    assert stamps.read("dev") == ""
    stamps.write("dev", fingerprint("a", "b"))
    assert stamps.read("dev") == fingerprint("a", "b") != fingerprint("ab")


def test_the_type_links_lead_to_the_floors(tmp_path: Path) -> None:
    for floor in ("agent", "model", "actuators", "sandbox", "tasks"):
        (tmp_path / floor).mkdir()
    (tmp_path / "build/types/handrail").mkdir(parents=True)
    (tmp_path / "build/types/handrail/agent").symlink_to("nowhere")
    environment.link_types(tmp_path)
    environment.link_types(tmp_path)
    for link in (tmp_path / "build/types/handrail").iterdir():
        assert link.resolve() == tmp_path / link.name


class _Index(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200 if self.path == "/cpu/torch/" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on the terminal."""


@pytest.fixture
def index() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Index)
    thread = threading.Thread(target=functools.partial(server.serve_forever, 0.05))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_index_of_cpu_builds_is_asked_first(index: str, tmp_path: Path) -> None:
    assert environment.answers(Settings(tmp_path, torch_index=f"{index}/cpu"))
    assert not environment.answers(Settings(tmp_path, torch_index=f"{index}/other"))
    assert not environment.answers(Settings(tmp_path, torch_index="http://127.0.0.1:1/cpu"))
    assert not environment.answers(Settings(tmp_path, torch_index="not an address"))


def test_without_apt_a_person_is_told_what_to_install(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    packages = system.Packages(console, allowed=False)
    assert packages.prefix is None
    with pytest.raises(Missing, match="apt-get install xvfb openbox mousepad galculator xterm"):
        system.prepare_display(Settings(tmp_path), console, packages)


def test_apt_installs_what_is_missing(
    console: Console, said: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "env").symlink_to("/usr/bin/env")
    for name in ("Xvfb", "openbox"):
        program(tmp_path / name, "exit 0")
    program(
        tmp_path / "apt-get",
        f"""cd {tmp_path}; echo "$@" >> asked
        [ "$1" = install ] || exit 0
        for i in mousepad galculator xterm; do /bin/cp Xvfb $i; done""",
    )
    system.prepare_display(Settings(tmp_path), console, system.Packages(console, allowed=True))
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == ["update", "install --yes --no-install-recommends mousepad galculator xterm"]
    assert "apt-get install mousepad galculator xterm" in said.getvalue()


def test_accessibility_is_installed_by_its_packages(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    packages = system.Packages(console, allowed=False)
    system.prepare_accessibility(Settings(tmp_path), console, packages)
    program(tmp_path / "dpkg-query", '[ "$3" = dbus ] && printf installed')
    with pytest.raises(Missing, match="apt-get install at-spi2-core python3-gi"):
        system.prepare_accessibility(Settings(tmp_path), console, packages)


def test_toolkits_are_installed_by_their_packages(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "dpkg-query", '[ "$3" = python3-gi ] && printf installed')
    with pytest.raises(Missing, match=r"apt-get install gir1\.2-gtk-3\.0 python3-pyqt5"):
        system.prepare_toolkits(
            Settings(tmp_path), console, system.Packages(console, allowed=False)
        )


def test_what_copies_need_is_installed_by_its_packages(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    packages = system.Packages(console, allowed=False)
    program(tmp_path / "dpkg-query", '[ "$3" = bubblewrap ] && printf installed')
    with pytest.raises(Missing, match="apt-get install fuse-overlayfs"):
        system.prepare_copies(Settings(tmp_path), console, packages)


def test_the_distribution_is_read(tmp_path: Path) -> None:
    release = tmp_path / "os-release"
    assert system.distribution(release) == ""
    release.write_text('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', encoding="utf-8")
    assert system.distribution(release) == "ubuntu"


def test_a_browser_has_to_start(tmp_path: Path) -> None:
    works = program(tmp_path / "works", "echo '<html><head></head><body></body></html>'")
    broken = program(tmp_path / "broken", "echo 'missing libnss3.so' >&2; exit 127")
    assert browser.starts(works)
    assert not browser.starts(broken)
    assert not browser.starts(tmp_path / "nothing")


def test_a_named_browser_that_does_not_start_is_refused(console: Console, tmp_path: Path) -> None:
    named = program(tmp_path / "broken", "exit 1")
    with pytest.raises(Missing, match="HANDRAIL_BROWSER="):
        browser.prepare(
            Settings(tmp_path, browser=named), console, system.Packages(console, allowed=False)
        )


def test_a_named_browser_is_tried_once(console: Console, tmp_path: Path) -> None:
    named = program(tmp_path / "works", f"echo x >> {tmp_path}/starts; echo '<html></html>'")
    settings = Settings(tmp_path, browser=named)
    settings.python.parent.mkdir(parents=True)
    program(settings.python, "exit 0")
    for _ in range(2):
        browser.prepare(settings, console, system.Packages(console, allowed=False))
    assert (tmp_path / "starts").read_text(encoding="utf-8") == "x\n"


def test_a_named_browser_needs_the_driver_all_the_same(console: Console, tmp_path: Path) -> None:
    named = program(tmp_path / "works", "echo '<html></html>'")
    settings = Settings(tmp_path, browser=named)
    settings.python.parent.mkdir(parents=True)
    program(settings.python, "echo 'node: libatomic.so.1: cannot open' >&2; exit 127")
    with pytest.raises(Missing, match="apt-get install libatomic1"):
        browser.prepare(settings, console, system.Packages(console, allowed=False))


def test_a_driver_that_does_not_start_names_its_packages(console: Console, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.python.parent.mkdir(parents=True)
    program(settings.python, "echo 'node: libatomic.so.1: cannot open' >&2; exit 127")
    packages = system.Packages(console, allowed=False)
    with pytest.raises(Missing, match=r"libatomic\.so\.1(.|\n)*apt-get install libatomic1"):
        libraries.prepare_driver(settings, packages)
    program(settings.python, "exit 0")
    libraries.prepare_driver(settings, packages)
    settings.python.unlink()
    libraries.prepare_driver(settings, packages)
