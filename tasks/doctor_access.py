"""Whether programs tell what lies in their windows: on displays of our own, and on the user's."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.xvfb_bus import missing

_OWN = "on displays of Handrail's own"


def accessibility(environ: Mapping[str, str]) -> str:
    """Say where windows have known insides. Raises EnvironmentMissing where nowhere."""
    absent, user = missing(environ), _user_display(environ)
    own = f"not on displays of Handrail's own, without {absent}" if absent else _OWN
    words = f"{own}; {user or 'on DISPLAY'}"
    if absent and user:
        raise EnvironmentMissing(f"{words}: of programs only their windows are known")
    return words


def _user_display(environ: Mapping[str, str]) -> str:
    """Return why the user's display tells nothing, empty where it does."""
    display = environ.get("DISPLAY", "")
    if not display:
        return "DISPLAY is not set"
    try:  # here, because python-xlib is installed on Linux only
        from handrail.actuators.x11 import X11Link
        from handrail.actuators.x11_tree import X11Tree, address_of
    except ImportError:
        return "not on this system's display"
    with ExitStack() as opened:
        try:
            link = opened.enter_context(closing(X11Link(display)))
        except EnvironmentMissing:
            return f"not on {display}, which does not answer"
        tree = X11Tree(link, partial(address_of, display, link, environ))
        opened.callback(tree.close)
        return "" if tree.answers() else f"not on {display}, which has no accessibility bus"
