"""What this machine's kernels are: compiled or not, and for which instructions.

The extension is optional: a package that was built without a compiler has none, and a processor
without AVX2 has no use for it. Everything is then computed by torch.
"""

from torch import Tensor

try:
    from handrail.model.kernels import _native as compiled
except ImportError:
    compiled = None  # type: ignore[assignment]

__all__ = ["attention_ways", "can_point", "compiled", "described", "let_go", "read", "ways"]

# The same arithmetic as avxvnni in another encoding, by which tests prove it: never the best.
_FOR_TESTS = "avx512vl"


def ways() -> tuple[str, ...]:
    """Return the instruction sets that can be used here, the best first; none without kernels."""
    return () if compiled is None else compiled.ways()


def attention_ways() -> tuple[str, ...]:
    """Return the instruction sets that attention can use here, the best first."""
    return () if compiled is None else compiled.attention_ways()


def can_point() -> bool:
    """Return whether the kernels for single numbers can be used here."""
    return compiled is not None and compiled.can_point()


def described() -> str:
    """Say in a few words which kernels are in use."""
    if compiled is None:
        return "none compiled (no C++ compiler was there at installation): torch computes"
    found = [way for way in ways() if way != _FOR_TESTS]
    return f"{found[0]}" if found else "none for this processor: torch computes"


def read(values: Tensor, threads: int) -> None:
    """Read a tensor's memory once, as fast as it can be: a measure for what products reach."""
    compiled.read(values, values.data_ptr(), values.nbytes, threads)


def let_go(values: Tensor) -> None:
    """Take a tensor that lies in a mapped file, and was not written to, out of memory.

    It comes back when it is read; a tensor that lies elsewhere stays.
    """
    compiled.let_go(values.data_ptr(), values.nbytes)
