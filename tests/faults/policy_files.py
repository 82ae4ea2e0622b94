"""P2, files: a misspelt policy file is refused, or decides as before.

``files(count, seed, defended)`` returns the number of distinct files and a line for each that
failed. Only what has but one meaning is misspelt: names of fields, and values that are of a closed
set or of one form. Without the defence, what a reader does not understand is left out.
"""

import json
import re
import tomllib
from collections.abc import Callable
from random import Random

from pydantic import ValidationError

from handrail.sandbox.errors import PolicyError
from handrail.sandbox.policy import Policy, Rule, parse_policy
from tests.faults.policy_making import meetings
from tests.faults.policy_spelling import Found, marked

FILE = """profile = "ask"

[limits]
steps = 20
commits = 3

[[rule]]
decision = "allow"
effects = ["commit", "edit"]
kinds = ["click", "press"]
surface = "browser"
host = "shop.example"

[[rule]]
decision = "deny"
effects = ["destroy", "commit"]
origin = "https://shop.example"
path = "/account/*"
text = "*delete*"

[[rule]]
decision = "allow"
effects = ["unknown"]
owned_display = true
region = [0, 0.5, 1, 1]

[[rule]]
decision = "deny"
effects = ["navigate"]
hours = "22:00-06:00"
weekdays = ["sat", "sun"]
roles = ["link"]
window = "Notes*"
"""
# Fields in which every text has its own meaning: another text there is no misspelling.
_FREE = ("path", "text", "window", "roles")


def _tolerant(text: bytes, name: str) -> Policy:
    """Read a file as tolerant readers do: what is not understood is left out; no defence."""
    table = tomllib.loads(text.decode())
    rules = []
    for entry in table.get("rule", []):
        known = {key: value for key, value in entry.items() if key in Rule.model_fields}
        try:
            rules.append(Rule.model_validate(known))
        except ValidationError:
            continue
    return Policy(profile="ask", rules=tuple(rules))


def files(count: int, seed: int, defended: bool = True) -> Found:
    """Read ``count`` distinct misspelt files: each must be refused or decide as before."""
    read = parse_policy if defended else _tolerant
    wanted = _table(read(FILE.encode(), "policy.toml"))
    seen: set[str] = set()
    failures: list[str] = []
    number = 0
    while len(seen) < count:
        random = Random(f"P2/files/{seed}/{number}")
        number += 1
        text = _misspelt(random)
        if text in seen:
            continue
        seen.add(text)
        try:
            policy = read(text.encode("utf-8", "surrogatepass"), "policy.toml")
        except (PolicyError, ValueError):
            continue
        if _table(policy) != wanted:
            changed = set(text.splitlines()) - set(FILE.splitlines())
            failures.append(f"accepted with another meaning: {sorted(changed)!a:.160}")
    return len(seen), failures


_MET = tuple(meetings(Random("P2/files"), 150))


def _table(policy: Policy) -> tuple[object, ...]:
    return (
        policy.limits,
        *(policy.decide(m.effect, m.action, m.surface, m.around).demands for m in _MET),
    )


def _misspelt(random: Random) -> str:
    """Return the file with one or two of its lines written otherwise."""
    lines = FILE.splitlines()
    for _ in range(random.choice((1, 1, 2))):
        at = random.choice([n for n, line in enumerate(lines) if " = " in line])
        name, _, value = lines[at].partition(" = ")
        lines[at] = random.choice(_MISSPELLERS)(name, value, random)
    if random.random() < 0.2:
        lines.insert(random.randrange(len(lines)), random.choice(_ODD_LINES))
    return "\n".join(lines)


def _misname(name: str, value: str, random: Random) -> str:
    names = (name.upper(), name.title(), name.rstrip("s"), name + "s", name[1:], f'"{name} "')
    chosen = random.choice((*names, f'"{marked(name, random)}"'.replace("\x00", "\\u0000")))
    return f"{chosen or 'x'} = {value}"


def _misvalue(name: str, value: str, random: Random) -> str:
    if name in _FREE:
        return f"{name} = [{value}, 3]"
    words = re.findall(r'"([^"]+)"', value)
    others = [f"[{value}]", "true", "[]", '""', "{}", "3.5", "-1", f'"{name}"', "nan", "inf"]
    if words:
        word = random.choice(words)
        spellings = [word.upper(), word.title(), word + " ", word + "*", marked(word, random)]
        if name in ("host", "origin"):
            # A shorter name or an accent makes another host, which is no misspelling.
            spellings = [other for other in spellings if "\u0301" not in other]
        else:
            spellings.append(word[:-1])
        other = random.choice(spellings)
        escaped = json.dumps(other)[1:-1]
        others += [value.replace(word, escaped, 1)] * 12
    return f"{name} = {random.choice(others)}"


def _harmless(name: str, value: str, random: Random) -> str:
    return random.choice(
        (f"{name}={value}", f"{name}  =  {value} # as before", f'"{name}" = {value}',
         f"{name} = {value.replace('[', '[ ').replace(']', ', ]')}" if "[" in value else
         f"  {name} = {value}")
    )  # fmt: skip


_MISSPELLERS: tuple[Callable[[str, str, Random], str], ...] = (
    _misname, _misvalue, _misvalue, _harmless,
)  # fmt: skip
_ODD_LINES = (
    "# a remark", "", "allow = true", 'default = "allow"', "[rules]", "[[rules]]", "[[Rule]]",
    'profile = "unattended"', "[limits]", "steps = 2000", "host.name = 1", "\ufeff", "[rule]",
)  # fmt: skip
