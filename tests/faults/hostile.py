"""What a model may say at its worst: replies that are nearly calls, too large, too deep, or wrong.

Each reply is made from one source of chance, and from a well-formed call in one of the two dialects
(JSON and XML) that is then spoilt.
"""

import json
from collections.abc import Callable
from random import Random

from handrail.actuators.dialects import qwen_computer
from handrail.agent.parse import CLOSE, OPEN
from handrail.model import xml_call

Arguments = dict[str, object]

LARGE = 1_000_000
_STRANGE = (
    "\x00", "\x1b[2J", "\x7f", "\u200b", "\u202e", "\u2028", "\ufeff", "\ud800", "\udfff", "é",
    "e\u0301", "中", "😀", "\U000e0041", "\r", "\n", "\t", "\\", '"', "'", "<", ">", "&lt;", "{",
    "}", "[", "]", ",", ":", "\uff1a", "\u0660", "\uff11", "</tool_call>", "<tool_call>",
    "<function=", "</function>", "<parameter=", "</parameter>", "\\u0000", "\\ud800", "//", "/*",
    "NaN", "Infinity", "-Infinity", "null", "true", "undefined", "0x1F", "1_000", "<|im_end|>",
)  # fmt: skip
_WRONG_TEXTS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-999", "9" * 400, "9" * 5_000, "-0",
    "-0.0", "1001", "1000.0001", "-1", "1e3", "0.5", "2147483648", "18446744073709551616", "null",
    "true", "false", '""', '"500"', '"500, 500"', "[]", "{}", "[500]", "[500,500,500]",
    "[[500,500]]", "[500,null]", '[500,"500"]', "[true,false]", "[NaN,NaN]", "[1e999,0]",
    '{"x":1,"y":2}', "[1000,1000]", "[0,0]", "[-0.0,999.9999999999999]", '["ctrl+alt+delete"]',
    '["ctrl",["c"]]', '[""]', '["a","b","c","d","e","f","g"]', '["\\u0000"]', '["\\ud800"]',
    '"\\ud83d\\ude00"', '"\\ud800"', '"\\u0000"', '"\\u001b[2J"', '"__import__(\'os\')"', "00",
    "1.", ".5", "+1", "'a'", "[1,]", '{"a":1,"a":2}',
)  # fmt: skip
_WRONG_NAMES = (
    "action", "Action", "coordinate", "coordinates", "text", "keys", "time", "pixels", "status",
    "name", "arguments", "approved", "permit", "__class__", "", " action", "action\u200b", "\x00",
    "x" * 2_000,
)  # fmt: skip


def reply(random: Random) -> str:
    """Return one hostile reply."""
    if random.random() < 0.004:
        return random.choice(_HUGE)(random)
    text = _call(random)
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        text = random.choice(_SPOILERS)(text, random)
    if random.random() < 0.3:
        text = f"Thought: {random.choice(_STRANGE)}\nAction: do it\n{text}"
    return text


def _arguments(random: Random) -> Arguments:
    name = random.choice(qwen_computer.ACTIONS)
    required, optional = qwen_computer.FIELDS[name]
    fields = set(required) | {field for field in sorted(optional) if random.random() < 0.5}
    return {"action": name, **{field: _value(field, random) for field in sorted(fields)}}


def _value(field: str, random: Random) -> object:
    match field:
        case "coordinate":
            return [random.choice((0, 1000, random.randint(0, 1000))) for _ in range(2)]
        case "keys":
            return random.sample(["ctrl", "shift", "a", "enter", "F5", "+"], random.randint(1, 3))
        case "pixels":
            return random.randint(-30_000, 30_000)
        case "time":
            return random.choice((0, 1.5, 60, 61))
        case "status":
            return random.choice(("success", "failure", "perhaps"))
        case _:
            return "".join(random.choices(_STRANGE, k=random.randint(0, 6))) + str(random.random())


def _call(random: Random) -> str:
    """Return a call in one of the dialects; one value or name in two is of the wrong kind."""
    arguments = _arguments(random)
    wrong = random.choice(sorted(arguments)) if random.random() < 0.5 else ""
    name = random.choice(_WRONG_NAMES) if random.random() < 0.15 else ""
    tool = qwen_computer.NAME if random.random() < 0.97 else random.choice(_STRANGE)
    if random.random() < 0.5:
        return OPEN + "\n" + _as_json(tool, arguments, wrong, name, random) + "\n" + CLOSE
    return OPEN + "\n" + _as_xml(tool, arguments, wrong, name, random) + "\n" + CLOSE


def _as_json(tool: str, arguments: Arguments, wrong: str, name: str, random: Random) -> str:
    parts = [
        json.dumps(field) + ": " + (_wrong(random) if field == wrong else json.dumps(value))
        for field, value in arguments.items()
    ]
    if name:
        parts.append(f"{json.dumps(name)}: {_wrong(random)}")
    random.shuffle(parts)
    inner = "{" + ", ".join(parts) + "}"
    members = [f'"name": {json.dumps(tool)}', f'"arguments": {inner}']
    random.shuffle(members)
    return "{" + ", ".join(members) + "}"


def _as_xml(tool: str, arguments: Arguments, wrong: str, name: str, random: Random) -> str:
    if name:
        arguments = {**arguments, name: "x"}
    text = xml_call.write(tool, arguments)
    if wrong:
        value = arguments[wrong]
        told = value if isinstance(value, str) else json.dumps(value)
        text = text.replace(f"\n{told}\n", f"\n{_wrong(random)}\n", 1)
    return text


def _wrong(random: Random) -> str:
    if random.random() < 0.03:
        depth = random.choice((50, 900, 1_100, 20_000))
        opening, closing = random.choice((("[", "]"), ('{"a":', "}")))
        return opening * depth + "1" + closing * random.choice((depth, depth - 1, 0))
    return random.choice(_WRONG_TEXTS)


def _cut(text: str, random: Random) -> str:
    return text[: random.randrange(len(text) + 1)]


def _inserted(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_STRANGE) * random.choice((1, 1, 2, 50)) + text[at:]


def _deleted(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + text[at + random.choice((1, 1, 2, 10)) :]


def _changed(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return (
        text[:at]
        + chr(random.choice((random.randrange(128), random.randrange(0x11000))))
        + (text[at + 1 :])
    )


def _moved(text: str, random: Random) -> str:
    one, two, three = sorted(random.randrange(len(text) + 1) for _ in range(3))
    return text[:one] + text[two:three] + text[one:two] + text[three:]


def _doubled(text: str, random: Random) -> str:
    one, two = sorted(random.randrange(len(text) + 1) for _ in range(2))
    return text[:two] + text[one:two] * random.choice((1, 2, 30)) + text[two:]


def _as_is(text: str, _: Random) -> str:
    return text


_SPOILERS: tuple[Callable[[str, Random], str], ...] = (
    _cut, _inserted, _deleted, _changed, _moved, _doubled, _as_is,
)  # fmt: skip


def _parameters(random: Random) -> str:
    """Return a call of very many parameters, as long as a reply may be."""
    some = "".join(f"<parameter=p{n}>1</parameter>\n" for n in range(random.randint(2_000, 3_000)))
    return f"{OPEN}\n<function=computer_use>\n{some}</function>\n{CLOSE}"


def _members(random: Random) -> str:
    some = ", ".join(f'"p{n}": {n}' for n in range(random.randint(4_000, 6_000)))
    return f'{OPEN}{{"name": "computer_use", "arguments": {{{some}}}}}{CLOSE}'


def _typed(random: Random) -> str:
    said = random.choice(("a", "é", "\\u0041", "\\n", "😀")) * random.randint(3_000, 30_000)
    inner = f'{{"action": "type", "text": "{said}"}}'
    return f'{OPEN}{{"name": "computer_use", "arguments": {inner}}}{CLOSE}'


def _repeated(random: Random) -> str:
    """Return one word over and over, within what a reply may be or far beyond."""
    words = (*_STRANGE, "Action: \t", "Action:", " ", "Action: x\n", '{"a":', "[", "1")
    word = random.choice(words)
    size = random.choice((99_000, 99_900, LARGE))
    body = word * (size // len(word))
    around = ((OPEN, CLOSE), (OPEN, ""), ("", ""), ("", f"{OPEN}{{}}{CLOSE}"))
    before, after = random.choice(around)
    return f"{before}{body}{after}"


def _ending(random: Random) -> str:
    """Return an XML call with very many endings, each of which a reader may take for the last."""
    blanks = random.choice(("", " ", "\n", " " * 50))
    many = f"</function>{blanks}" * (98_000 // (11 + len(blanks)))
    return f"{OPEN}<function=computer_use>{many}x{random.randrange(9)}{CLOSE}"


_HUGE: tuple[Callable[[Random], str], ...] = (_parameters, _members, _typed, _repeated, _ending)
