"""A shop on the loopback interface, with a database of its own: products, a cart, orders.

The cart is in the page's local storage; an order is a posted form and becomes a row. Every control
has a fixed place on a window of 1280x800. The address holds a random token, as every site's here.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from handrail.actuators.geometry import Point
from handrail.tasks.sites.handler import LARGEST_BODY
from handrail.tasks.sites.render import template
from handrail.tasks.sites.shop_store import ShopStore

PLACES = {
    "lamp": (420, 140),
    "chair": (420, 200),
    "rug": (420, 260),
    "checkout": (420, 340),
    "name": (160, 300),
    "street": (160, 360),
    "order": (160, 430),
    "cancel": (40, 200),
}
"""The left upper corner of each control, in CSS pixels."""
VOLATILE = ("ticket",)
"""Fields of its forms that have another value each time."""


def point(control: str) -> Point:
    """Return a pixel on a control, at scale 1."""
    left, top = PLACES[control]
    return Point(x=left + 60, y=top + 20)


@dataclass(frozen=True)
class Received:
    """A request that is not a GET, as the server got it."""

    method: str
    path: str
    fields: tuple[tuple[str, str], ...]


class Shop:
    """The shop, open until ``close``; ``received`` is every request that may change something."""

    def __init__(self, store: ShopStore | None = None) -> None:
        self.store = ShopStore() if store is None else store
        self.received: list[Received] = []
        self._root = f"/{secrets.token_urlsafe(16)}"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Return the address of the first page."""
        return f"http://127.0.0.1:{self._server.server_port}{self._root}/"

    def close(self) -> None:
        """Stop serving, and close the database."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def page(self, target: str) -> tuple[HTTPStatus, str]:
        """Return a page's HTML."""
        parts = urlsplit(target)
        path, asked = parts.path.removeprefix(self._root), parse_qs(parts.query)
        if not parts.path.startswith(f"{self._root}/"):
            return HTTPStatus.NOT_FOUND, ""
        if path == "/":
            return HTTPStatus.OK, self._shown("products", "Products")
        if path == "/checkout":
            return self._checkout({name: values[0] for name, values in asked.items()})
        number = path.removeprefix("/orders/")
        for order in self.store.orders():
            if str(order.number) == number:
                words = f"Order {order.number}: {order.items} for {order.total}, {order.state}."
                still = order.state == "open"
                told = self._shown("order", "Thank you", words=words, number=number, open=still)
                return HTTPStatus.OK, told
        return HTTPStatus.NOT_FOUND, self._refused("There is no such page.")

    def posted(self, target: str, body: bytes) -> tuple[HTTPStatus, str]:
        """Take a posted form; return where to go on, or why not."""
        path = target.removeprefix(self._root)
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        self.received.append(Received("POST", path, tuple(pairs)))
        try:
            if path == "/orders":
                number = str(self.store.order(dict(pairs)))
            else:
                number = path.removeprefix("/orders/").removesuffix("/cancel")
                self.store.cancel(int(number))
        except ValueError as error:
            return HTTPStatus.CONFLICT, self._refused(str(error))
        return HTTPStatus.SEE_OTHER, f"{self._root}/orders/{number}"

    def _checkout(self, asked: Mapping[str, str]) -> tuple[HTTPStatus, str]:
        items = asked.get("items", "")
        try:
            lines = self.store.lines(items)
            total = self.store.total(items)
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, self._refused(str(error))
        return HTTPStatus.OK, self._shown(
            "checkout",
            "Checkout",
            items=items,
            lines=[f"{count} x {product.name}, {product.price} each" for product, count in lines],
            total=total,
            ticket=self.store.ticket(),
            name=asked.get("name", ""),
            street=asked.get("street", ""),
        )

    def _refused(self, words: str) -> str:
        return self._shown("refused", "Sorry", words=words)

    def _shown(self, page: str, title: str, **told: object) -> str:
        products = self.store.products()
        return template("shop").render(
            page=page, title=title, root=self._root, places=PLACES, products=products, **told
        )


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(*shop.page(self.path))

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST_BODY:
                self.close_connection = True
                self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "")
                return
            self._answer(*shop.posted(self.path, self.rfile.read(int(length))))

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal for the run."""

        def _answer(self, status: HTTPStatus, content: str) -> None:
            moved = status is HTTPStatus.SEE_OTHER
            body = b"" if moved else content.encode()
            self.send_response(status)
            if moved:
                self.send_header("Location", content)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

    return Handler
