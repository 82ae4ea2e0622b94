"""What a policy wants kept while a run goes on, so that it can be put back: the table [restore].

Promises
- Folders are named whole: absolute or below the home folder, with no ``..`` in them, and never the
  whole file system.
- A compensation is a text that a person is told. It starts nothing, opens nothing and sends
  nothing.

Does not promise
- That what is named is there, or can be kept: that is found out when a run begins.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from handrail.sandbox.addresses import OriginPattern, PathPattern, path_of
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.rules import just_true

_TRUE = Annotated[Literal[True], BeforeValidator(just_true)]


def _folder(text: str) -> str:
    parts = text.split("/")
    rooted = parts[0] in {"", "~"} and any(parts[1:])
    if not rooted or not text.isprintable() or not {"..", "."}.isdisjoint(parts):
        raise ValueError(
            f'{text!a} is no folder that can be kept; allowed: "/home/ada/letters", "~/Documents"'
        )
    return text.rstrip("/")


def _plain(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("it is one line of plain text")
    return text


class Compensation(BaseModel):
    """What a person can do by hand about what was done at an origin, or at a path of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: Annotated[str, AfterValidator(lambda text: str(OriginPattern.parse(text)))]
    path: Annotated[str, AfterValidator(lambda text: str(PathPattern.parse(text)))] | None = None
    tell: Annotated[str, Field(max_length=500), AfterValidator(_plain)]

    def fits(self, url: str) -> bool:
        """Tell whether something was done there; an address that cannot be read fits nothing."""
        try:
            if not OriginPattern.parse(self.origin).matches(url):
                return False
            path = path_of(url)
        except UnreadableHost:
            return False
        return self.path is None or (
            path is not None and PathPattern.parse(self.path).matches(path, exactly=True)
        )


class Restore(BaseModel):
    """The table: folders, the clipboard, a browser's storage, and what to do by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[Annotated[str, AfterValidator(_folder)], ...] = ()
    clipboard: _TRUE | None = None
    storage: _TRUE | None = None
    compensation: tuple[Compensation, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        for one in self.files:
            inside = any(one.startswith(f"{other}/") for other in self.files)
            if inside or self.files.count(one) > 1:
                raise ValueError(f"files: {one!a} is named twice, or lies in another that is named")
        return self

    @property
    def keeps(self) -> bool:
        """Tell whether anything is to be kept."""
        return bool(self.files or self.clipboard or self.storage)

    def told(self, url: str) -> Iterator[str]:
        """Yield what a person can do about what was done at an address."""
        yield from (one.tell for one in self.compensation if one.fits(url))


def all_kept(tables: Iterable[Restore]) -> Restore:
    """Return the table that keeps all that these keep; a folder in another is kept with it."""
    found = tuple(tables)
    named = {one for table in found for one in table.files}
    inner = {one for one in named for other in named if one.startswith(f"{other}/")}
    return Restore(
        files=tuple(sorted(named - inner)),
        clipboard=True if any(table.clipboard for table in found) else None,
        storage=True if any(table.storage for table in found) else None,
        compensation=tuple(one for table in found for one in table.compensation),
    )
