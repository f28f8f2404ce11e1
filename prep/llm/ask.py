"""Calls out, replies in: a bounded number in flight, each reply in the journal before it counts.

Calls are drawn from their iterator only when a slot is free, so that any number of them can be planned.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

import orjson
import stamina
from openai import (
    APIConnectionError,
    APIStatusError,
    AsyncOpenAI,
    AuthenticationError,
    PermissionDeniedError,
    RateLimitError,
)

from prep.errors import EndpointError
from prep.files.journal import Journal
from prep.llm.call import Call, Reply
from prep.llm.endpoint import Endpoint, check_endpoint, failing, refused_key, refused_request, said, timed_out, unreachable
from prep.progress import Bar
from prep.schema.run import Usage

_TRIES, _TRIES_TIMED_OUT = 8, 2  # of one call; a server that never answers costs the client's whole patience each time
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0  # seconds, where the server names none
_SECONDS_OF_RATE_LIMIT = 600.0  # that are borne; a server that wants more is not waited for
_FAULTS_OF_THE_REQUEST = (400, 413, 422)  # any other status is about the key, the account, the model or the server
_REFUSALS_BEFORE_GIVING_UP = 8  # requests refused before any was answered: then it is not the single request's fault


def ask_all(endpoint: Endpoint, calls: Iterable[Call], journal: Journal, concurrency: int, bar: Bar) -> None:
    """Make every call that the journal does not hold yet.

    Raises EndpointError where the endpoint cannot be used; what was finished until then is in the journal. A request that
    the endpoint refuses (HTTP 400) while it answers others is journaled with the refusal; the next run asks it once more.
    """
    stamina.instrumentation.set_on_retry_hooks([])  # its default is a log line for every single retry
    missing = (call for call in calls if call.key not in journal)
    asyncio.run(_Asking(endpoint, journal, bar).run(missing, concurrency))


class _Asking:
    """One batch of calls under way."""

    def __init__(self, endpoint: Endpoint, journal: Journal, bar: Bar) -> None:
        self.endpoint, self.journal, self.bar = endpoint, journal, bar
        self.answered = False
        self.refused: list[tuple[Call, Reply, EndpointError]] = []  # kept back as long as no other is answered

    async def run(self, calls: Iterator[Call], concurrency: int) -> None:
        first = next(calls, None)
        if first is None:
            return
        await check_endpoint(self.endpoint)
        waiting = chain([first], calls)
        try:
            async with self.endpoint.client() as client, asyncio.TaskGroup() as workers:
                for _ in range(concurrency):
                    workers.create_task(self.work(client, waiting))
        except BaseExceptionGroup as group:  # the first failure; it cancelled the other workers
            raise group.exceptions[0] from None
        if self.refused and not len(self.journal):
            raise self.refused[0][2]
        self.keep_refused()

    async def work(self, client: AsyncOpenAI, waiting: Iterator[Call]) -> None:
        for call in waiting:
            await self.finish(client, call)

    async def finish(self, client: AsyncOpenAI, call: Call) -> None:
        """Make one call and keep its reply."""
        try:
            reply = await _ask(client, self.endpoint.model, call)
        except _NoCompletion as error:
            reply = error.reply
            self.refuse(call, reply, EndpointError(f"{self.endpoint.base_url}: {reply.error}.", "Mend --base-url."))
        except APIConnectionError as error:
            raise unreachable(self.endpoint, error) from None
        except (AuthenticationError, PermissionDeniedError) as error:
            raise refused_key(self.endpoint, error) from None
        except APIStatusError as error:
            if error.status_code == 404:
                raise refused_request(self.endpoint, error) from None
            if error.status_code not in _FAULTS_OF_THE_REQUEST:
                raise failing(self.endpoint, error) from None
            why = f"the endpoint refused the request: HTTP {error.status_code}: {said(self.endpoint, error)}"
            self.refuse(call, Reply(error=why), refused_request(self.endpoint, error))
        else:
            self.answered = True
            self.keep(call, reply)

    def refuse(self, call: Call, reply: Reply, error: EndpointError) -> None:
        if self.journal.was_refused(call.key):  # then too, others were answered
            self.keep(call, reply)
            return
        self.refused.append((call, reply, error))
        if self.answered:
            self.keep_refused()
        elif len(self.refused) >= _REFUSALS_BEFORE_GIVING_UP:
            raise error

    def keep_refused(self) -> None:
        while self.refused:  # others were answered, so these are at fault themselves
            call, reply, _ = self.refused.pop()
            self.keep(call, reply)

    def keep(self, call: Call, reply: Reply) -> None:
        self.journal.append(call.key, reply.to_json())
        self.bar.advance()


class _NoCompletion(Exception):
    """The server answered, with something else than a chat completion."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.error)
        self.reply = reply


async def _ask(client: AsyncOpenAI, model: str, call: Call) -> Reply:
    tries = stamina.retry_context(on=_Patience(), attempts=None, timeout=None, wait_initial=_FIRST_WAIT, wait_max=_LONGEST_WAIT)
    async for attempt in tries:
        with attempt:
            create: Any = client.chat.completions.with_raw_response.create  # typed for literal messages only
            raw = await create(model=model, messages=call.messages, **_options(call))
            reply = read_reply(raw.content)
            if reply.error:
                raise _NoCompletion(reply)
            return reply
    raise AssertionError("the last try either returns or raises")


def _options(call: Call) -> dict[str, Any]:
    if call.pattern is None:
        return call.options
    return {**call.options, "extra_body": {"structured_outputs": {"regex": call.pattern}}}


class _Patience:
    """Tells whether one call is tried again: a failing server gets a few tries, one that limits the rate some minutes.

    How long the answers themselves take does not count: a slow server is not a failing one.
    """

    def __init__(self) -> None:
        self.failures, self.rate_limited_until = 0, 0.0

    def __call__(self, error: Exception) -> bool | float:
        wait = _retry_after(error)
        if isinstance(error, RateLimitError):
            now = time.monotonic()
            self.rate_limited_until = self.rate_limited_until or now + _SECONDS_OF_RATE_LIMIT
            again = error.code != "insufficient_quota" and now + wait < self.rate_limited_until
        else:
            self.failures += 1
            again = _may_pass(error) and self.failures < (_TRIES_TIMED_OUT if timed_out(error) else _TRIES)
        return again and wait < _SECONDS_OF_RATE_LIMIT and (wait or True)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, APIStatusError):
        return error.status_code in (408, 409) or error.status_code >= 500
    return isinstance(error, (APIConnectionError, _NoCompletion))


def _retry_after(error: Exception) -> float:
    """Return how many seconds the server asks to wait, 0 where it does not say."""
    if isinstance(error, APIStatusError):
        with suppress(KeyError, ValueError):
            seconds = float(error.response.headers["retry-after"])
            return seconds if seconds > 0 else 0.0
    return 0.0


def read_reply(body: bytes) -> Reply:
    """Return the first choice of a chat completion, without the cost of the client library's own response objects."""
    try:
        completion = orjson.loads(body)
        choice = completion["choices"][0]
        message, usage = choice["message"], completion.get("usage") or {}
        return Reply(
            text=_text(message.get("content")) or "",
            reasoning=_text(message.get("reasoning_content") or message.get("reasoning")),
            finish_reason=_text(choice.get("finish_reason")),
            refusal=_text(message.get("refusal")),
            usage=Usage(prompt_tokens=usage.get("prompt_tokens"), completion_tokens=usage.get("completion_tokens")),
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        return Reply(error=f"the response is no chat completion ({type(error).__name__})")


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError("not a text")
