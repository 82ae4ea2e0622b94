"""What became of the requests that were let go: whether a server answered, and with what."""

from dataclasses import dataclass

from playwright.async_api import BrowserContext, Request, Response

from handrail.actuators.browser_words import without_user
from handrail.actuators.held import SAFE_METHODS


@dataclass(frozen=True)
class Answer:
    """The end of a request that is not safe; ``status`` is 0 where no answer came, and why."""

    method: str
    url: str
    status: int = 0
    why: str = ""


class Answers:
    """Follows a context's requests; ``told`` only grows. Belongs to the browser's thread."""

    def __init__(self, context: BrowserContext) -> None:
        self.told: list[Answer] = []
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)

    def _answered(self, response: Response) -> None:
        self._tell(response.request, response.status, "")

    def _failed(self, request: Request) -> None:
        self._tell(request, 0, request.failure or "no answer")

    def _tell(self, request: Request, status: int, why: str) -> None:
        if request.method not in SAFE_METHODS:
            self.told.append(Answer(request.method, without_user(request.url), status, why))
