"""Names that say that what they name is a secret: of fields in bodies and in addresses."""

import re
from urllib.parse import unquote_plus

HIDDEN = "[hidden]"
_NAMES = (
    r"pass(?:wor[dt]|phrase|code|wd)?|pwd|secret|token|otp|totp|pin|cvv|cvc|csc|mfa|kennwort"
    r"|passwort|contrase[nñ]a|senha|mot_?de_?passe|credential|api_?key|private_?key|auth"
)
_SECRET = re.compile(
    rf"(?:^|_)(?:{_NAMES}|[a-z0-9]*(?:password|passwd|passwort|kennwort)[a-z0-9]*)(?:_|$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_SAID = re.compile(rf"(?i)(?<![a-z])((?:{_NAMES})[\"'\]]?\s*[=:]\s*)(\S[^\r\n&;]*)")


def names_secret(name: str) -> bool:
    """Tell whether a field of this name takes a secret."""
    return _SECRET.search("_".join(_WORD.findall(name))) is not None


def hidden_in_text(text: str) -> str:
    """Return free text without what stands behind such a name and ``=`` or ``:``."""
    return _SAID.sub(rf"\1{HIDDEN}", text)


def hidden_in_address(url: str) -> str:
    """Return an address without the values of such fields in its query and its fragment."""
    for mark in ("?", "#"):
        head, found, tail = url.partition(mark)
        if found:
            url = head + found + "&".join(map(_pair, tail.split("&")))
    return url


def _pair(pair: str) -> str:
    name, found, value = pair.partition("=")
    if not (found and value):
        return pair
    value, more, fragment = value.partition("#")
    told = HIDDEN if names_secret(unquote_plus(name)) else value
    return name + found + told + more + fragment
