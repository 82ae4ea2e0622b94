"""What is kept within a budget of bytes, and what goes for it."""

from handrail.model.recent import Recent

NAMES = [bytes([number]) for number in range(4)]


def kept_of(budget: int, *sizes: int) -> Recent[int]:
    kept = Recent[int](budget)
    for name, size in zip(NAMES, sizes, strict=False):
        kept.keep(name, size, size)
    return kept


def test_what_was_used_longest_ago_goes_first() -> None:
    kept = kept_of(10, 4, 4)
    kept.touch([NAMES[0]])
    assert kept.keep(NAMES[2], 4, 4)
    assert [name in kept for name in NAMES] == [True, False, True, False]
    assert kept.held == 8


def test_what_never_fits_pushes_nothing_out() -> None:
    kept = kept_of(10, 4, 4)
    assert not kept.keep(NAMES[2], 11, 11)
    assert [name in kept for name in NAMES] == [True, True, False, False]
    assert kept.held == 8


def test_a_name_whose_new_value_does_not_fit_is_gone() -> None:
    kept = kept_of(10, 4, 4)
    assert not kept.keep(NAMES[0], 11, 11)
    assert [name in kept for name in NAMES] == [False, True, False, False]
    assert kept.held == 4


def test_the_spared_do_not_go() -> None:
    kept = kept_of(10, 4, 4)
    assert not kept.keep(NAMES[2], 8, 8, spared={NAMES[1]})
    assert [name in kept for name in NAMES] == [False, True, False, False]
