"""The routes: chat completions, the models, health and metrics."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from handrail.model.batch_run import Asked
from handrail.model.engine import Engine
from handrail.model.errors import GrammarError, ModelError, OptionsError, PromptError
from handrail.model.server.answers import Answer, TextReader
from handrail.model.server.errors import BadRequest, Busy, ServerError
from handrail.model.server.limits import App, Guard, Limits
from handrail.model.server.metrics import Metrics
from handrail.model.server.refusals import malformed, no_route
from handrail.model.server.requests import ChatRequest
from handrail.model.server.worker import Job, Worker, events_of

_CLIENTS_FAULT = (PromptError, GrammarError, OptionsError)


class Server:
    """Serves one engine under one name."""

    def __init__(self, engine: Engine, name: str, limits: Limits) -> None:
        self._name, self._limits, self._metrics = name, limits, Metrics()
        self._worker = Worker(engine, limits.waiting, limits.together)
        self._created = int(time.time())

    def app(self) -> App:
        """Return the ASGI application."""

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield
            self._worker.close()

        made = FastAPI(title="handrail serve", lifespan=lifespan, docs_url=None, openapi_url=None)
        made.add_api_route("/health", self.health)
        made.add_api_route("/metrics", self.metrics, response_model=None)
        made.add_api_route("/v1/models", self.models)
        made.add_api_route("/v1/chat/completions", self.chat, methods=["POST"], response_model=None)
        made.add_exception_handler(ModelError, _failed)
        made.add_exception_handler(RequestValidationError, malformed)
        made.add_exception_handler(HTTPException, no_route)
        return Guard(made, self._limits, self._metrics)

    async def health(self) -> dict[str, str]:
        """Say that the server is up."""
        return {"status": "ok"}

    async def metrics(self) -> Response:
        """Return the counts."""
        self._metrics.waiting.set(self._worker.length)
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4")

    async def models(self) -> dict[str, object]:
        """Name the one model."""
        model = {"id": self._name, "object": "model", "created": self._created}
        return {"object": "list", "data": [{**model, "owned_by": "handrail"}]}

    async def chat(self, asked: ChatRequest, request: Request) -> Response:
        """Answer a chat request, whole or as a stream."""
        if asked.model != self._name:
            raise BadRequest(f"there is no model {asked.model[:80]!r} here: {self._name}", "model")
        # pictures take a while to decode: not on the loop that serves the others
        job = self._worker.submit(await asyncio.to_thread(self._begin, asked))
        wanted = asked.stream_options is not None and asked.stream_options.include_usage
        reader = TextReader(asked.stops, bool(asked.tool_schemas()), asked.is_text())
        answer = Answer(self._name, reader, usage_at_the_end=wanted)
        if not asked.stream:
            await self._follow(job, answer, request)
            return JSONResponse(answer.body())
        # the first event tells whether the request can be answered: after it the status is out
        events = events_of(job)
        first = await anext(events)
        answer.take(first)
        return StreamingResponse(
            self._chunks(events, answer), media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )  # fmt: skip

    def _begin(self, asked: ChatRequest) -> Any:
        engine = self._worker.engine
        messages = asked.conversation(self._limits.pixels, engine.dialect)
        follow, tools = asked.follow(engine.dialect), asked.tool_schemas()
        options = asked.options(engine.defaults, engine.config.text.longest)

        def ask(engine: Engine) -> Asked:
            return engine.ask(messages, tools, options, follow)

        return ask

    async def _follow(self, job: Job, answer: Answer, request: Request) -> None:
        began = time.perf_counter()
        events = events_of(job)
        async for event in events:
            answer.take(event)
            if answer.over or await request.is_disconnected():
                break
        await events.aclose()  # type: ignore[attr-defined]
        self._count(answer, began)

    async def _chunks(self, events: Any, answer: Answer) -> AsyncIterator[bytes]:
        began = time.perf_counter()
        yield _line(answer.opening())
        try:
            async for event in events:
                if shown := answer.take(event):
                    yield _line(answer.chunk(shown))
                if answer.over:
                    break
        except ModelError as error:
            yield _line(_as_server_error(error).body())
            return
        finally:
            await events.aclose()
            self._count(answer, began)
        for chunk in answer.closing():
            yield _line(chunk)
        yield b"data: [DONE]\n\n"

    def _count(self, answer: Answer, began: float) -> None:
        self._metrics.prompt_tokens.inc(answer.prompt_tokens)
        self._metrics.reply_tokens.inc(answer.reply_tokens)
        self._metrics.seconds.observe(time.perf_counter() - began)


def _line(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


def _as_server_error(error: ModelError) -> ServerError:
    if isinstance(error, ServerError):
        return error
    return BadRequest(str(error)) if isinstance(error, _CLIENTS_FAULT) else ServerError(str(error))


async def _failed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ModelError)
    told = _as_server_error(error)
    headers = {"Retry-After": "5"} if isinstance(told, Busy) else None
    return JSONResponse(told.body(), told.status, headers)
