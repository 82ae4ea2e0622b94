"""What the vision tower made of pictures seen before, by the content of each picture."""

from collections.abc import Sequence

import torch

from handrail.model.network import Network
from handrail.model.processor import PatchedImage
from handrail.model.recent import Recent
from handrail.model.vision import VisionFeatures


class VisionCache:
    """Encodes pictures with a network; one whose pixels were seen before is not encoded again.

    Holds tokens and DeepStack levels, at most ``budget`` bytes of them; those used longest ago go.
    """

    def __init__(self, network: Network, budget: int) -> None:
        self._network = network
        self._seen: Recent[VisionFeatures] = Recent(budget)
        self.encoded = 0
        """How many pictures the vision tower has worked on so far."""

    @property
    def held(self) -> int:
        """Return how much is held."""
        return self._seen.held

    def see(self, images: Sequence[PatchedImage]) -> list[VisionFeatures]:
        """Return the features of each picture, with a batch of one. Raises Cancelled."""
        new = {i.digest: i for i in images if i.digest not in self._seen}
        made: dict[bytes, VisionFeatures] = {}
        if new:
            seen = self._network.see(list(new.values()))
            made = dict(zip(new, (_own(features) for features in seen), strict=True))
            self.encoded += len(new)
        self._seen.touch(image.digest for image in images)
        # taken out before any is added, for adding one may push another out
        found = [made.get(i.digest) or self._seen[i.digest] for i in images]
        for digest, features in made.items():
            self._seen.keep(digest, features, _size(features))
        return found

    def clear(self) -> None:
        """Forget every picture."""
        self._seen.clear()


def _own(features: VisionFeatures) -> VisionFeatures:
    """Return features that hold no others of their batch alive."""
    return VisionFeatures(_alone(features.tokens), [_alone(x) for x in features.deepstack])


def _alone(part: torch.Tensor) -> torch.Tensor:
    return part.clone() if part.untyped_storage().nbytes() > part.nbytes else part


def _size(features: VisionFeatures) -> int:
    return features.tokens.nbytes + sum(level.nbytes for level in features.deepstack)
