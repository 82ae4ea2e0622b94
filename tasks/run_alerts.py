"""The alerts of a run: raised by its journal, written into it, told to whom the user named.

Who follows the run hears of them too: the live view prints them, the report shows them.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from handrail.agent.listener import Listener
from handrail.sandbox.alerts import Watchman
from handrail.sandbox.journal import Journal
from handrail.sandbox.records import Alert, Entry
from handrail.sandbox.rulebook import Rulebook
from handrail.tasks.alert_delivery import Message, Messenger
from handrail.tasks.bystanders import unfailing
from handrail.tasks.known_origins import keep_origins, known_origins

RAISED = "handrail.alerts.raised"
"""The log of the alerts themselves, apart from that of telling them."""
_LOG = logging.getLogger(RAISED)


@contextmanager
def alarmed(
    journal: Journal, policy: Rulebook, root: Path, environ: Mapping[str, str]
) -> Iterator[None]:
    """Raise alerts while a run goes on; ``root`` is the folder of all runs."""
    tables = policy.alerts
    if not any(table.raises for table in tables):
        yield
        return
    origins = any(table.new_origin for table in tables)
    watchman = Watchman(tables, known_origins(root) if origins else ())
    messengers = [Messenger(table, environ) for table in tables if table.tells]

    def heard(entry: Entry) -> None:
        for alert in watchman.heard(entry):
            raised = journal.append(alert)
            _LOG.warning("alert in %s: %s", journal.run_id, alert.reason)
            for messenger in messengers:
                messenger.tell(_message(raised, alert))

    journal.follow(unfailing(heard))
    try:
        yield
    finally:
        if origins:
            keep_origins(root, watchman.met)
        for messenger in messengers:
            messenger.close()


def telling(listener: Listener) -> Callable[[Entry], None]:
    """Return a follower of a journal that tells a listener of the alerts in it."""

    def alerts(entry: Entry) -> None:
        if isinstance(entry.record, Alert):
            listener.alerted(entry.record)

    return unfailing(alerts)


def _message(entry: Entry, alert: Alert) -> Message:
    """Return what is told outside: the alert, and where it stands."""
    return {
        "version": 1,
        "run": entry.run,
        "record": alert.record,
        "rule": alert.rule,
        "reason": alert.reason,
        "time": datetime.fromtimestamp(entry.time, UTC).isoformat(timespec="milliseconds"),
    }
