"""Pages that send in every way that a page can, each when its button is pressed.

``THERE`` stands for where it sends to, ``FIRST`` for what is redirected there, ``OTHER`` for the
other origin, ``CASE`` for what the case carries everywhere, ``SILENT`` for what is never sent.
"""

from dataclasses import dataclass

from tests.actuators.browser.counting import Counting

_STYLE = "style='width:200px;height:60px;display:block'"
_TITLE = "<!doctype html><title>page</title>"
_POST = "fetch('THERE', {method: 'POST', body: 'a=1'}).catch(() => 0)"
_NEXT = "location.href = '/x/CASE'"
_FRAME = (
    "const f = document.createElement('iframe'); f.src = 'OTHER/x/CASE'; document.body.append(f)"
)
_SUBMITS = (
    "<form method=post action=THERE><input name=a value=1></form>"
    "<script>document.forms[0].submit()</script>"
)


def _clicked(code: str) -> str:
    return (
        f"{_TITLE}<button id=t {_STYLE}>Go</button><script>t.onclick = () => {{ {code} }}</script>"
    )


def _form(more: str, to: str = "THERE") -> str:
    field = "<input type=hidden name=a value=1>"
    return f'{_TITLE}<form action="{to}" {more}>{field}<button id=t {_STYLE}>Go</button></form>'


def _link(more: str, to: str = "THERE") -> str:
    return f'{_TITLE}<a id=t {_STYLE} href="{to}" {more}>Go there now</a>'


@dataclass(frozen=True)
class Kind:
    """One way to send: a page, the page or script at ``/x/CASE``, and the method that arrives.

    ``hop``: the status that redirects the first request to the one that counts. ``leads``: what is
    sent would take the page's place. ``saves``: it would become a file.
    """

    name: str
    page: str
    method: str = "POST"
    more: str = ""
    script: bool = False
    hop: int = 0
    leads: bool = False
    saves: bool = False

    def shown(self, site: Counting, token: str, elsewhere: bool) -> tuple[str, list[str]]:
        """Serve it; return its address, and the addresses that it sends to, one after another."""
        there = "other" if elsewhere else "home"
        folder = "file" if self.name == "attachment" else "take"
        to = f"{site.other if elsewhere else site.home}/{folder}/{token}"
        first = f"{site.home}/hop/{self.hop}/{there}/take/{token}"
        words = {
            "THERE": to,
            "FIRST": first,
            "OTHER": site.other,
            "SILENT": f"{site.home}/silent/{token}",
            "CASE": token,
        }
        if self.more:
            kind = "text/javascript" if self.script else "text/html"
            site.show(f"/x/{token}", _filled(self.more, words), kind)
        address = site.show(f"/page/{token}", _filled(self.page, words))
        return address, [first, to] if self.hop else [to]


def _filled(text: str, words: dict[str, str]) -> str:
    for word, said in words.items():
        text = text.replace(word, said)
    return text


KINDS = (
    Kind("form", _form("method=post"), leads=True),
    Kind("upload", _form("method=post enctype='multipart/form-data'"), leads=True),
    Kind("fetch", _clicked(_POST)),
    Kind("put", _clicked("fetch('THERE', {method: 'PUT', body: '{}'}).catch(() => 0)"), "PUT"),
    Kind("delete", _clicked("fetch('THERE', {method: 'DELETE'}).catch(() => 0)"), "DELETE"),
    Kind("xhr", _clicked("const x = new XMLHttpRequest(); x.open('POST', 'THERE'); x.send('a=1')")),
    Kind("beacon", _clicked("navigator.sendBeacon('THERE', 'a=1')")),
    Kind("ping", _link("ping='THERE'", to="#here")),
    Kind("websocket", _clicked("new WebSocket('THERE'.replace('http', 'ws'))"), "WS"),
    Kind(
        "service worker",
        _clicked(
            "navigator.serviceWorker.register('/x/CASE', {scope: '/'})"
            ".then(() => navigator.serviceWorker.ready).then(r => r.active.postMessage(1))"
            f".catch(() => {_POST})"
        ),
        more="onmessage = () => fetch('SILENT', {method: 'POST', body: 'a=1'})",
        script=True,
    ),
    Kind("worker", _clicked("new Worker('/x/CASE')"), more=_POST, script=True),
    Kind("shared worker", _clicked("new SharedWorker('/x/CASE')"), more=_POST, script=True),
    Kind("frame", _clicked(_FRAME), more=f"<script>{_POST}</script>"),
    Kind("form in a frame", _clicked(_FRAME), more=_SUBMITS),
    Kind("307", _form("method=post", to="FIRST"), hop=307, leads=True),
    Kind("308", _clicked(_POST.replace("THERE", "FIRST")), hop=308),
    Kind(
        "keepalive at unload",
        _clicked(
            "onpagehide = () => fetch('THERE', {method: 'POST', body: 'a=1', keepalive: true});"
            + _NEXT
        ),
        more=_TITLE,
    ),
    Kind(
        "beacon at unload",
        _clicked("onpagehide = () => navigator.sendBeacon('THERE', 'a=1');" + _NEXT),
        more=_TITLE,
    ),
    Kind("new tab", _form("method=post target=_blank")),
    Kind("window.open", _clicked("window.open('/x/CASE')"), more=f"<script>{_POST}</script>"),
    Kind("get form", _form(""), "GET", leads=True),
    Kind("window.open there", _clicked("window.open('THERE?a=1')"), "GET"),
    Kind(
        "meta refresh",
        _clicked(_NEXT),
        "GET",
        more="<meta http-equiv=refresh content='0; url=THERE?a=1'>",
    ),
    Kind("attachment", _link(""), "GET", saves=True),
    Kind("download", _link("download"), "GET", saves=True),
    Kind(
        "fetch later",
        _clicked("fetchLater('THERE', {method: 'POST', body: 'a=1', activateAfter: 0})"),
    ),
)
