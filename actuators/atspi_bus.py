"""One connection to an accessibility bus: questions to programs, each within a time limit.

The only file that speaks to jeepney. A program that is stopped or busy answers nothing; then, and
where an answer is not of the expected kind, the question counts as not answered.
"""

import contextlib
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from handrail.actuators.errors import EnvironmentMissing, ObservationFailed

Answer = tuple[object, ...]
_CONNECT_SECONDS = 1.0
_UNREADABLE = (ValueError, LookupError, TypeError, AssertionError, struct.error)
_REGISTRY = "org.a11y.atspi.Registry"
_PROPERTIES = "org.freedesktop.DBus.Properties"


@dataclass(frozen=True)
class Node:
    """An accessible object: the unique name of its program on the bus, and its path there."""

    owner: str
    path: str


ROOT = Node(_REGISTRY, "/org/a11y/atspi/accessible/root")
"""The registry's root, whose children are the programs."""
_BUS = Node("org.freedesktop.DBus", "/org/freedesktop/DBus")


@dataclass(frozen=True)
class Question:
    """A method call on an object."""

    node: Node
    interface: str
    member: str
    signature: str = ""
    arguments: Answer = ()


def property_of(node: Node, interface: str, name: str) -> Question:
    """Return the question for a property's value; its answer holds a type and a value."""
    return Question(node, _PROPERTIES, "Get", "ss", (interface, name))


class AccessBus:
    """A connection to the bus at this address. Raises EnvironmentMissing where nobody answers."""

    def __init__(self, address: str) -> None:
        self.closed = False
        self._processes = dict[str, int]()
        try:
            self._link: DBusConnection = open_dbus_connection(
                address, auth_timeout=_CONNECT_SECONDS
            )
        except (*_UNREADABLE, OSError, EOFError, RuntimeError) as problem:
            raise EnvironmentMissing(
                f"the accessibility bus at {address!a} does not answer ({problem}): "
                "programs tell of their windows only"
            ) from problem

    def ask(self, questions: Sequence[Question], deadline: float) -> list[Answer | None]:
        """Put all the questions at once, and return an answer for each, None for an error.

        ``deadline`` is a ``time.monotonic`` for the last answer. Raises ObservationFailed where one
        is missing then, and EnvironmentMissing where the bus is gone.
        """
        try:
            awaited = {self._put(question): n for n, question in enumerate(questions)}
            answers: list[Answer | None] = [None] * len(questions)
            while awaited:
                told = self._link.receive(timeout=deadline - time.monotonic())
                number = awaited.pop(told.header.fields.get(HeaderFields.reply_serial), None)
                if number is not None and told.header.message_type is MessageType.method_return:
                    answers[number] = told.body
                if awaited and time.monotonic() > deadline:  # somebody floods this connection
                    raise TimeoutError
        except TimeoutError as problem:
            raise ObservationFailed(
                "a program did not answer on the accessibility bus"
            ) from problem
        except (OSError, EOFError) as problem:
            self.closed = True
            raise EnvironmentMissing(f"the accessibility bus went away: {problem}") from problem
        except _UNREADABLE as problem:  # nobody knows where the next answer begins
            self.close()
            raise ObservationFailed(f"the accessibility bus cannot be read: {problem}") from problem
        return answers

    def process(self, owner: str, deadline: float) -> int:
        """Return the process behind a unique name, as the bus knows it, or 0."""
        if owner not in self._processes:  # a bus gives no name twice
            asked = Question(_BUS, _BUS.owner, "GetConnectionUnixProcessID", "s", (owner,))
            (answer,) = self.ask([asked], deadline)
            self._processes[owner] = int(str(answer[0])) if answer else 0
        return self._processes[owner]

    def owned(self, name: str, deadline: float) -> bool:
        """Tell whether somebody on the bus has this name. Raises as ``ask`` does."""
        (answer,) = self.ask([Question(_BUS, _BUS.owner, "NameHasOwner", "s", (name,))], deadline)
        return bool(answer and answer[0])

    def close(self) -> None:
        """Hang up; safe to call twice."""
        self.closed = True
        with contextlib.suppress(OSError, EOFError):
            self._link.close()

    def _put(self, question: Question) -> int:
        node = question.node
        place = DBusAddress(node.path, bus_name=node.owner, interface=question.interface)
        call = new_method_call(
            place, question.member, question.signature or None, question.arguments
        )
        serial: int = next(self._link.outgoing_serial)
        self._link.send(call, serial=serial)
        return serial


def session_address(session: str, seconds: float = _CONNECT_SECONDS) -> str:
    """Return the accessibility bus that a session names, empty where it has none running.

    None is started: that is for the user's session to do.
    """
    launcher = Node("org.a11y.Bus", "/org/a11y/bus")
    deadline = time.monotonic() + seconds
    try:
        with contextlib.closing(AccessBus(session)) as bus:
            if not bus.owned(launcher.owner, deadline):
                return ""
            asked = Question(launcher, launcher.owner, "GetAddress")
            (answer,) = bus.ask([asked], deadline)
    except (EnvironmentMissing, ObservationFailed):
        return ""
    return str(answer[0]) if answer else ""
