"""A pool hands out what it has, shares by reference, and forgets what was used longest ago."""

import random

import pytest
import torch

from handrail.model.attention import attend, attend_pieces
from handrail.model.block_pool import BLOCK, BlockPool, Kind
from handrail.model.errors import NoRoom
from handrail.model.paged_cache import JointCache, PagedCache, pieces

KIND = Kind(layers=2, heads=2, dim=8, dtype=torch.float32, device=torch.device("cpu"))


def pool_of(blocks: int) -> BlockPool:
    return BlockPool(KIND, KIND.block_bytes * blocks)


def name(number: int) -> bytes:
    return number.to_bytes(4, "big")


def named(pool: BlockPool, *numbers: int) -> list[int]:
    """Keep blocks under names, and hold none of them."""
    taken = [pool.take() for _ in numbers]
    for block, number in zip(taken, numbers, strict=True):
        pool.name(block, name(number))
    pool.let_go(taken)
    return taken


def test_what_nobody_holds_goes_the_longest_unused_first() -> None:
    pool = pool_of(4)
    first = named(pool, 0, 1)
    named(pool, 2, 3)
    assert pool.known([name(0), name(1)]) == first  # used again, its end before its beginning
    held = [pool.take() for _ in range(3)]
    assert [len(pool.known([name(n)])) for n in range(4)] == [1, 0, 0, 0]
    pool.take()
    assert pool.known([name(0)]) == []
    with pytest.raises(NoRoom):
        pool.take()
    pool.let_go(held)
    assert pool.free == 3


def test_what_is_held_never_goes_and_the_spared_do_not_either() -> None:
    pool = pool_of(2)
    (block, _) = named(pool, 0, 1)
    pool.share([block])
    with pytest.raises(NoRoom):
        pool.take(spared={name(1)})
    pool.take()
    with pytest.raises(NoRoom):
        pool.take()
    assert pool.known([name(0)]) == [block]


def test_blocks_follow_each_other_while_there_is_room() -> None:
    pool = pool_of(64)
    first, second = PagedCache(pool), PagedCache(pool)
    for tokens in range(16, 16 * 20, 16):
        first.reserve(tokens)
        second.reserve(tokens)
    for cache in (first, second):
        assert len(pieces(cache.blocks, 16 * 19)) == 1


def test_who_writes_into_what_is_shared_gets_a_copy() -> None:
    """Three runs go on from one; each writes, and each keeps what it had."""
    pool = pool_of(12)
    origin = PagedCache(pool)
    origin.reserve(20)
    for index in range(KIND.layers):
        pool.layer(index)[:, :, origin.slots(20)] = torch.arange(20.0).view(1, 1, 20, 1)
    origin.length = 20
    forks = [origin.fork() for _ in range(3)]
    assert pool.capacity - pool.free == 2
    for number, fork in enumerate(forks):
        fork.reserve(21)
        for index in range(KIND.layers):
            pool.layer(index)[:, :, fork.slots(21)] = 100.0 + number
        fork.length = 21
    assert pool.capacity - pool.free == 2 + 3
    for number, fork in enumerate(forks):
        slots = [s for piece in pieces(fork.blocks, 21) for s in range(piece.start, piece.stop)]
        for index in range(KIND.layers):
            held = pool.layer(index)[0, 0, slots, 0].tolist()
            assert held == [*range(20), 100.0 + number]
    for cache in (origin, *forks):
        cache.free()
    assert pool.free == pool.capacity


def test_a_random_crowd_gives_everything_back() -> None:
    """Runs begin, share, grow, forget and end at random: no block is lost, none held twice."""
    chance, pool = random.Random(3), pool_of(40)
    runs: list[PagedCache] = []
    for turn in range(3000):
        what = chance.random()
        try:
            if what < 0.25 or not runs:
                start = chance.randrange(8)
                known = pool.known([name(100 * start + n) for n in range(chance.randrange(5))])
                runs.append(PagedCache(pool, known))
            elif what < 0.6:
                run = chance.choice(runs)
                end = run.length + chance.randrange(1, 40)
                run.reserve(end)
                run.length = end
            elif what < 0.7:
                chance.choice(runs).shorten(chance.randrange(60))
            elif what < 0.8:
                runs.append(chance.choice(runs).fork())
            elif what < 0.9:
                run = chance.choice(runs)
                for index, block in enumerate(run.blocks[: run.length // BLOCK]):
                    pool.name(block, name(100 * (turn % 8) + index))
            else:
                run = runs.pop(chance.randrange(len(runs)))
                run.free()
        except NoRoom:
            runs.pop(0).free()
        held = [block for run in runs for block in run.blocks]
        assert pool._holders == [held.count(block) for block in range(pool.capacity)]
        assert pool.free == pool.capacity - len(set(held))
    for run in runs:
        run.free()
    pool.clear()
    assert (pool.free, pool.held) == (pool.capacity, 0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("new", [1, 2, 7])
def test_attention_in_pieces_is_attention(new: int, dtype: torch.dtype) -> None:
    """Also where new tokens lie in several pieces, so that some see nothing of one."""
    generator = torch.Generator().manual_seed(new)
    query, keys, values = (
        torch.randn(1, heads, tokens, 32, generator=generator).to(dtype)
        for heads, tokens in ((6, new), (2, 50), (2, 50))
    )
    wanted = attend(query.float(), keys.float(), values.float())
    for cuts in ([20, 30], [16, 16, 16, 2], [49, 1], [50 - new + 1, new - 1], [44, 3, 3]):
        parts = [size for size in cuts if size]
        held, said = (torch.split(x, parts, dim=2) for x in (keys, values))
        made = attend_pieces(query, held, said)
        assert made.dtype == dtype
        limit = 1e-5 if dtype == torch.float32 else 2e-2
        assert float((made.float() - wanted).abs().max()) < limit


def test_rows_of_a_pass_do_not_see_each_other() -> None:
    """Three runs of different lengths in one pass get what each gets by itself."""
    generator, pool = torch.Generator().manual_seed(1), pool_of(30)
    sizes = [(37, 1), (5, 3), (0, 20)]
    caches = []
    for held, _ in sizes:
        caches.append(PagedCache(pool))
        caches[-1].reserve(held)
        pool.layer(0)[:, :, caches[-1].slots(held)] = torch.randn(
            2, 2, held, 8, generator=generator
        )
        caches[-1].length = held
    total = sum(new for _, new in sizes)
    query, key, value = (torch.randn(1, h, total, 8, generator=generator) for h in (4, 2, 2))
    for cache, (held, new) in zip(caches, sizes, strict=True):
        cache.reserve(held + new)
    counts = [new for _, new in sizes]
    mixed = JointCache(list(zip(caches, counts, strict=True))).layers[0].mixed(query, key, value)
    first = 0
    for cache, (held, new) in zip(caches, sizes, strict=True):
        slots = [s for p in pieces(cache.blocks, held + new) for s in range(p.start, p.stop)]
        keys, values = pool.layer(0)[:, None, :, slots]
        alone = attend(query[:, :, first : first + new], keys, values)
        assert torch.allclose(mixed[:, first : first + new], alone, atol=1e-5)
        first += new


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 bytes"):
        BlockPool(KIND, -1)
