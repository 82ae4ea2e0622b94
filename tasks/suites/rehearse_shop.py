"""Rehearse and commit an order in a shop: ``python -m handrail.tasks.suites.rehearse_shop``.

A scripted shopper orders a lamp. Asked of the shop's own database and of what its server received:
the rehearsal sends nothing and tells the one request; the commit makes exactly that, once; a second
commit makes nothing; a price that changed in between stops a commit before the order. With
``--unheld`` the rehearsal's requests are not held: the suite must then fail.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.sandbox.errors import SandboxError
from handrail.sandbox.rehearsal.consequences import RequestConsequence
from handrail.sandbox.rehearsal.telling import told
from handrail.tasks.browser_setting import add_browser, chosen_browser
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode, TaskError
from handrail.tasks.sites.shop import VOLATILE, Received, Shop
from handrail.tasks.suites.shopping import Shopper, committed


def problems(shop: Shop, shopper: Shopper) -> Iterator[str]:
    """Yield what is not as it must be, in order."""
    done = shopper.rehearsed()
    for line in told(done.consequences):
        say(f"  {line}")
    if shop.received:
        yield f"the rehearsal sent {len(shop.received)} requests"
        return
    shown = [one for one in done.consequences.found if isinstance(one, RequestConsequence)]
    if len(shown) != 1:
        yield f"the rehearsal tells {len(shown)} requests, not 1"
    end = committed(done.end.folder)
    say(f"  {end.words}")
    yield from _differences(shown, shop.received)
    again = committed(done.end.folder)
    say(f"  {again.words}")
    if len(shop.store.orders()) != 1:
        yield f"there are {len(shop.store.orders())} orders after two commits, not 1"
    other = shopper.rehearsed()
    shop.store.set_price("lamp", 9990)
    late = committed(other.end.folder)
    say(f"  {late.words}")
    if late.good or len(shop.store.orders()) != 1:
        yield "a price that had changed did not stop the commit"


def _differences(shown: Sequence[RequestConsequence], got: Sequence[Received]) -> Iterator[str]:
    """Yield how what was received differs from what was shown."""
    if len(shown) != len(got):
        yield f"{len(shown)} requests were shown, {len(got)} were received"
    for one, other in zip(shown, got, strict=False):
        fields = [(field.name, field.value) for field in one.fields if field.name not in VOLATILE]
        received = [pair for pair in other.fields if pair[0] not in VOLATILE]
        if (one.method, fields) != (other.method, received) or not one.url.endswith(other.path):
            yield f"{one.method} {one.url} {fields} was shown, {other} was received"


def main(argv: Sequence[str] | None = None) -> int:
    """Play it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.suites.rehearse_shop")
    parser.add_argument("--unheld", action="store_true", help="do not hold the requests")
    add_browser(parser)
    arguments = parser.parse_args(argv)
    program = chosen_browser(arguments.browser, os.environ)
    try:
        with Shop() as shop, tempfile.TemporaryDirectory(prefix="handrail-shop-") as runs:
            shopper = Shopper(shop.url, Path(runs) / "runs", program, not arguments.unheld)
            found = list(problems(shop, shopper))
    except (ActuatorError, SandboxError, TaskError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    for problem in found:
        complain(problem)
    say(f"{'NOT as' if found else 'as'} it must be")
    return ExitCode.FAILED if found else ExitCode.SUCCESS


if __name__ == "__main__":
    sys.exit(main())
