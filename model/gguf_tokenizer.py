"""The tokenizer of a GGUF file, as the tokenizer.json that a published checkpoint has."""

import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE

from handrail.model.checkpoint import JsonObject
from handrail.model.errors import TokenizerError
from handrail.model.gguf_file import GgufFile

_NORMAL, _CONTROL, _PLAIN = 1, 3, 4
_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen2's tokenizer cuts a text before merging (the format's "qwen2")."""


def tokens_of(file: GgufFile) -> dict[str, int]:
    """Return every token's id."""
    return {str(t): i for i, t in enumerate(file.items("tokenizer.ggml.tokens"))}


def tokenizer_json(file: GgufFile) -> JsonObject:
    """Return the content of a tokenizer.json. Raises TokenizerError for another kind."""
    kind, cut = file.get("tokenizer.ggml.model"), file.get("tokenizer.ggml.pre")
    if (kind, cut) != ("gpt2", "qwen2"):
        raise TokenizerError(f"{file.path} has a tokenizer {kind}/{cut}; supported is gpt2/qwen2")
    tokens, kinds = (file.items(f"tokenizer.ggml.{key}") for key in ("tokens", "token_type"))
    if len(tokens) != len(kinds):
        raise TokenizerError(f"{file.path} names {len(tokens)} tokens of {len(kinds)} types")
    all_tokens = [*enumerate(zip(map(str, tokens), kinds, strict=True))]
    vocabulary = {token: number for number, (token, kind) in all_tokens if kind == _NORMAL}
    merges = [str(m).split(" ", 1) for m in file.items("tokenizer.ggml.merges")]
    pairs = [(m[0], m[-1]) for m in merges if len(m) == 2]
    fast = Tokenizer(BPE(vocab=vocabulary, merges=pairs))
    fast.normalizer = normalizers.NFC()
    fast.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    fast.decoder = decoders.ByteLevel()
    for number, (token, kind) in all_tokens:
        if kind not in (_CONTROL, _PLAIN):
            continue
        fast.add_tokens([AddedToken(token, special=kind == _CONTROL, normalized=False)])
        if fast.token_to_id(token) != number:
            raise TokenizerError(f"{file.path}: the token {token!r} does not follow the others")
    made: JsonObject = json.loads(fast.to_str())
    return made
