"""Calls out, replies in: a bounded number in flight, each reply in the journal before it counts.

Calls are drawn from their iterator only when a slot is free, so that any number of them can be planned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import orjson
import stamina
from openai import (
    APIConnectionError,
    APIStatusError,
    AsyncOpenAI,
    AuthenticationError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)

from prep.errors import EndpointError
from prep.files.journal import Journal
from prep.llm.call import Call, Reply
from prep.llm.endpoint import Endpoint, check_endpoint, refused_key, refused_request, unreachable
from prep.progress import Bar
from prep.schema.run import Usage

_TRIES, _SECONDS_OF_TRYING = 8, 600.0
_REFUSALS_BEFORE_GIVING_UP = 8  # requests refused before any was answered: then it is not the single request's fault


def ask_all(endpoint: Endpoint, calls: Iterable[Call], journal: Journal, concurrency: int, bar: Bar) -> None:
    """Make every call that the journal does not hold yet.

    Raises EndpointError where the endpoint cannot be used; what was finished until then is in the journal. A request that
    the endpoint refuses (HTTP 400) while it answers others is journaled with the refusal, and not asked again.
    """
    stamina.instrumentation.set_on_retry_hooks([])  # its default is a log line for every single retry
    missing = (call for call in calls if call.key not in journal)
    asyncio.run(_Asking(endpoint, journal, bar).run(missing, concurrency))


class _Asking:
    """One batch of calls under way."""

    def __init__(self, endpoint: Endpoint, journal: Journal, bar: Bar) -> None:
        self.endpoint, self.journal, self.bar = endpoint, journal, bar
        self.answered = 0
        self.refused: list[tuple[Call, APIStatusError]] = []

    async def run(self, calls: Iterable[Call], concurrency: int) -> None:
        waiting = iter(calls)
        first = next(waiting, None)
        if first is None:
            return
        await check_endpoint(self.endpoint)

        async def worker(start: Call | None) -> None:
            call = start or next(waiting, None)
            while call is not None:
                await self.finish(client, call)
                call = next(waiting, None)

        async with self.endpoint.client() as client:
            workers = [asyncio.create_task(worker(first if number == 0 else None)) for number in range(concurrency)]
            try:
                await asyncio.gather(*workers)
            finally:
                for task in workers:
                    task.cancel()
                with suppress(asyncio.CancelledError):
                    await asyncio.gather(*workers, return_exceptions=True)
        if self.refused:
            raise refused_request(self.endpoint, self.refused[0][1])

    async def finish(self, client: AsyncOpenAI, call: Call) -> None:
        """Make one call and keep its reply."""
        try:
            reply = await _ask(client, self.endpoint.model, call)
        except APIConnectionError as error:
            raise unreachable(self.endpoint, error) from None
        except (AuthenticationError, PermissionDeniedError) as error:
            raise refused_key(self.endpoint, error) from None
        except (RateLimitError, InternalServerError) as error:
            raise EndpointError(
                f"{self.endpoint.base_url} still answers HTTP {error.status_code} after {_TRIES} tries.",
                "Wait, or lower --concurrency; then run the same command again: it goes on.",
            ) from None
        except APIStatusError as error:
            self.refuse(call, error)
        else:
            self.answered += 1
            self.keep(call, reply)
            while self.refused:  # others are answered, so these were at fault themselves
                self.keep_refusal(*self.refused.pop())

    def refuse(self, call: Call, error: APIStatusError) -> None:
        if self.answered:
            self.keep_refusal(call, error)
            return
        self.refused.append((call, error))
        if isinstance(error, NotFoundError) or len(self.refused) >= _REFUSALS_BEFORE_GIVING_UP:
            raise refused_request(self.endpoint, error)

    def keep_refusal(self, call: Call, error: APIStatusError) -> None:
        self.keep(call, Reply(error=f"the endpoint refused the request: HTTP {error.status_code}: {error.message}"))

    def keep(self, call: Call, reply: Reply) -> None:
        self.journal.append(call.key, reply.to_json())
        self.bar.advance()


async def _ask(client: AsyncOpenAI, model: str, call: Call) -> Reply:
    tries = stamina.retry_context(on=_patience, attempts=_TRIES, timeout=_SECONDS_OF_TRYING, wait_initial=0.5, wait_max=30.0)
    async for attempt in tries:
        with attempt:
            create: Any = client.chat.completions.with_raw_response.create  # typed for literal messages only
            raw = await create(model=model, messages=call.messages, **_options(call))
            return read_reply(raw.content)
    raise AssertionError("the last try either returns or raises")


def _options(call: Call) -> dict[str, Any]:
    if call.pattern is None:
        return call.options
    return {**call.options, "extra_body": {"structured_outputs": {"regex": call.pattern}}}


def _patience(error: Exception) -> bool | float:
    """Tell whether to try again, and after how many seconds where the server says so."""
    if isinstance(error, RateLimitError):
        with suppress(KeyError, ValueError):
            return float(error.response.headers["retry-after"])
        return True
    return isinstance(error, (APIConnectionError, InternalServerError))


def read_reply(body: bytes) -> Reply:
    """Return the first choice of a chat completion, without the cost of the client library's own response objects."""
    try:
        completion = orjson.loads(body)
        choice = completion["choices"][0]
        message, usage = choice["message"], completion.get("usage") or {}
        return Reply(
            text=message.get("content") or "",
            reasoning=message.get("reasoning_content") or message.get("reasoning"),
            finish_reason=choice.get("finish_reason"),
            refusal=message.get("refusal"),
            usage=Usage(prompt_tokens=usage.get("prompt_tokens"), completion_tokens=usage.get("completion_tokens")),
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        return Reply(error=f"the response is no chat completion ({type(error).__name__})")
