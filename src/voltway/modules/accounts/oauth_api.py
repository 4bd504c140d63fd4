"""OAuth 2.0 for machines: a client shows its secret and gets a token for some minutes (RFC 6749 §4.4, RFC 7009).

A token is an API key with an early end: whatever takes keys takes tokens.
"""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from voltway.kernel import audit, clock
from voltway.kernel.auth import Role, anybody, api_keys, create_api_key
from voltway.kernel.auth.callers import Verified
from voltway.kernel.auth.throttle import LogInThrottle
from voltway.kernel.database import Tx
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import matches_secret
from voltway.modules.accounts import rules, store
from voltway.modules.accounts.admin_api import client_key
from voltway.modules.accounts.people import OurRuntime
from voltway.modules.accounts.schemas import OAuthRefusal, OAuthToken
from voltway.modules.accounts.settings import AccountsSettings

router = APIRouter(tags=["oauth"], dependencies=[Depends(anybody)])

FORM = "application/x-www-form-urlencoded"
FORM_BYTES_MAX = 8192
_FIELDS_MAX = 20
_CREDENTIALS = {
    "client_id": {"type": "string", "maxLength": 36, "description": "if not in the header Authorization: Basic"},
    "client_secret": {"type": "string", "maxLength": 200},
}


def _form(**fields: Any) -> dict[str, Any]:
    """The description of a form's fields, for the OpenAPI."""
    required = [name for name, field in fields.items() if field.pop("is_required", False)]
    schema = {"type": "object", "properties": {**fields, **_CREDENTIALS}, "required": required}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


_TOKEN_FORM = _form(
    grant_type={"type": "string", "enum": ["client_credentials"], "is_required": True},
    scope={"type": "string", "maxLength": 4000, "description": "permissions with spaces between; all, if not given"},
)
_REVOCATION_FORM = _form(token={"type": "string", "maxLength": 200, "is_required": True})
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": OAuthRefusal, "description": "RFC 6749 §5.2"},
    401: {"model": OAuthRefusal, "description": "The client is not known, or its secret is wrong"},
}


class Refused(Exception):
    """A refusal in OAuth's own form, which clients of others understand."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status, self.error, self.description = status, error, description

    def answer(self) -> JSONResponse:
        """As RFC 6749 §5.2 wants it."""
        body = OAuthRefusal(error=self.error, error_description=self.description)
        headers = {"www-authenticate": 'Basic realm="voltway"'} if self.status == 401 else None
        return JSONResponse(body.model_dump(), self.status, headers)


@router.post("/oauth/token", response_model=OAuthToken, responses=_REFUSALS, openapi_extra=_TOKEN_FORM)
async def fetch_token(request: Request, runtime: OurRuntime) -> Any:
    """A token for a client that shows its secret."""
    try:
        form = _read_form(await request.body(), request)
        if form.get("grant_type") != "client_credentials":
            raise Refused(400, "unsupported_grant_type", "There is client_credentials only.")
        client = await _authenticate(runtime, request, form)
        scopes = rules.scopes_of(form.get("scope"), client.scopes)
        if scopes is None:
            raise Refused(400, "invalid_scope", "The client does not have all of these scopes.")
    except Refused as refusal:
        return refusal.answer()
    lifetime_s = runtime.settings(AccountsSettings).oauth_token_lifetime_s
    async with runtime.database.begin() as tx:
        token = await create_api_key(
            tx,
            Role(client.role),
            client.name,
            client.operator_id,
            runtime.secret,
            location_ids=client.location_ids,
            scopes=sorted(scopes),
            expires_at=clock.now() + timedelta(seconds=lifetime_s),
            created_by=client.id,
            client_id=client.id,
        )
        await store.change_client(tx, client.id, last_used_at=clock.now())
    return OAuthToken(access_token=token, expires_in=lifetime_s, scope=" ".join(sorted(scopes)))


@router.post("/oauth/revoke", status_code=200, responses=_REFUSALS, openapi_extra=_REVOCATION_FORM)
async def revoke_token(request: Request, runtime: OurRuntime) -> Any:
    """End a token of this client; one that is not there is none (RFC 7009 §2.2)."""
    try:
        form = _read_form(await request.body(), request)
        client = await _authenticate(runtime, request, form)
    except Refused as refusal:
        return refusal.answer()
    async with runtime.database.begin() as tx:
        await _end_token(tx, runtime, client, form.get("token", ""))
    return Response(status_code=200)


async def _end_token(tx: Tx, runtime: Runtime, client: Any, token: str) -> None:
    row = await api_keys.find_by_key(tx, token, runtime.secret)
    if row is not None and row.client_id == client.id:
        await api_keys.end_token(tx, row.id)
        tx.after_commit(runtime.state(Verified).forget)


class Shown(NamedTuple):
    """What a client shows."""

    client_id: str
    secret: str


async def _authenticate(runtime: Runtime, request: Request, form: dict[str, str]) -> Any:
    """The client that a request comes from. Raises Refused, TooManyFailures."""
    shown, throttle, address = _shown(request, form), runtime.state(LogInThrottle), client_address(request)
    throttle.check(shown.client_id, address)
    async with runtime.database.read() as tx:
        row = await store.find_client(tx, shown.client_id)
    key, now = client_key(runtime), clock.now()
    is_right = matches_secret(shown.secret, row.secret_hash if row is not None else None, key)
    is_old = row is not None and row.old_secret_until is not None and now < row.old_secret_until
    is_right = (
        matches_secret(shown.secret, row.old_secret_hash if row is not None and is_old else None, key) or is_right
    )
    if row is None or not is_right:
        throttle.count_failure(shown.client_id, address)
        if row is not None:
            async with runtime.database.begin() as tx:
                target = ("oauth_client", row.id)
                audit.note(tx, None, "oauth_client.refused", target, operator_id=row.operator_id)
        raise Refused(401, "invalid_client", "The client is not known, or its secret is wrong.")
    return row


def _shown(request: Request, form: dict[str, str]) -> Shown:
    """client_secret_basic or client_secret_post, not both (RFC 6749 §2.3)."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return Shown(form.get("client_id", "")[:36], form.get("client_secret", "")[:200])
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or "client_secret" in form:
        raise Refused(400, "invalid_request", "Show the client's secret in one way: Authorization: Basic, or the form.")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(400, "invalid_request", "The header Authorization cannot be read.") from None
    return Shown(unquote_plus(client_id)[:36], unquote_plus(secret)[:200])


def _read_form(body: bytes, request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused(400, "invalid_request", f"Send a form: {FORM}.")
    if len(body) > FORM_BYTES_MAX:
        raise Refused(400, "invalid_request", f"A form has at most {FORM_BYTES_MAX} bytes.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise Refused(400, "invalid_request", "The form cannot be read.") from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise Refused(400, "invalid_request", "A field stands twice in the form.")  # RFC 6749 §3.2
    if any("\0" in name + value for name, value in pairs):
        raise Refused(400, "invalid_request", "The form holds the character NUL.")
    return dict(pairs)
