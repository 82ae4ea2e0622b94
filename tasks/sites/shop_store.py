"""The database of the bundled shop: what it sells, and what was ordered.

An order that it does not take is a ValueError that says why.
"""

import secrets
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

_FORM = """
create table products (key text primary key, name text not null, cents integer not null);
create table tickets (ticket text primary key);
create table orders (number integer primary key autoincrement, items text not null,
  total text not null, name text not null, street text not null, state text not null);
insert into products values ('lamp', 'Desk lamp', 3490), ('chair', 'Oak chair', 12900),
  ('rug', 'Wool rug', 8950);
"""


@dataclass(frozen=True)
class Product:
    """Something that is sold; ``cents`` is its price."""

    key: str
    name: str
    cents: int

    @property
    def price(self) -> str:
        """Return the price as it is shown."""
        return money(self.cents)


@dataclass(frozen=True)
class Order:
    """One row of the orders: ``items`` is ``key:count`` with commas."""

    number: int
    items: str
    total: str
    name: str
    street: str
    state: str


def money(cents: int) -> str:
    """Return an amount as it is shown."""
    return f"{cents // 100}.{cents % 100:02d}"


class ShopStore:
    """The database; it may be asked from any thread. Without a path it is in memory."""

    def __init__(self, path: Path | None = None) -> None:
        fresh = path is None or not path.exists()
        self._base = sqlite3.connect(path or ":memory:", check_same_thread=False)
        self._lock = threading.Lock()
        if fresh:
            self._base.executescript(_FORM)

    def close(self) -> None:
        """Close the database."""
        self._base.close()

    def products(self) -> tuple[Product, ...]:
        """Return what is sold."""
        with self._lock:
            rows = self._base.execute("select key, name, cents from products order by rowid")
            return tuple(Product(*row) for row in rows)

    def set_price(self, key: str, cents: int) -> None:
        """Change a price."""
        with self._lock, self._base:
            self._base.execute("update products set cents = ? where key = ?", (cents, key))

    def lines(self, items: str) -> list[tuple[Product, int]]:
        """Return what is meant by ``key:count`` with commas. Raises ValueError."""
        known = {one.key: one for one in self.products()}
        found = []
        for part in filter(None, items.split(",")):
            key, _, count = part.partition(":")
            if key not in known or not count.isdecimal() or not 0 < int(count) < 100:
                raise ValueError(f"{part!a} is nothing that can be ordered")
            found.append((known[key], int(count)))
        return found

    def total(self, items: str) -> str:
        """Return what these cost now. Raises ValueError."""
        return money(sum(product.cents * count for product, count in self.lines(items)))

    def ticket(self) -> str:
        """Return a new ticket: each is good for one order."""
        made = secrets.token_hex(8)
        with self._lock, self._base:
            self._base.execute("insert into tickets values (?)", (made,))
        return made

    def order(self, form: dict[str, str]) -> int:
        """Take an order and return its number. Raises ValueError."""
        items = form.get("items", "")
        if not items or form.get("total") != self.total(items):
            raise ValueError("the price has changed: please look again")
        if not form.get("name", "").strip() or not form.get("street", "").strip():
            raise ValueError("a name and a street are needed")
        with self._lock, self._base:
            used = self._base.execute(
                "delete from tickets where ticket = ?", (form.get("ticket", ""),)
            )
            if used.rowcount != 1:
                raise ValueError("this form was sent already: please start again")
            row = (items, form["total"], form["name"], form["street"], "open")
            made = self._base.execute(
                "insert into orders (items, total, name, street, state) values (?, ?, ?, ?, ?)", row
            )
            assert made.lastrowid is not None
            return made.lastrowid

    def cancel(self, number: int) -> None:
        """Cancel an order; a second time it stays so."""
        with self._lock, self._base:
            self._base.execute("update orders set state = 'cancelled' where number = ?", (number,))

    def orders(self) -> tuple[Order, ...]:
        """Return every order, the oldest first."""
        columns = "number, items, total, name, street, state"
        with self._lock:
            rows = self._base.execute(f"select {columns} from orders order by number")
            return tuple(Order(*row) for row in rows)
