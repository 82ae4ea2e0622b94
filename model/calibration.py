"""How a checkpoint's scores become a chance: a logistic regression on what tells a find's truth.

``python -m handrail.model.pocket.calibrate`` fits it on screens that were kept from training and
writes it into ``handrail.json``. Method: Platt, Probabilistic outputs for support vector machines
(1999).
"""

import math
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from handrail.model.gaze import Head
from handrail.model.grounding import Pointed

_FAR = 30.0


class Calibration(BaseModel):
    """What the signals of a find count for the log-odds that what is looked for is there.

    The chance is one at even odds: as if half of what is asked for were there, so that what is
    rather not there has one below a half. ``layer`` and ``head`` name the attention head that
    training showed where to look; ``odds`` and ``gaze`` are the weights of these two.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    layer: int = Field(ge=0)
    head: int = Field(ge=0)
    bias: float
    odds: float
    gaze: float

    @property
    def watched(self) -> Head:
        """Return the head to watch."""
        return Head(self.layer, self.head)

    def judged(self, find: Pointed) -> Pointed:
        """Return a find with its chance; as it is where nobody watched."""
        if find.gaze is None:
            return find
        told = self.bias + self.odds * find.odds + self.gaze * find.gaze
        return replace(find, chance=1 / (1 + math.exp(-max(-_FAR, min(_FAR, told)))))
