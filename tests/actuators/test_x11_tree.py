"""Where the accessibility bus of a display is found: in the session, or on the display itself."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from jeepney import DBusAddress, MessageType, new_method_call, new_method_return
from jeepney.io.blocking import open_dbus_connection

from handrail.actuators.atspi_bus import AccessBus, Node, Question, session_address
from handrail.actuators.errors import EnvironmentMissing, ObservationFailed
from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_tree import address_of
from handrail.actuators.xvfb import VirtualDisplay

SESSION = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


@pytest.fixture
def link(display: VirtualDisplay) -> Iterator[X11Link]:
    with closing(X11Link(display.name)) as opened:
        yield opened


@pytest.fixture
def launcher(display: VirtualDisplay) -> Iterator[None]:
    """Play the session's launcher on the display's bus: it names an address when it is asked."""
    with closing(open_dbus_connection(display.bus)) as bus:
        asked = new_method_call(SESSION, "RequestName", "su", ("org.a11y.Bus", 0))
        assert bus.send_and_get_reply(asked).body == (1,)

        def answer() -> None:
            while True:
                try:
                    message = bus.receive(timeout=20)
                except (OSError, EOFError, TimeoutError):
                    return
                if message.header.message_type is MessageType.method_call:
                    bus.send(new_method_return(message, "s", ("unix:path=/the/bus",)))
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()


def test_the_users_session_names_the_bus(
    display: VirtualDisplay, link: X11Link, launcher: None
) -> None:
    around = {"DISPLAY": display.name, "DBUS_SESSION_BUS_ADDRESS": display.bus}
    assert address_of(display.name, link, around) == "unix:path=/the/bus"


def test_another_display_names_its_own(display: VirtualDisplay, link: X11Link) -> None:
    around = {"DISPLAY": ":999", "AT_SPI_BUS_ADDRESS": "unix:path=/not/here"}
    assert address_of(display.name, link, around) == display.bus
    named = {**around, "DISPLAY": display.name}
    assert address_of(display.name, link, named) == "unix:path=/not/here"
    off = {"DISPLAY": display.name, "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
    assert address_of(display.name, link, off) == display.bus


def test_a_session_without_accessibility_names_none(display: VirtualDisplay) -> None:
    assert session_address(display.bus) == ""
    assert session_address("unix:path=/no/such/socket") == ""


def test_a_bus_that_is_not_there_is_told() -> None:
    for address in ("unix:path=/no/such/socket", "nonsense", ""):
        with pytest.raises(EnvironmentMissing, match="does not answer"):
            AccessBus(address)


def test_a_question_without_an_answer_ends_at_its_deadline(display: VirtualDisplay) -> None:
    with (
        closing(open_dbus_connection(display.bus)) as silent,
        closing(AccessBus(display.bus)) as bus,
    ):
        asked = Question(Node(silent.unique_name, "/"), "org.a11y.atspi.Accessible", "GetRole")
        with pytest.raises(ObservationFailed, match="did not answer"):
            bus.ask([asked], 0.0)
        nobody = Question(Node("org.nobody", "/"), "org.a11y.atspi.Accessible", "GetRole")
        assert bus.ask([nobody], time.monotonic() + 10) == [None]


def test_a_bus_that_went_away_is_told() -> None:
    with VirtualDisplay.start(320, 240, wm=False) as ending:
        bus = AccessBus(ending.bus)
    with closing(bus), pytest.raises(EnvironmentMissing, match="went away"):
        bus.owned("org.a11y.atspi.Registry", time.monotonic() + 10)
    assert bus.closed
