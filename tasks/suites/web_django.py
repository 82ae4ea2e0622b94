"""Django's admin as it comes, in a fresh project of its own, on the loopback interface."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from handrail.tasks.errors import PackagesMissing
from handrail.tasks.suites.web_packages import WebPage

_START_SECONDS = 60.0
_PATHS = (
    "/admin/", "/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/user/1/change/",
    "/admin/auth/group/", "/admin/auth/group/add/", "/admin/password_change/",
    "/admin/auth/user/1/history/",
)  # fmt: skip


@dataclass(frozen=True)
class Admin:
    """A running admin: its address, the name and secret to sign in with, its database's file."""

    root: str
    user: str
    secret: str
    database: Path


def pages() -> tuple[WebPage, ...]:
    """Return the pages to look at after signing in."""
    return tuple(WebPage("django-admin", f"admin{i}", path) for i, path in enumerate(_PATHS))


@contextmanager
def serving(packages: Path) -> Iterator[Admin]:
    """Run a new project with an empty database until the block ends. Raises PackagesMissing."""
    with tempfile.TemporaryDirectory(prefix="handrail-admin-") as name:
        folder = Path(name)
        root, secret = f"http://127.0.0.1:{_free_port()}", secrets.token_urlsafe(12)
        admin = Admin(root, "examiner", secret, folder / "db.sqlite3")
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        environment = kept | {
            "PYTHONPATH": str(packages),
            "DJANGO_SUPERUSER_PASSWORD": admin.secret,
        }
        who = ("--username", admin.user, "--email", f"{admin.user}@example.org")
        for step in (
            ["-m", "django", "startproject", "site_under_test", "."],
            ["manage.py", "migrate", "--verbosity", "0"],
            ["manage.py", "createsuperuser", "--noinput", *who],
        ):
            _python(step, folder, environment)
        server = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", admin.root.split("//")[1]],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _await(server, admin)
            yield admin
        finally:
            server.terminate()
            server.wait()


def _python(step: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *step],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackagesMissing(f"django: {' '.join(step)} failed: {done.stderr.strip()[-300:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(server: subprocess.Popen[bytes], admin: Admin) -> None:
    host, _, port = admin.root.split("//")[1].partition(":")
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)
    raise PackagesMissing(f"Django's server did not answer at {admin.root}")
