def ways() -> tuple[str, ...]: ...
def matrix(
    codes: int,
    scales: int,
    zeros: int,
    parts: int,
    outputs: int,
    inputs: int,
    group: int,
    bits: int,
    scale_type: int,
) -> object: ...
def product(
    matrix: object,
    owner: object,
    way: int,
    threads: int,
    input: int,
    output: int,
    bias: int,
    rows: int,
    bfloat16: bool,
) -> None: ...
def read(owner: object, address: int, bytes: int, threads: int) -> None: ...
def let_go(address: int, bytes: int) -> None: ...

_Rows = tuple[int, int, int, int]

def attention_ways() -> tuple[str, ...]: ...
def attend(
    owner: object,
    query: _Rows,
    key: _Rows,
    value: _Rows,
    out: _Rows,
    sizes: tuple[int, int, int, int],
    scale: float,
    way: int,
    threads: int,
) -> None: ...
def can_point() -> bool: ...
def gelu(owner: object, values: int, count: int, threads: int) -> None: ...
def turn(
    owner: object,
    values: int,
    cosines: int,
    sines: int,
    sizes: tuple[int, int, int, int],
    threads: int,
) -> None: ...
