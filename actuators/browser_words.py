"""Playwright's errors in one line of plain words, and addresses as they may be told."""

import re

_PREFIX = re.compile(r"^[A-Z]\w*\.\w+: ")
_USER = re.compile(r"(?<=://)[^/?#\s]*@")
_WHY = {
    "ERR_NAME_NOT_RESOLVED": "no such host",
    "ERR_CONNECTION_REFUSED": "the connection was refused",
    "ERR_SOCKS_CONNECTION_FAILED": "no such host, or the connection was refused",
    "ERR_CONNECTION_TIMED_OUT": "the connection timed out",
    "ERR_INTERNET_DISCONNECTED": "there is no network",
    "ERR_FILE_NOT_FOUND": "there is no such file",
    "ERR_EMPTY_RESPONSE": "the server closed the connection without an answer",
    "ERR_ABORTED": "it is a download, or the page stopped loading",
}


def without_user(text: str) -> str:
    """Return an address, or words that hold some, without the user's name and password in it."""
    return _USER.sub("", text)


def first_line(error: Exception) -> str:
    """Return an error's first line, without the name of the call that playwright puts first."""
    lines = str(error).strip().splitlines()
    return _PREFIX.sub("", lines[0]) if lines else type(error).__name__


def why(error: Exception) -> str:
    """Return the reason that a browser gives for a failure."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    line = first_line(error)
    for code, words in _WHY.items():
        if code in line:
            return f"{words} (net::{code})"
    return without_user(line)
