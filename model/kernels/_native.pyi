def ways() -> tuple[str, ...]: ...
def matrix(
    codes: int,
    scales: int,
    zeros: int,
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
