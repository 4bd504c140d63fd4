"""The conversation with an OpenID Connect provider: authorisation code with PKCE, and an ID token that is believed only if all of
it fits.

Source: OpenID Connect Core 1.0, 3.1.3.7 (what must be checked); RFC 7636 (PKCE); RFC 9207 (the issuer in the answer).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
import joserfc.errors
import msgspec
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.jwk import KeySet

from voltway.kernel import clock
from voltway.kernel.errors import Unavailable
from voltway.modules.accounts.errors import ProofNotGood
from voltway.modules.accounts.settings import OidcProvider

log = structlog.get_logger()

TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 256 * 1024
METADATA_KEPT_S = 3600.0
CLOCK_LEEWAY_S = 60


class ProviderUnavailable(Unavailable):
    """The log-in provider does not answer, or says something that cannot be understood."""

    title = "Log-in provider does not answer"


class Metadata(msgspec.Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Known(NamedTuple):
    """A provider's metadata and keys, and when they were read."""

    metadata: Metadata
    keys: KeySet
    read_at: float


class Providers:
    """What was read of providers a while ago (Runtime.state)."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}


class Person(NamedTuple):
    """Whom a provider vouches for."""

    subject: str
    email: str | None
    """Only if the provider says that it has verified it."""
    name: str
    claims: dict[str, Any]


async def metadata_of(providers: Providers, name: str, settings: OidcProvider, *, is_fresh: bool = False) -> Known:
    """A provider's metadata and keys; `is_fresh`: read anew, since its keys may have changed. Raises ProviderUnavailable."""
    known = providers.known.get(name)
    if known is not None and not is_fresh and clock.monotonic() - known.read_at < METADATA_KEPT_S:
        return known
    async with _client() as client:
        place = settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            metadata = msgspec.json.decode(await _fetch(client, "GET", place), type=Metadata)
            keys = KeySet.import_key_set(msgspec.json.decode(await _fetch(client, "GET", metadata.jwks_uri)))
        except (msgspec.MsgspecError, joserfc.errors.JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderUnavailable("The log-in provider's description cannot be read.") from error
    if metadata.issuer != settings.issuer:
        raise ProviderUnavailable("The log-in provider calls itself by another name than the settings do.")
    known = providers.known[name] = Known(metadata, keys, clock.monotonic())
    return known


def start_address(known: Known, settings: OidcProvider, *, redirect: str, state: str, nonce: str, verifier: str) -> str:
    """Where the browser is sent."""
    address: str = prepare_grant_uri(
        known.metadata.authorization_endpoint,
        client_id=settings.client_id,
        response_type="code",
        redirect_uri=redirect,
        scope=settings.scopes,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return address


async def redeem_code(known: Known, settings: OidcProvider, *, redirect: str, code: str, verifier: str) -> str:
    """The ID token for a code. Raises ProofNotGood if the provider refuses it, ProviderUnavailable."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    async with _client() as client:
        answer = await _fetch(
            client,
            "POST",
            known.metadata.token_endpoint,
            data=form,
            auth=httpx.BasicAuth(settings.client_id, settings.secret()),
        )
    try:
        token = msgspec.json.decode(answer, type=dict[str, Any]).get("id_token")
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable("The log-in provider's answer cannot be read.") from error
    if not isinstance(token, str):
        raise ProofNotGood("The log-in provider has not said who you are.")
    return token


def read_id_token(token: str, known: Known, settings: OidcProvider, nonce: str) -> Person:
    """Whom an ID token names. Raises ProofNotGood unless the signature is by one of the provider's keys and of a kind that the
    settings allow, and issuer, audience, time and nonce are right."""
    try:
        decoded = jwt.decode(token, known.keys, algorithms=list(settings.algorithms))
        rules = jwt.JWTClaimsRegistry(
            now=int(clock.now().timestamp()),
            leeway=CLOCK_LEEWAY_S,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        rules.validate(decoded.claims)
    except (joserfc.errors.JoseError, ValueError, TypeError) as error:
        log.warning("id_token.refused", reason=type(error).__name__, issuer=settings.issuer)
        raise ProofNotGood("What the log-in provider says of you does not hold. Try again.") from error
    claims: dict[str, Any] = decoded.claims
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    subject = claims["sub"]
    if claims.get("azp", settings.client_id) != settings.client_id or (len(audiences) > 1 and "azp" not in claims):
        raise ProofNotGood("This was said to somebody else than us.")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise ProofNotGood("The log-in provider names nobody.")
    email = claims.get("email") if claims.get("email_verified") is True else None
    name = claims.get("name")
    return Person(
        subject, email if isinstance(email, str) else None, name[:200] if isinstance(name, str) else "", claims
    )


def is_unknown_key(error: ProofNotGood) -> bool:
    """Whether a token was refused since its key is none that we know: the provider may have a new one."""
    return isinstance(error.__cause__, (joserfc.errors.MissingKeyError, joserfc.errors.InvalidKeyIdError))


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)


async def _fetch(client: httpx.AsyncClient, method: str, url: str, **options: Any) -> bytes:
    """What a provider answers, if it is not too long. Raises ProofNotGood for a refusal, ProviderUnavailable."""
    auth = options.pop("auth", httpx.USE_CLIENT_DEFAULT)
    try:
        request = client.build_request(method, url, headers={"accept": "application/json"}, **options)
        response = await client.send(request, auth=auth, stream=True)
        try:
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    raise ProviderUnavailable("The log-in provider says too much.")
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderUnavailable("The log-in provider cannot be reached.") from error
    if response.status_code in (400, 401):
        raise ProofNotGood("The log-in provider refuses this. Try again.")
    if response.status_code != 200:
        raise ProviderUnavailable(f"The log-in provider answers {response.status_code}.")
    return body
