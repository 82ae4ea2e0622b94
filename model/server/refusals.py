"""What a client is told of a request that no route can take."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from handrail.model.server.errors import BadRequest


async def malformed(_: Request, error: Exception) -> JSONResponse:
    """Name the first thing that is wrong in a body."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    param = ".".join(str(step) for step in first["loc"][1:])
    # JSON may hold halves of surrogate pairs, which no answer can.
    param = param.encode("utf-8", "backslashreplace").decode("utf-8")
    told = BadRequest(f"{param or 'the body'}: {first['msg']}", param or None)
    return JSONResponse(told.body(), told.status)


async def no_route(_: Request, error: Exception) -> JSONResponse:
    """Say that nothing lies at this address, or not for this method."""
    assert isinstance(error, HTTPException)
    told = BadRequest(str(error.detail))
    return JSONResponse({**told.body()}, error.status_code)
