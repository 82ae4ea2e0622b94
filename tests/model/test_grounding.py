"""Coordinates 0..1000 become fractions, anything else is refused."""

import math

import pytest

from handrail.model.errors import CoordinateError
from handrail.model.grounding import fraction


@pytest.mark.parametrize(("value", "wanted"), [(0, 0.0), (1000, 1.0), (500, 0.5), (12.5, 0.0125)])
def test_the_scale_is_a_thousand(value: float, wanted: float) -> None:
    assert fraction(value) == wanted


@pytest.mark.parametrize(
    "value", [-1, 1001, 1000.5, math.nan, math.inf, "500", None, True, [5], 10**400]
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(CoordinateError, match=r"0\.\.1000"):
        fraction(value)
