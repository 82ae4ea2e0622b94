"""Why a request is refused, as an HTTP status and an error in OpenAI's shape.

ServerError
+-- BadRequest     400: something in the body is wrong, or does not fit the model
+-- Unauthorized   401: no token, or a wrong one
+-- TooLarge       413: the body or a picture is larger than allowed
+-- Busy           429: as many requests are waiting as may
"""

from typing import ClassVar

from handrail.model.errors import ModelError


class ServerError(ModelError):
    """Base of what a client is told; ``param`` names the field that is wrong."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "server_error"

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param

    def body(self) -> dict[str, object]:
        """Return the error as OpenAI's clients read it."""
        error = {"message": str(self), "type": self.kind, "param": self.param, "code": self.status}
        return {"error": error}


class BadRequest(ServerError):
    """The body is malformed, or asks for what this model does not do."""

    status = 400
    kind = "invalid_request_error"


class Unauthorized(ServerError):
    """The bearer token is absent or wrong."""

    status = 401
    kind = "authentication_error"


class TooLarge(ServerError):
    """The body, or a picture in it, is larger than allowed."""

    status = 413
    kind = "invalid_request_error"


class Busy(ServerError):
    """The queue is full."""

    status = 429
    kind = "rate_limit_error"
