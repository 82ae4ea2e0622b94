"""The pocket model's tokens: bytes, fixed phrases, and one token for each coordinate.

A tools block is one token, and so is each fixed span of a tool call; decoding gives exactly the
text that a published Qwen3-VL writes (the ``computer_use`` format of QwenLM's cookbooks,
coordinates 0 to 1000 of the image's sides). ``tokenizer`` builds the same vocabulary as a
``tokenizer.json``.

The phrases of ``LATER`` stand behind the coordinates, so that no id changed when they came. They
are spans of replies alone: whoever has them and whoever lacks them splits every instruction and
every history alike.
"""

import json
from collections.abc import Iterable
from typing import Literal, get_args

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

_OPEN = '<tool_call>\n{"name": "computer_use", "arguments": {"action": '
_CLOSE = "}}\n</tool_call>"

CONTROL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_start|>system\n",
    "<|im_start|>user\n",
    "<|im_start|>assistant\n",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
    "<|computer_use|>",
)
TOOLS = "<|computer_use|>"
INSTRUCTION = (
    "Please generate the next move according to the UI screenshot, "
    "instruction and previous actions."
    "\n\nInstruction: "
)
PREVIOUS = "\n\nPrevious actions:\n"
NONE = "\n\nPrevious actions:\nNone"
THINK_CLICK = "Action: click "
CALL_CLICK = f'\n{_OPEN}"left_click", '
ABSENT = f'\n{_OPEN}"terminate", "status": "failure"{_CLOSE}'
CALL_TYPE = f'Action: type\n{_OPEN}"type", "text": "'
END_TYPE = f'"{_CLOSE}'
FINISH = f'Action: finish\n{_OPEN}"terminate", "status": "success"{_CLOSE}'
STEPS = tuple(f"Step {i}: " for i in range(1, 25))
Way = Literal[
    "click", "double-click", "right-click", "scroll down in", "scroll up in", "move to", "drag to"
]
"""What is done at a named place, as the line of the reply and the history tell of it.

A drag begins where the pointer was moved to before.
"""
SCROLLED = 500
"""How far a scroll goes, in pixels."""
WAITED = 2
"""How long a wait lasts, in seconds."""
CALLS: dict[Way, str] = {
    "click": CALL_CLICK,
    "double-click": f'\n{_OPEN}"double_click", ',
    "right-click": f'\n{_OPEN}"right_click", ',
    "scroll down in": f'\n{_OPEN}"scroll", "pixels": {-SCROLLED}, ',
    "scroll up in": f'\n{_OPEN}"scroll", "pixels": {SCROLLED}, ',
    "move to": f'\n{_OPEN}"mouse_move", ',
    "drag to": f'\n{_OPEN}"left_click_drag", ',
}
"""How a call at a named place begins; the coordinates follow."""
THINKS: dict[Way, str] = {way: f"Action: {way} " for way in CALLS}
Question = Literal[
    "read",
    "see whether there is",
    "see whether it is checked:",
    "see whether it is unchecked:",
    "see whether it is enabled:",
    "see whether it is disabled:",
]
"""What is asked about a named thing, as the line of the reply tells of it."""
ASKS: dict[Question, str] = {asked: f"Action: {asked} " for asked in get_args(Question)}
CALL_ANSWER = f'\n{_OPEN}"answer", "text": "'
"""Opens an answer that is read off the screen byte by byte; ``END_TYPE`` closes it."""
YES = f'{CALL_ANSWER}yes"{_CLOSE}'
NO = f'{CALL_ANSWER}no"{_CLOSE}'
_KEYS = (
    *("enter", "tab", "escape", "backspace", "delete", "space", "up", "down", "left", "right"),
    *("home", "end", "pageup", "pagedown"),
)
_WITH_CTRL = "acvxzsnopftw"


def _deed(line: str, action: str, **arguments: object) -> str:
    given = "".join(f', "{name}": {json.dumps(value)}' for name, value in arguments.items())
    return f'Action: {line}\n{_OPEN}"{action}"{given}{_CLOSE}'


DEEDS = {
    **{f"press {key}": _deed(f"press {key}", "key", keys=[key]) for key in _KEYS},
    **{f"press ctrl+{k}": _deed(f"press ctrl+{k}", "key", keys=["ctrl", k]) for k in _WITH_CTRL},
    "scroll down": _deed("scroll down", "scroll", pixels=-SCROLLED),
    "scroll up": _deed("scroll up", "scroll", pixels=SCROLLED),
    "wait": _deed("wait", "wait", time=WAITED),
}
"""Whole replies that name nothing on the screen, by their line."""
PHRASES = (
    INSTRUCTION,
    PREVIOUS,
    NONE,
    THINK_CLICK,
    CALL_CLICK,
    ABSENT,
    CALL_TYPE,
    END_TYPE,
    FINISH,
    "type ",
    "click ",
    " into ",
    ", then ",
    *STEPS,
)
BEFORE_IMAGE = (
    "<|im_start|>system\n",
    TOOLS,
    "<|im_end|>",
    "\n",
    "<|im_start|>user\n",
    "<|vision_start|>",
)
ASSISTANT = ("<|im_end|>", "\n", "<|im_start|>assistant\n")
RANGE = 1001
BYTES = 256
_ID = {text: BYTES + i for i, text in enumerate((*CONTROL, *PHRASES))}
FIRST_X = BYTES + len(CONTROL) + len(PHRASES)
FIRST_Y = FIRST_X + RANGE
LATER = (
    *(text for texts in (THINKS, CALLS) for way, text in texts.items() if way != "click"),
    *DEEDS.values(),
    *ASKS.values(),
    CALL_ANSWER,
    YES,
    NO,
)
FIRST_LATER = FIRST_Y + RANGE
_ID |= {text: FIRST_LATER + i for i, text in enumerate(LATER)}
USED = FIRST_LATER + len(LATER)
SIZE = -(-USED // 64) * 64
"""Rows of the embedding: the used tokens, rounded up to a multiple of 64."""


_FOLLOWS = {str(way): text for way, text in CALLS.items()}


def think(way: Way | Question) -> str:
    """Return how a reply opens that does something at a named place, or asks about what is named.

    The name follows.
    """
    return f"Action: {way} "


def call(way: Way | Question) -> str:
    """Return the call that follows the name where it is found; of yes and no the first."""
    return CALL_ANSWER if way == "read" else _FOLLOWS.get(way, YES)


def token(text: str) -> int:
    """Return the id of a control token or a fixed phrase. Raises KeyError for any other text."""
    return _ID[text]


def encode(parts: Iterable[str]) -> list[int]:
    """Return the ids of parts: control tokens and phrases as one token each, other text as bytes.

    The splitting agrees with ``tokenizer`` for texts that contain no phrase by accident.
    """
    out: list[int] = []
    for part in parts:
        known = _ID.get(part)
        out.extend(part.encode("utf-8") if known is None else [known])
    return out


def x_text(value: int) -> str:
    """Return the text of a horizontal coordinate token, 0..1000."""
    return f'"coordinate": [{value}'


def y_text(value: int) -> str:
    """Return the text of a vertical coordinate token, 0..1000; it closes the tool call."""
    return f", {value}]{_CLOSE}"


def tokenizer() -> Tokenizer:
    """Build the tokenizer whose ids are those of this module."""
    alphabet = _byte_alphabet()
    made = Tokenizer(models.BPE(vocab={alphabet[b]: b for b in range(BYTES)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in CONTROL])
    points = [*(x_text(v) for v in range(RANGE)), *(y_text(v) for v in range(RANGE))]
    plain = [*PHRASES, *points, *LATER]
    made.add_tokens([AddedToken(t, special=False, normalized=False) for t in plain])
    return made


def _byte_alphabet() -> dict[int, str]:
    """Return the printable character that stands for each byte (GPT-2's byte-level alphabet)."""
    shown = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    alphabet = {b: chr(b) for b in shown}
    for shift, b in enumerate(b for b in range(BYTES) if b not in alphabet):
        alphabet[b] = chr(BYTES + shift)
    return alphabet
