"""The live route: the token report of a prompt while it is typed.

Tokenizers only, never an encoder. The client sends text and names out of our own tables; the one
thing it can point at is a tokenizer that an earlier Run left here, by a random token. No path from
the client is opened: textual inversions are looked up by the host, which keeps to its own
embeddings folders.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import OrderedDict
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from aiohttp import web

from ..conditioning.errors import EncoderScopeError
from ..conditioning.families.table import FAMILIES, Family, by_loader
from ..conditioning.reports.strict_json import to_json
from ..conditioning.tokens.typed_text import sent_by_browser
from ..conditioning.translation import in_language, translate
from . import clip as host_clip
from . import language, tokenizers
from .ids import LIVE_ROUTE
from .reports.token_reports import report

LONGEST = 10_000  # characters; beyond that the widget waits for Run
_LARGEST_BODY = 150_000  # bytes: 10,000 characters as escapes, and the names beside them
_MOST_WAITING = 8
_MOST_RUNS = 16  # tokenizers of earlier Runs


class _Run(NamedTuple):
    clip: tokenizers.TokenizerOnly
    layout: Family | None


class Refused(NamedTuple):
    status: int
    message: str


_runs: OrderedDict[str, _Run] = OrderedDict()


def keep(clip: Any, layout: Family | None) -> str:
    """Remember the tokenizer of a Run; the token that is returned lets the widget refresh with
    exactly this one.
    """
    layout = layout or host_clip.family_of(clip)
    token = secrets.token_urlsafe(12)
    _runs[token] = _Run(tokenizers.detached(clip, layout), layout)
    while len(_runs) > _MOST_RUNS:
        _runs.popitem(last=False)
    return token


def answer(body: Any) -> dict[str, Any] | Refused:
    """What the route answers to a decoded request body, in the language of the moment."""
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        return Refused(400, translate("Expected JSON with a string 'text'."))
    text = body["text"]
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2  # as the browser counts
    if length > LONGEST:
        return Refused(
            413,
            translate(
                "The text has {length:,} characters; live refresh takes {most:,}. Press Run.",
                length=length,
                most=LONGEST,
            ),
        )
    try:
        return _report_of(body, text)
    except EncoderScopeError as error:
        return {"wait": str(error)}


def _report_of(body: dict[str, Any], text: str) -> dict[str, Any]:
    """The report of a text; what to wait for where no tokenizer is known."""
    run = _run_of(body)
    if run is None:
        return {
            "wait": translate(
                "Press Run once: only then is it known which encoders this loader gives."
            )
        }
    sent = sent_by_browser(text)
    return {"report": report(run.clip, sent.text, run.layout, sent)}


def _run_of(body: dict[str, Any]) -> _Run | None:
    live = body.get("live")
    run = _runs.get(live) if isinstance(live, str) else None
    if run is not None:
        return run
    name, loader = body.get("family"), body.get("loader")
    family = FAMILIES.get(name) if isinstance(name, str) else None
    if family is None and isinstance(loader, dict):
        kind, files = loader.get("type"), loader.get("files")
        family = (
            by_loader(kind, files) if isinstance(kind, str) and isinstance(files, int) else None
        )
    return _Run(tokenizers.tokenizer_only(family.name), family) if family else None


def same_origin(headers: Any) -> bool:
    """Only the host's own page may ask: other sites get nothing, command-line tools
    send no Origin.
    """
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == headers.get("Host")


class _Queue:
    """One question is answered at a time, so that a running graph keeps its processor; a few wait,
    and the others are told to ask again.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def answer(self, body: Any) -> dict[str, Any] | Refused:
        """What :func:`answer` says, in a thread of its own."""
        if self._waiting > _MOST_WAITING:
            return Refused(
                429, translate("The server is busy with other prompts. Type on, or press Run.")
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(answer, body)
        finally:
            self._waiting -= 1


_queue = _Queue()


async def _body(request: web.Request) -> Any:
    """The decoded body; not one byte more is read than the longest prompt takes."""
    if request.content_type != "application/json":
        return Refused(415, translate("Expected JSON."))
    data = b""
    while len(data) <= _LARGEST_BODY:
        chunk = await request.content.read(_LARGEST_BODY + 1 - len(data))
        if not chunk:
            break
        data += chunk
    if len(data) > _LARGEST_BODY:
        return Refused(
            413,
            translate("The request is longer than {most:,} bytes. Press Run.", most=_LARGEST_BODY),
        )
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return Refused(400, translate("The request is not JSON."))


async def _route(request: web.Request) -> web.Response:
    if not same_origin(request.headers):
        return web.json_response({"error": "Only ComfyUI's own page may ask."}, status=403)
    with in_language(language.of_editor()):
        return await _answered(request)


async def _answered(request: web.Request) -> web.Response:
    body = await _body(request)
    if isinstance(body, Refused):
        return web.json_response({"error": body.message}, status=body.status)
    try:
        outcome = await _queue.answer(body)
    except Exception:
        logging.getLogger("encoderscope").exception("live token report failed")
        return web.json_response(
            {"error": translate("The live report failed; the server's log says why. Press Run.")},
            status=500,
        )
    if isinstance(outcome, Refused):
        return web.json_response({"error": outcome.message}, status=outcome.status)
    return web.json_response(outcome, dumps=to_json)


def install() -> None:
    """Add the route to the running host's server; without a server (tests, terminal) there is
    nothing to add it to.
    """
    from server import PromptServer

    instance = getattr(PromptServer, "instance", None)
    if instance is not None:
        instance.routes.post(LIVE_ROUTE)(_route)
