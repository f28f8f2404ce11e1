"""Which endpoint answers: address, model and key, from flags and the environment; checked before any call is planned."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from openai import (
    APIConnectionError,
    APIStatusError,
    AsyncOpenAI,
    AuthenticationError,
    DefaultAioHttpClient,
    NotFoundError,
    PermissionDeniedError,
)

from prep.errors import EndpointError

OPENAI = "https://api.openai.com/v1"
_SECONDS_TO_CONNECT = 20.0


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible server and one of its models."""

    model: str
    base_url: str
    api_key: str = field(repr=False)

    def client(self, seconds: float = 900.0) -> AsyncOpenAI:
        """Return a client that gives up on a request after `seconds`; retrying is the caller's matter."""
        http = DefaultAioHttpClient()
        return AsyncOpenAI(base_url=self.base_url, api_key=self.api_key, timeout=seconds, max_retries=0, http_client=http)


def find_endpoint(model: str, base_url: str | None) -> Endpoint:
    """Return the endpoint that a command was told to use. `base_url` None means OpenAI's own.

    Raises EndpointError where OpenAI's endpoint is meant and there is no key. Other servers may need none.
    """
    url = (base_url or OPENAI).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EndpointError(f"{url!r} is no address of an endpoint.", "Write --base-url like http://127.0.0.1:8000/v1.")
    key = os.environ.get("OPENAI_API_KEY", "")
    if not key and parts.hostname == "api.openai.com":
        raise EndpointError(
            "OPENAI_API_KEY is not set.",
            "Set it, or name another endpoint with --base-url (a vLLM server of your own needs no key).",
        )
    return Endpoint(model, url, key or "none")


async def check_endpoint(endpoint: Endpoint) -> None:
    """Ask the endpoint which models it serves.

    Raises EndpointError where it cannot be reached, refuses the key, or does not serve the model. An endpoint that lists no
    models is let through: its first answer will tell.
    """
    async with endpoint.client(_SECONDS_TO_CONNECT) as client:
        try:
            served = [model.id async for model in client.models.list()]
        except APIConnectionError as error:
            raise unreachable(endpoint, error) from None
        except (AuthenticationError, PermissionDeniedError) as error:
            raise refused_key(endpoint, error) from None
        except APIStatusError:
            return
    if served and endpoint.model not in served:
        names = ", ".join(sorted(served)[:8]) + (" …" if len(served) > 8 else "")
        raise EndpointError(f"{endpoint.base_url} does not serve {endpoint.model!r}.", f"Give --model one of: {names}")


def unreachable(endpoint: Endpoint, error: Exception) -> EndpointError:
    """Return the error for a server that does not answer."""
    why = error.__cause__ or error
    return EndpointError(
        f"{endpoint.base_url} cannot be reached ({why}).", "Start the server, or mend --base-url; then run again."
    )


def refused_key(endpoint: Endpoint, error: APIStatusError) -> EndpointError:
    """Return the error for a key that the server does not take."""
    return EndpointError(f"{endpoint.base_url} refuses the key (HTTP {error.status_code}).", "Mend OPENAI_API_KEY.")


def refused_request(endpoint: Endpoint, error: APIStatusError) -> EndpointError:
    """Return the error for a server that refuses what we send at all."""
    if isinstance(error, NotFoundError):
        return EndpointError(f"{endpoint.base_url} knows no {endpoint.model!r}: {error.message}", "Mend --model or --base-url.")
    return EndpointError(
        f"{endpoint.base_url} refuses the request: {error.message}",
        "Where it does not know JSON schemas, pass --structured none; where it does not know vLLM's options, --answers free.",
    )
