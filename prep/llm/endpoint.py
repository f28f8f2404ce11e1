"""Which endpoint answers: address, model and key, from flags and the environment; checked before any call is planned."""

from __future__ import annotations

import os
import re
import textwrap
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson
from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AuthenticationError,
    DefaultAioHttpClient,
    NotFoundError,
    Timeout,
)

from prep.errors import EndpointError

OPENAI = "https://api.openai.com/v1"
_NO_KEY = "none"  # the client library wants one; servers that need no key ignore it
_SECONDS_TO_CONNECT = 20.0
# what to do where a server refuses a request, by the parameter that it names
_FIXES = {
    "temperature": "Pass --omit temperature: then the model's own is taken.",
    "seed": "Pass --omit seed: then the answers cannot be repeated.",
    "max_completion_tokens": "Lower --max-tokens, or pass --omit max_completion_tokens where it does not know that parameter.",
}
_FIX = "Where it does not know JSON schemas, pass --structured none; where it does not know vLLM's options, --answers free."


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible server and one of its models."""

    model: str
    base_url: str
    api_key: str = field(repr=False)

    def client(self, seconds: float = 900.0) -> AsyncOpenAI:
        """Return a client that gives up on a request after `seconds`; retrying is the caller's matter."""
        timeout, http = Timeout(seconds, connect=_SECONDS_TO_CONNECT), DefaultAioHttpClient()
        return AsyncOpenAI(base_url=self.base_url, api_key=self.api_key, timeout=timeout, max_retries=0, http_client=http)


def find_endpoint(model: str, base_url: str | None) -> Endpoint:
    """Return the endpoint that a command was told to use. `base_url` None means OpenAI's own.

    Raises EndpointError where that is no address, where the key cannot be one, or where OpenAI's endpoint is meant and there
    is no key. Other servers may need none.
    """
    url = (base_url or OPENAI).strip().rstrip("/")
    host = _host(url)
    if not host:
        raise EndpointError(f"{url!r} is no address of an endpoint.", "Write --base-url like http://127.0.0.1:8000/v1.")
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key and host == "api.openai.com":
        raise EndpointError(
            "OPENAI_API_KEY is not set.",
            "Set it, or name another endpoint with --base-url (a vLLM server of your own needs no key).",
        )
    if not (key.isascii() and key.isprintable()):
        raise EndpointError("OPENAI_API_KEY holds signs that no key has.", "Set it again; it may have been copied with others.")
    return Endpoint(model, url, key or _NO_KEY)


def _host(url: str) -> str | None:
    """Return the host of an address that can be connected to; None where it is none."""
    try:
        parts = urlsplit(url)
        sound = url.isascii() and url.isprintable() and " " not in url and parts.scheme in ("http", "https") and parts.port != 0
        return (parts.hostname or "").encode("idna").decode() if sound else None
    except ValueError:  # a port or a host that is none
        return None


async def check_endpoint(endpoint: Endpoint) -> None:
    """Ask the endpoint which models it serves.

    Raises EndpointError where it cannot be reached, refuses the key, or does not serve the model. An endpoint that lists no
    models, or may not with this key, is let through: its first answer will tell.
    """
    async with endpoint.client(_SECONDS_TO_CONNECT) as client:
        try:
            served = _names((await client.models.with_raw_response.list()).content)
        except APIConnectionError as error:
            raise unreachable(endpoint, error) from None
        except AuthenticationError as error:
            raise refused_key(endpoint, error) from None
        except APIStatusError:
            return
    if served and not _is_served(endpoint.model, served):
        names = ", ".join(served[:8]) + (" …" if len(served) > 8 else "")
        raise EndpointError(f"{endpoint.base_url} does not serve {endpoint.model!r}.", f"Give --model one of: {names}")


def _names(body: bytes) -> list[str]:
    """Return the models that a server lists, in the order of their names; none where the list is unreadable."""
    try:
        return sorted(str(model["id"]) for model in orjson.loads(body)["data"])
    except (ValueError, KeyError, TypeError):
        return []


def _is_served(model: str, served: list[str]) -> bool:
    # Gemini lists models/NAME for NAME, Ollama NAME:latest; OpenRouter takes NAME:VARIANT, of which it lists some
    names = {name.removeprefix("models/").removesuffix(":latest") for name in served}
    return model in served or model in names or model.rpartition(":")[0] in names


def timed_out(error: Exception) -> bool:
    """Tell whether a server took a request and did not answer it in time."""
    # a connection that is refused is a timeout to the client library too; which library lies below it depends on its version
    return isinstance(error, APITimeoutError) and type(error.__cause__).__name__ != "ConnectTimeout"


def unreachable(endpoint: Endpoint, error: Exception) -> EndpointError:
    """Return the error for a server that does not answer."""
    if timed_out(error):
        return EndpointError(
            f"{endpoint.base_url} does not answer in time.", "Lower --concurrency or --max-tokens, or look at the server."
        )
    why = str(error.__cause__ or error) or type(error.__cause__ or error).__name__
    return EndpointError(
        f"{endpoint.base_url} cannot be reached ({why}).", "Start the server, or mend --base-url; then run again."
    )


def refused_key(endpoint: Endpoint, error: APIStatusError) -> EndpointError:
    """Return the error for a key that the server does not take."""
    what = f"refuses the key (HTTP {error.status_code}: {said(endpoint, error)})"
    return EndpointError(f"{endpoint.base_url} {what}.", "Mend OPENAI_API_KEY.")


def refused_request(endpoint: Endpoint, error: APIStatusError) -> EndpointError:
    """Return the error for a server that refuses what we send at all."""
    why = said(endpoint, error)
    if isinstance(error, NotFoundError):
        return EndpointError(f"{endpoint.base_url} knows no {endpoint.model!r}: {why}", "Mend --model or --base-url.")
    named = (fix for name, fix in _FIXES.items() if error.param == name or re.search(rf"\b{name}\b", why))
    return EndpointError(f"{endpoint.base_url} refuses the request: {why}", next(named, _FIX))


def failing(endpoint: Endpoint, error: APIStatusError) -> EndpointError:
    """Return the error for a server that keeps failing, limits the rate for too long, or wants to be paid."""
    return EndpointError(
        f"{endpoint.base_url} answers HTTP {error.status_code}: {said(endpoint, error)}",
        "Wait, lower --concurrency, or mend what it names; then run the same command again: it goes on.",
    )


def said(endpoint: Endpoint, error: APIStatusError) -> str:
    """Return the server's own words: one line, not a long one, and never the key."""
    body = error.body if isinstance(error.body, dict) else {}
    text = str(body.get("message") or error.message).encode(errors="replace").decode()
    if endpoint.api_key != _NO_KEY:
        text = text.replace(endpoint.api_key, "[the key]")
    return textwrap.shorten(text, 400, placeholder=" …")
