"""Text to token ids and back, with control tokens kept out of everything but the template.

Pages, goals and earlier replies are not trusted: a text that spells `<|im_end|>` must not end
the turn. `shield` therefore breaks every control token that such a text spells (wholly, or at
its edge where two texts meet) with a mark that no text may contain; the rendered prompt is cut
at the control tokens that are still whole, which only the template can have written; and
the rest is encoded as plain text without the marks. A prompt whose texts spell no control token
gets exactly the ids that the plain tokenizer gives. Added tokens that are not flagged special
(such as `<tool_call>`) are ordinary text and match everywhere.
"""

import re
from collections.abc import Sequence

from tokenizers import Tokenizer as FastTokenizer

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.errors import TokenizerError

_MARK = "\U0010ffff"  # a noncharacter: not meant for interchange, so a text loses nothing by it
_UNWRITABLE = re.compile(f"[\ud800-\udfff{_MARK}]")


class Tokenizer:
    """The tokenizer of one checkpoint."""

    def __init__(self, fast: FastTokenizer) -> None:
        fast.encode_special_tokens = True  # spelled control tokens are encoded as plain text
        self._fast = fast
        added = fast.get_added_tokens_decoder()
        self._control = {token.content: id for id, token in added.items() if token.special}
        longest_first = sorted(self._control, key=len, reverse=True)
        self._spelled = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._beginnings = tuple({text[:end] for text in longest_first for end in _inner(text)})
        self._endings = tuple({text[start:] for text in longest_first for start in _inner(text)})

    @property
    def size(self) -> int:
        """Return one more than the greatest id."""
        return max(self._fast.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    @property
    def added(self) -> frozenset[str]:
        """Return the texts of all added tokens, control tokens and others."""
        tokens = self._fast.get_added_tokens_decoder().values()
        return frozenset(token.content for token in tokens)

    def to_json(self) -> str:
        """Return the tokenizer as the content of a tokenizer.json."""
        return self._fast.to_str()

    def control_id(self, token: str) -> int | None:
        """Return the id of a control token, or None where this tokenizer has no such one."""
        return self._control.get(token)

    def is_control(self, token_id: int) -> bool:
        """Return whether the id is one of the control tokens."""
        return token_id in self._control.values()

    def shield(self, text: str) -> str:
        """Mark a text that did not come from the template, so that it cannot hold control."""
        text = _UNWRITABLE.sub("\ufffd", text)
        text = self._spelled.sub(lambda match: match[0][0] + _MARK + match[0][1:], text)
        before = _MARK if text.startswith(self._endings) else ""
        after = _MARK if text.endswith(self._beginnings) else ""
        return before + text + after

    def encode_prompt(self, rendered: str) -> list[int]:
        """Encode a rendered template whose inserted texts were shielded."""
        ids: list[int] = []
        start = 0
        for match in self._spelled.finditer(rendered):
            ids += self.encode(rendered[start : match.start()].replace(_MARK, ""))
            ids.append(self._control[match[0]])
            start = match.end()
        return ids + self.encode(rendered[start:].replace(_MARK, ""))

    def encode(self, text: str) -> list[int]:
        """Encode plain text; a control token spelled in it stays text."""
        return self._fast.encode(text, add_special_tokens=False).ids if text else []

    def single(self, text: str) -> int:
        """Return the id of a text that is one token. Raises TokenizerError where it is not."""
        ids = self.encode(text)
        if len(ids) != 1:
            raise TokenizerError(f"the checkpoint's tokenizer has no single token for {text!r}")
        return ids[0]

    def stream(self) -> "TextStream":
        """Return what turns a reply's ids to text while they come."""
        return TextStream(self._fast)

    def decode(self, token_ids: Sequence[int]) -> str:
        """Turn ids to text, leaving control tokens out."""
        return self._fast.decode(list(token_ids), skip_special_tokens=True)


class TextStream:
    """Turns ids to text one by one; what is no whole character yet waits for its rest."""

    def __init__(self, fast: FastTokenizer) -> None:
        self._fast = fast
        self._ids: list[int] = []
        # Decoding begins at a token before what is new: some decoders look at what stands before.
        self._context, self._said = 0, 0

    def add(self, token_id: int) -> str:
        """Return what a token adds to the text."""
        self._ids.append(token_id)
        new = self.rest()
        if new.endswith("\ufffd"):
            return ""
        self._context, self._said = self._said, len(self._ids)
        return new

    def rest(self) -> str:
        """Return the text of the tokens that were not said yet."""
        before = self._decoded(self._ids[self._context : self._said])
        return self._decoded(self._ids[self._context :])[len(before) :]

    def _decoded(self, ids: list[int]) -> str:
        return self._fast.decode(ids, skip_special_tokens=True)


def _inner(text: str) -> range:
    return range(1, len(text))


def load_tokenizer(folder: CheckpointFolder) -> Tokenizer:
    """Read tokenizer.json.

    Raises TokenizerError where it is absent or malformed.
    """
    text = folder.text("tokenizer.json")
    if text is None:
        raise TokenizerError(f"{folder.path} has no tokenizer.json: copy it from the source")
    try:
        return Tokenizer(FastTokenizer.from_str(text))
    except Exception as error:
        # The library raises its errors as bare Exception; anything more special is ours.
        if type(error) is not Exception:
            raise
        raise TokenizerError(
            f"{folder.path / 'tokenizer.json'} is malformed ({error}): copy it again"
        ) from error
