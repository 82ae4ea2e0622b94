"""A pocket checkpoint from before stage ``acts``, as people may still have one: what it says of
itself and how it splits text. It clicks and types, and knows no other words."""

import json

from tokenizers import Tokenizer

from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.export import form
from handrail.model.tile_format import TileFormat

_LATER = ("others", "closing", "skips_ground", "asking", "names")
EARLIER = TileFormat.model_validate({k: told for k, told in form().items() if k not in _LATER})


def earlier_tokenizer() -> Tokenizer:
    """Return the tokenizer without the phrases that came later; all other ids are the same."""
    told = json.loads(v.tokenizer().to_str())
    told["added_tokens"] = [t for t in told["added_tokens"] if t["content"] not in v.LATER]
    return Tokenizer.from_str(json.dumps(told))
