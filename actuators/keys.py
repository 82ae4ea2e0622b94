"""The one table of key names: pyautogui's lower-case names, playwright's names and X keysyms.

X keysyms are the numbers of ``X11/keysymdef.h`` and ``X11/XF86keysym.h``; a character outside
Latin-1 has the keysym ``0x01000000 + code point`` (X protocol, appendix A).
"""

from dataclasses import dataclass

from handrail.actuators.errors import ActionRefused


@dataclass(frozen=True)
class Key:
    """One key: ``playwright`` is empty where a browser has no such key; ``keysym`` is X11's."""

    name: str
    playwright: str
    keysym: int


_ROWS: tuple[tuple[str, str, int], ...] = (
    ("ctrl control ctrlleft", "ControlLeft", 0xFFE3),
    ("ctrlright", "ControlRight", 0xFFE4),
    ("shift shiftleft", "ShiftLeft", 0xFFE1),
    ("shiftright", "ShiftRight", 0xFFE2),
    ("alt altleft option optionleft", "AltLeft", 0xFFE9),
    ("altright optionright", "AltRight", 0xFFEA),
    ("altgr altgraph", "AltGraph", 0xFE03),
    ("win winleft super meta command cmd", "MetaLeft", 0xFFEB),
    ("winright", "MetaRight", 0xFFEC),
    ("enter return", "Enter", 0xFF0D),
    ("esc escape", "Escape", 0xFF1B),
    ("tab", "Tab", 0xFF09),
    ("space", "Space", 0x0020),
    ("backspace", "Backspace", 0xFF08),
    ("delete del", "Delete", 0xFFFF),
    ("insert ins", "Insert", 0xFF63),
    ("home", "Home", 0xFF50),
    ("end", "End", 0xFF57),
    ("pageup pgup page_up", "PageUp", 0xFF55),
    ("pagedown pgdn page_down", "PageDown", 0xFF56),
    ("left arrowleft", "ArrowLeft", 0xFF51),
    ("up arrowup", "ArrowUp", 0xFF52),
    ("right arrowright", "ArrowRight", 0xFF53),
    ("down arrowdown", "ArrowDown", 0xFF54),
    ("capslock", "CapsLock", 0xFFE5),
    ("numlock", "NumLock", 0xFF7F),
    ("scrolllock", "ScrollLock", 0xFF14),
    ("pause", "Pause", 0xFF13),
    ("printscreen prntscrn prtsc prtscr print", "PrintScreen", 0xFF61),
    ("apps menu contextmenu", "ContextMenu", 0xFF67),
    ("add", "NumpadAdd", 0xFFAB),
    ("subtract", "NumpadSubtract", 0xFFAD),
    ("multiply", "NumpadMultiply", 0xFFAA),
    ("divide", "NumpadDivide", 0xFFAF),
    ("decimal", "NumpadDecimal", 0xFFAE),
    ("volumemute", "AudioVolumeMute", 0x1008FF12),
    ("volumedown", "AudioVolumeDown", 0x1008FF11),
    ("volumeup", "AudioVolumeUp", 0x1008FF13),
    ("playpause", "MediaPlayPause", 0x1008FF14),
    ("stop", "MediaStop", 0x1008FF15),
    ("prevtrack", "MediaTrackPrevious", 0x1008FF16),
    ("nexttrack", "MediaTrackNext", 0x1008FF17),
    ("browserback", "", 0x1008FF26),
    ("browserforward", "", 0x1008FF27),
    ("browserrefresh", "", 0x1008FF29),
    ("browserhome", "", 0x1008FF18),
)


def _table() -> dict[str, Key]:
    rows = [
        *_ROWS,
        *((f"f{n}", f"F{n}" if n <= 12 else "", 0xFFBD + n) for n in range(1, 25)),
        *((f"num{n}", f"Numpad{n}", 0xFFB0 + n) for n in range(10)),
    ]
    return {
        alias: Key(names.split()[0], playwright, keysym)
        for names, playwright, keysym in rows
        for alias in names.split()
    }


KEYS: dict[str, Key] = _table()
MODIFIERS = frozenset(
    ["ctrl", "ctrlright", "shift", "shiftright", "alt", "altright", "altgr", "win", "winright"]
)  # the first name of each row


def character_keysym(character: str) -> int:
    """Return the X keysym of one character; newline is Return and tab is Tab."""
    code = ord(character)
    if character in "\r\n":
        return 0xFF0D
    if character == "\t":
        return 0xFF09
    if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF:
        return code
    return 0x0100_0000 + code


def key(name: str) -> Key:
    """Return the key of a name (in any case) or of a single character (as it stands).

    Raises ActionRefused for a name that is not in the table.
    """
    if len(name) == 1:
        return KEYS["space"] if name == " " else Key(name, name, character_keysym(name))
    found = KEYS.get(name.lower())
    if found is None:
        raise ActionRefused(
            f"there is no key called {name[:32]!a}; use pyautogui's names, such as ctrl, enter, "
            "pagedown, f5, or a single character"
        )
    return found


def checked_text(text: str) -> str:
    """Return a text to type with plain newlines.

    Raises ActionRefused for what no keyboard can write: control characters but newline and tab,
    and lone surrogates.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in plain:
        code = ord(character)
        if (code < 0x20 and character not in "\n\t") or code == 0x7F or 0xD800 <= code <= 0xDFFF:
            raise ActionRefused(f"U+{code:04X} cannot be typed: leave it out, or press a key")
    return plain
