"""The message bus of a display of our own, on which its programs tell what lies in their windows.

One bus serves its programs as session bus and as accessibility bus. Its socket lies in the
display's private folder, only this user may connect, and it starts no services: beside the programs
there is AT-SPI's registry on it and nothing else.
"""

import contextlib
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.first_line import first_line

_START_SECONDS = 10.0
_REGISTRY = "org.a11y.atspi.Registry"
_SERVICE = Path("dbus-1/accessibility-services/org.a11y.atspi.Registry.service")
_SHARES = "/usr/local/share:/usr/share"
# A program's answer is taken apart by Python: longer ones than these would keep it busy.
_CONFIG = """<?xml version="1.0"?>
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="false"/>
    <allow eavesdrop="false"/>
    <allow own="*"/>
  </policy>
  <limit name="max_message_size">4000000</limit>
  <limit name="max_replies_per_connection">50000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
</busconfig>
"""
Start = Callable[[list[str], Mapping[str, str], tuple[int, ...]], "subprocess.Popen[bytes]"]
"""Starts a program of the display: command, what its environment has more, what stays open."""


def missing(environ: Mapping[str, str]) -> str:
    """Name what is not installed of a bus and a registry; empty where both are there."""
    if shutil.which("dbus-daemon") is None:
        return "dbus-daemon (apt install dbus)"
    return "" if _registry(environ) else "AT-SPI's registry (apt install at-spi2-core)"


def start_bus(folder: Path, start: Start, environ: Mapping[str, str]) -> str:
    """Start bus and registry and return the address. Raises EnvironmentMissing."""
    if absent := missing(environ):
        raise EnvironmentMissing(f"no accessibility: {absent} is not installed")
    config = folder / "bus.conf"
    config.write_text(_CONFIG.format(socket=folder / "bus"), encoding="utf-8")
    command = ["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={config}"]

    def daemon(writer: int) -> None:
        start([*command, f"--print-address={writer}"], {}, (writer,))

    address = first_line("dbus-daemon", daemon, _START_SECONDS)
    start(_registry(environ), {"AT_SPI_BUS_ADDRESS": address}, ())
    _wait_for_registry(address)
    return address


def told_by(address: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which programs tell their windows to this bus."""
    modules = [environ.get("GTK_MODULES", ""), "gail", "atk-bridge"]
    return {
        "DBUS_SESSION_BUS_ADDRESS": address,
        "AT_SPI_BUS_ADDRESS": address,
        "GTK_MODULES": ":".join(m for m in modules if m),  # GTK 2; later ones have it built in
        "QT_ACCESSIBILITY": "1",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    }


def told_to_none() -> dict[str, str]:
    """Return the environment in which programs know no bus, not even the user's own."""
    return {"DBUS_SESSION_BUS_ADDRESS": "disabled:", "NO_AT_BRIDGE": "1"}


def _registry(environ: Mapping[str, str]) -> list[str]:
    """Return the registry's command as its package tells it, empty where there is none."""
    for folder in (environ.get("XDG_DATA_DIRS") or _SHARES).split(":"):
        with contextlib.suppress(OSError, UnicodeDecodeError, ValueError):
            for line in (Path(folder) / _SERVICE).read_text(encoding="utf-8").splitlines():
                if line.startswith("Exec=") and (words := shlex.split(line[5:])):
                    # Its options tell it of a session that this display does not have.
                    return words[:1] if Path(words[0]).exists() else []
    return []


def _wait_for_registry(address: str) -> None:
    from handrail.actuators.atspi_bus import AccessBus  # here: jeepney is installed on Linux only

    end = time.monotonic() + _START_SECONDS
    with contextlib.closing(AccessBus(address)) as bus:
        while not bus.owned(_REGISTRY, end):
            if time.monotonic() > end:
                raise EnvironmentMissing("no accessibility: AT-SPI's registry did not start")
            time.sleep(0.005)
