r"""Names of files as text that can be written down, and back.

Promises
- ``read(written(name)) == name`` for every name that a file system allows, UTF-8 or not.
- What is written is printable: control characters, bytes that are not UTF-8 and the backslash stand
  as ``\xNN``, so that no name can break a line, a record or a terminal.

Does not promise
- That a name is short, or says what the file holds.
"""

import re

_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


def written(name: bytes) -> str:
    """Return a name or a path as printable text."""
    text = name.decode("utf-8", "surrogateescape")
    if _stands_for_itself(text):
        return text
    shown = []
    for character in text:
        plain = character.isprintable() and character != "\\"
        raw = character.encode("utf-8", "surrogateescape")
        shown.append(character if plain else "".join(f"\\x{byte:02x}" for byte in raw))
    return "".join(shown)


def read(text: str) -> bytes:
    """Return the name that was written so. Raises ValueError for what ``written`` never returns."""
    if _stands_for_itself(text):
        return text.encode("utf-8")
    name = b"".join(
        bytes([int(part, 16)]) if odd else part.encode("utf-8")
        for odd, part in ((index % 2, part) for index, part in enumerate(_ESCAPE.split(text)))
    )
    if written(name) != text:
        raise ValueError(f"{text!a} is not a written name of a file")
    return name


def _stands_for_itself(text: str) -> bool:
    """Tell whether nothing has to be escaped, as in nearly every name."""
    return text.isprintable() and "\\" not in text
