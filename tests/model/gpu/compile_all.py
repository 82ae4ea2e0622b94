"""``python tests/model/gpu/compile_all.py``: compile the GPU's kernels for Hopper, without a GPU.

Triton carries NVIDIA's assembler: what comes out is machine code for compute capability 9.0. Prints
a line for each kernel and form; fails where one does not compile.
"""

import sys
import time
from collections.abc import Mapping
from typing import Any

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from handrail.model.kernels.gpu import attention_source, source

INT, F, B, W = "*i32", "*fp32", "*bf16", "i32"
ROW, FEW, MANY = (1, 16, 32), (16, 32, 32, tl.bfloat16), (128, 128, 32, tl.bfloat16)
FORMS: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    "4 bits": ((4, True, 128, 1, False, 8), (INT, B)),
    "4 bits, zeros": ((4, True, 32, 1, True, 8), (INT, "*fp16", "*u8")),
    "8 bits": ((8, True, 128, 1, False, 16), (INT, B)),
    "FP8": ((1, True, 128, 128, False, 64), ("*fp8e4nv", F)),
    "plain": ((0, False, 32, 1, False, 64), (B,)),
}


def compiled(kernel: Any, signature: Mapping[str, object], shapes: Mapping[str, object]) -> int:
    """Return the bytes of a kernel's machine code; types that are None are arguments left out."""
    constants: dict[tuple[int, ...], object] = {}
    for place, (name, kinds) in enumerate(signature.items()):
        if isinstance(kinds, tuple):
            absent = [i for i, kind in enumerate(kinds) if kind == "constexpr"]
            constants.update({(place, i): None for i in absent})
        elif kinds == "constexpr":
            constants[place,] = shapes[name]
    made = ASTSource(kernel, signature=signature, constexprs=constants)
    built: Any = triton.compile(made, target=GPUTarget("cuda", 90, 32))
    return len(built.asm["cubin"])


def product(form: str, tile: tuple[object, ...], experts: bool) -> int:
    """Compile one form of the products' kernels."""
    shape, kinds = FORMS[form]
    parts = (*kinds, *[kinds[0]] * (3 - len(kinds)), "constexpr")
    one = tile[0] == 1
    plan: object = (INT if one else (INT, INT, INT, INT)) if experts else "constexpr"
    signature = {
        "x": B, "matrix": (*parts, plan), "out": B, "sizes": (W,) * 6,
        "FORM": "constexpr", "TILE": "constexpr",
    }  # fmt: skip
    kernel = source.row_product if one else source.tile_product
    return compiled(kernel, signature, {"FORM": shape, "TILE": tile})


def attention() -> int:
    """Compile both kernels of the attention to what is held."""
    shapes: dict[str, object] = {"SHAPE": (16, 64, 128, tl.bfloat16)}
    signature: dict[str, object] = {
        "query": B, "held": (B, B, INT), "parts": (F, F, F), "sizes": (W,) * 6,
        "SHAPE": "constexpr",
    }  # fmt: skip
    parts = compiled(attention_source.attend_parts, signature, shapes)
    signature = {"parts": (F, F, F), "out": B, "sizes": (W,) * 5, "SHAPE": "constexpr"}
    return parts + compiled(attention_source.join_parts, signature, {"SHAPE": (32, 128)})


def main(forms: list[str]) -> int:
    """Compile what is named, or everything."""
    for form in forms or FORMS:
        for tile in (ROW, FEW, MANY):
            started = time.monotonic()
            size = product(form, tile, experts=form in ("plain", "FP8"))
            print(f"{form}, {tile[0]} rows: {size:,} bytes, {time.monotonic() - started:.0f} s")
    print(f"attention: {attention():,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
