"""The whole network: vision tower, decoder and head, and how image tokens join the text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.config import ModelConfig
from handrail.model.decoder import TextDecoder, VisualRows
from handrail.model.kv_cache import KVCache
from handrail.model.mapped_pages import MappedPages
from handrail.model.paged_cache import JointCache, PagedCache
from handrail.model.processor import Grid, PatchedImage
from handrail.model.rope import MRope
from handrail.model.several import SeveralCaches
from handrail.model.steps import Steps
from handrail.model.vision import VisionFeatures, VisionTower


@dataclass(frozen=True)
class Prompt:
    """A prompt ready for prefill.

    `token_ids` has one token for every merged block of every image and moment of a video, from
    `image_starts` on; `positions` is (3, tokens); `next_position` is the position of the first
    token that will be generated.
    """

    token_ids: list[int]
    images: list[PatchedImage]
    image_starts: tuple[int, ...]
    positions: Tensor
    next_position: int

    @property
    def image_tokens(self) -> int:
        """Return how many of the tokens stand for images."""
        return sum(image.tokens for image in self.images)

    def pictures(self, start: int, end: int) -> list[tuple[int, int, slice]]:
        """Return the pictures of which tokens stand from `start` to `end`.

        Of each: its number, at which of these tokens it begins, and which of its rows they are.
        """
        found = []
        for index, (first, image) in enumerate(zip(self.image_starts, self.images, strict=True)):
            begin, stop = max(first, start), min(first + image.tokens, end)
            if begin < stop:
                found.append((index, begin - start, slice(begin - first, stop - first)))
        return found

    def rest(
        self, cache: KVCache, features: Mapping[int, VisionFeatures], last: int = 1
    ) -> "Portion":
        """Return all that is not in a cache yet; `features` are those of the pictures in it."""
        start, end = cache.length, len(self.token_ids)
        seen = tuple((at, features[i], rows) for i, at, rows in self.pictures(start, end))
        return Portion(cache, self.token_ids[start:], self.positions[:, start:], last, seen)


@dataclass(frozen=True)
class Portion:
    """Some tokens of one run, which a pass over several runs reads.

    ``positions`` is (3, tokens); ``last``: of how many of its last tokens the states are wanted.
    ``seen``: what stands for tokens of pictures: from which token of the portion on, and the rows
    of the picture's features from one to another.
    """

    cache: PagedCache | KVCache
    token_ids: list[int]
    positions: Tensor
    last: int
    seen: tuple[tuple[int, VisionFeatures, slice], ...] = ()


class _Body(nn.Module):
    """The part whose published names begin with `model.`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.visual = VisionTower(config.vision)
        self.language_model = TextDecoder(config.text)


class Network(nn.Module):
    """Qwen3-VL; parameter names equal those of published checkpoints."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = _Body(config)
        self.lm_head = nn.Linear(config.text.hidden_size, config.text.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.tie()
        self.rope = MRope(config.text)
        self._tower_pages: MappedPages | None = None
        self.steps: Steps | None = None
        """Where it is set, short passes go through it: captured graphs, on a GPU."""

    def tie(self) -> None:
        """Let the head share the embedding's weights."""
        self.lm_head.weight = self.model.language_model.embed_tokens.weight

    @property
    def device(self) -> torch.device:
        """Return where the weights are."""
        return self.model.language_model.norm.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Return the dtype in which the decoder computes."""
        return self.model.language_model.norm.weight.dtype

    @property
    def vision_dtype(self) -> torch.dtype:
        """Return the dtype of the vision tower's weights."""
        return self.model.visual.pos_embed.weight.dtype

    def see(self, images: Sequence[PatchedImage]) -> list[VisionFeatures]:
        """Encode images, those of the same cells together; each result has a batch of one."""
        device = self.device
        features: dict[int, VisionFeatures] = {}
        groups: dict[tuple[Grid, int, bytes], list[int]] = {}
        for index, image in enumerate(images):
            shown = b"" if image.kept is None else image.kept.numpy().tobytes()
            groups.setdefault((image.grid, image.pixels.shape[1], shown), []).append(index)
        for (grid, *_), members in groups.items():
            patches = torch.stack([images[index].patches for index in members])
            kept = images[members[0]].kept
            seen: VisionFeatures = self.model.visual(patches.to(device), grid, kept)
            for row, index in enumerate(members):
                levels = [level[row : row + 1] for level in seen.deepstack]
                features[index] = VisionFeatures(seen.tokens[row : row + 1], levels)
        if features:
            self._let_the_tower_go()
        return [features[index] for index in range(len(images))]

    def _let_the_tower_go(self) -> None:
        """Give the memory of a large, mapped vision tower back until the next picture."""
        if self._tower_pages is None:
            self._tower_pages = MappedPages(self.model.visual)
        self._tower_pages.give_back()

    def follow(self, prompt: Prompt, last: int) -> Tensor:
        """Read a whole prompt, from which can be learned; return its last hidden states.

        They are (last, hidden). What the vision tower sees is not learned from.
        """
        with torch.no_grad():
            features = dict(enumerate(self.see(prompt.images)))
        cache = KVCache.empty(len(self.model.language_model.layers))
        return self.read([prompt.rest(cache, features, last)])[0]

    def read(self, portions: Sequence[Portion]) -> list[Tensor]:
        """Read tokens of several runs, of any lengths, in one pass.

        Caches in blocks have room for them, and do not count them yet; caches of a run's own, which
        all are or none, grow. Returns each portion's hidden states (last, hidden).
        """
        every = [token for portion in portions for token in portion.token_ids]
        x = self.embedded(torch.tensor([every], device=self.device))
        visual, wanted, first = self._seen(portions, x), list[int](), 0
        for portion in portions:
            first += len(portion.token_ids)
            wanted += range(first - portion.last, first)
        positions = torch.cat([portion.positions for portion in portions], dim=1)
        rotation = self.rope.prefill(positions.unsqueeze(1), x)
        cache = _side_by_side(portions)
        last = torch.tensor(wanted, dtype=torch.long, device=self.device)
        hidden: Tensor = self.model.language_model(x, rotation, cache, visual, last)
        return list(torch.split(hidden[0], [portion.last for portion in portions]))

    def _seen(self, portions: Sequence[Portion], x: Tensor) -> VisualRows | None:
        """Put pictures in their tokens' places in x; return what DeepStack adds there."""
        where = torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
        tokens: list[Tensor] = []
        levels: list[list[Tensor]] = []
        first = 0
        for portion in portions:
            for start, features, rows in portion.seen:
                where[0, first + start : first + start + rows.stop - rows.start] = True
                tokens.append(features.tokens[0, rows])
                levels.append([level[0, rows] for level in features.deepstack])
            first += len(portion.token_ids)
        if not tokens:
            return None
        x[where] = torch.cat(tokens).to(x.dtype)
        return VisualRows(where, [torch.cat(one).to(x.dtype) for one in zip(*levels, strict=True)])

    def embedded(self, ids: Tensor) -> Tensor:
        """Return the embeddings of tokens, in the decoder's dtype."""
        embedded: Tensor = self.model.language_model.embed_tokens(ids)
        return embedded.to(self.dtype)

    def extend(
        self, token_ids: Sequence[int], position: int, cache: KVCache, last: int = 1
    ) -> Tensor:
        """Read more text of one sequence in one pass.

        Returns the hidden states (last, hidden) of its last tokens.
        """
        if self.steps is not None:
            read = self.steps.extend(token_ids, position, cache, last)
            if read is not None:
                return read
        x = self.embedded(torch.tensor([token_ids], device=self.device))
        rotation = self.rope.run(position, len(token_ids), x)
        hidden: Tensor = self.model.language_model(x, rotation, cache, last=last)
        return hidden[0]

    @property
    def can_score_few(self) -> bool:
        """Return whether some rows of the head can be computed without all: of packed ones not."""
        return type(self.lm_head) is nn.Linear

    def scores(self, hidden: Tensor, ids: Tensor | None = None) -> Tensor:
        """Return the logits (vocab,) of one hidden state; with `ids`, minus infinity elsewhere.

        Only those rows of the head are then computed, where `can_score_few`; all where not.
        """
        if ids is None or not self.can_score_few:
            every: Tensor = self.lm_head(hidden)
            return every
        ids = ids.to(hidden.device)
        some = F.linear(hidden, self.lm_head.weight[ids])
        return some.new_full((self.lm_head.out_features,), -torch.inf).index_copy_(0, ids, some)


def _side_by_side(portions: Sequence[Portion]) -> JointCache | SeveralCaches:
    """Return the caches of a pass, of which each portion's tokens have their own."""
    paged: list[tuple[PagedCache, int]] = []
    own: list[tuple[KVCache, int]] = []
    for portion in portions:
        count = len(portion.token_ids)
        if isinstance(portion.cache, PagedCache):
            paged.append((portion.cache, count))
        else:
            own.append((portion.cache, count))
    assert not (paged and own)
    return JointCache(paged) if paged else SeveralCaches(own)
