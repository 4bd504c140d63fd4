"""Log-in of staff by OpenID Connect: with a real provider (npm oidc-provider), and against one that lies."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from webauthn.helpers import bytes_to_base64url

from accounts.people import EMAIL, Browser, Mailbox, problem
from builders import MakeRuntime, app_of, served
from voltway.kernel import clock, housekeeping
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account
from voltway.kernel.database import Database
from voltway.modules.accounts.module import MANIFEST
from voltway.modules.accounts.tables import identities

NODE = Path(__file__).parents[1] / "e2e" / "node"
PUBLIC = "http://voltway.test"
CALLBACK = f"{PUBLIC}/api/v1/oidc/house/callback"
CLIENT_ID, CLIENT_SECRET = "voltway", "a secret of forty characters or even more"

MakeSite = Callable[..., Any]


@pytest.fixture
async def make_browser(make_runtime: MakeRuntime, database: Database) -> AsyncIterator[MakeSite]:
    """Makes a platform that trusts an issuer, and a browser there."""
    opened: list[Any] = []

    async def make(issuer: str, **settings: Any) -> tuple[Browser, Mailbox]:
        house = {"issuer": issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "title": "House", **settings}
        runtime = await make_runtime(
            housekeeping.MANIFEST,
            MANIFEST,
            settings={"accounts": {"oidc": {"house": house}}, "http": {"public_url": PUBLIC}},
        )
        serving = served(app_of(runtime))
        url = await serving.__aenter__()
        browser = Browser(base_url=f"{url}/api/v1")
        opened.append((serving, browser))
        return browser, Mailbox(runtime)

    yield make
    for serving, browser in opened:
        await browser.aclose()
        await serving.__aexit__(None, None, None)


@pytest.fixture
async def staff_id(database: Database) -> str:
    async with database.begin() as tx:
        return await create_account(tx, EMAIL, None, "Ada", Role.OPERATIONS, DEFAULT_OPERATOR_ID)


# ---- a real provider


@pytest.fixture
async def provider() -> AsyncIterator[str]:
    """The issuer's address."""
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("needs Node and the npm packages of the tests: tools/setup/node_stations.sh")
    process = await asyncio.create_subprocess_exec(
        node,
        str(NODE / "provider.mjs"),
        *(CALLBACK, CLIENT_ID, CLIENT_SECRET),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    finally:
        process.kill()
        await process.wait()


async def go(browser: Browser, issuer: str, user: str, return_to: str = "/stations") -> httpx.Response:
    """Log in at the provider as this user, and come back; the answer of the callback."""
    async with httpx.AsyncClient(base_url=issuer, timeout=60, trust_env=False) as there:
        await there.get("/become", params={"user": user})
        started = await browser.get("/oidc/house/start", params={"return_to": return_to})
        assert started.status_code == 303, started.text
        place = started.headers["location"]
        for _ in range(6):
            answer = await there.get(place)
            assert answer.status_code in (302, 303), answer.text
            place = str(httpx.URL(issuer).join(answer.headers["location"]))
            if place.startswith(CALLBACK):
                return await browser.get(f"/oidc/house/callback?{urlsplit(place).query}")
    raise AssertionError("the provider did not send the browser back")


async def test_staff_log_in_with_a_real_provider_and_are_known_by_their_subject_from_then_on(
    provider: str, make_browser: MakeSite, staff_id: str, database: Database
) -> None:
    browser, mailbox = await make_browser(provider)
    assert (await browser.get("/oidc")).json() == {"items": [{"name": "house", "title": "House"}]}
    answer = await go(browser, provider, "ada")
    assert (answer.status_code, answer.headers["location"]) == (303, "/stations")
    me = (await browser.get("/me")).json()
    assert (me["account"]["id"], me["account"]["role"]) == (staff_id, "operations")
    browser.headers["x-csrf-token"] = me["csrf_token"]
    assert (await browser.get("/me/sessions")).json()["items"][0]["method"] == "provider"
    assert (await mailbox.acted("log_in.done"))[0].after == {"method": "provider"}
    async with database.begin() as tx:
        row = (await tx.execute(sa.select(identities))).one()
        assert (row.provider, row.subject, row.account_id) == ("house", "subject-ada", staff_id)
        await tx.execute(sa.text("UPDATE kernel_accounts SET email = 'x@y', email_key = 'x@y'"))
    assert (await browser.post("/logout")).status_code == 204
    assert (await go(browser, provider, "ada")).status_code == 303
    assert (await browser.get("/me")).json()["account"]["email"] == "x@y"


async def test_who_has_no_account_or_no_verified_address_is_not_let_in(
    provider: str, make_browser: MakeSite, database: Database
) -> None:
    browser, mailbox = await make_browser(provider)
    async with database.begin() as tx:
        for email, role in (("unverified@example.org", Role.OPERATIONS), ("driver@example.org", Role.DRIVER)):
            await create_account(tx, email, None, "x", role, DEFAULT_OPERATOR_ID)
    for user in ("grace", "unverified", "driver"):
        assert problem(await go(browser, provider, user)) == (401, "proof-not-good"), user
    assert "voltway_session" not in browser.cookies
    assert len(await mailbox.acted("log_in.failed", 3)) == 3


async def test_a_role_that_the_provider_says_makes_the_account(provider: str, make_browser: MakeSite) -> None:
    browser, mailbox = await make_browser(provider, role_claim="groups", roles={"ev-operations": "operations"})
    assert problem(await go(browser, provider, "grace")) == (401, "proof-not-good")
    assert (await go(browser, provider, "operator")).status_code == 303
    account = (await browser.get("/me")).json()["account"]
    assert (account["email"], account["role"], account["name"]) == ("operator@example.org", "operations", "Operator")
    assert (await mailbox.acted("account.made"))[0].after == {"role": "operations"}


async def test_an_account_that_is_switched_off_stays_out(
    provider: str, make_browser: MakeSite, staff_id: str, database: Database
) -> None:
    browser, _ = await make_browser(provider)
    async with database.begin() as tx:
        await tx.execute(sa.text("UPDATE kernel_accounts SET is_active = :no"), {"no": False})
    assert problem(await go(browser, provider, "ada")) == (401, "proof-not-good")


# ---- one that lies


class Liar:
    """A provider that says in the ID token whatever the test wants."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
        self.issuer = ""
        self.token: Callable[[dict[str, Any]], str] = self.sign
        self.claims: dict[str, Any] = {}
        self.forms: list[dict[str, list[str]]] = []
        self.app = FastAPI()
        self.app.add_api_route("/.well-known/openid-configuration", self.describe)
        self.app.add_api_route("/keys", self.keys)
        self.app.add_api_route("/token", self.answer, methods=["POST"])

    async def describe(self) -> dict[str, str]:
        endpoints = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in endpoints.items()}}

    async def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    async def answer(self, request: Request) -> dict[str, str]:
        self.forms.append(parse_qs((await request.body()).decode()))
        return {"id_token": self.token(self.claims)}

    def sign(self, claims: dict[str, Any], key: Any = None, **header: str) -> str:
        said = {"alg": "RS256", "kid": "1", **header}
        return jwt.encode(said, claims, key or self.key, algorithms=[said["alg"]])


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    provider = Liar()
    async with served(provider.app) as url:
        provider.issuer = url
        yield provider


async def begin(browser: Browser, liar: Liar, **lies: Any) -> str:
    """Begin a log-in; the state. The provider will say the truth, but for these lies (None: leaves it out)."""
    started = await browser.get("/oidc/house/start")
    asked = {name: value[0] for name, value in parse_qs(urlsplit(started.headers["location"]).query).items()}
    now = int(clock.now().timestamp())
    truth = {"iss": liar.issuer, "aud": CLIENT_ID, "sub": "1", "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
    said = {**truth, "email": EMAIL, "email_verified": True, **lies}
    liar.claims = {name: value for name, value in said.items() if value is not None}
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    return asked["state"]


async def finish(browser: Browser, state: str, **more: str) -> httpx.Response:
    return await browser.get("/oidc/house/callback", params={"code": "c", "state": state, **more})


def by_hand(claims: dict[str, Any], algorithm: str, secret: bytes | None) -> str:
    """A token with a shared secret, or none: libraries rightly refuse to make these."""
    parts = [json.dumps(each).encode() for each in ({"alg": algorithm, "kid": "1"}, claims)]
    signed = ".".join(map(bytes_to_base64url, parts))
    tag = b"" if secret is None else hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{bytes_to_base64url(tag)}"


async def test_the_truth_is_believed_and_the_code_comes_with_its_verifier(
    liar: Liar, make_browser: MakeSite, staff_id: str
) -> None:
    browser, _ = await make_browser(liar.issuer)
    answer = await finish(browser, await begin(browser, liar))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    (form,) = liar.forms
    assert (form["code"], form["redirect_uri"], len(form["code_verifier"][0])) == (["c"], [CALLBACK], 43)


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"aud": None},
        {"aud": [CLIENT_ID, "other"]},
        {"aud": [CLIENT_ID, "other"], "azp": "other"},
        {"azp": "other"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"email_verified": "true"},
        {"email_verified": None},
    ],
    ids=str,
)
async def test_a_lie_in_the_claims_opens_nothing(
    liar: Liar, make_browser: MakeSite, staff_id: str, lie: dict[str, Any]
) -> None:
    browser, _ = await make_browser(liar.issuer)
    answer = await finish(browser, await begin(browser, liar, **lie))
    assert problem(answer) == (401, "proof-not-good")
    assert "voltway_session" not in browser.cookies


async def test_confused_algorithms_and_foreign_keys_open_nothing(
    liar: Liar, make_browser: MakeSite, staff_id: str
) -> None:
    browser, _ = await make_browser(liar.issuer)
    public = liar.key.as_pem(private=False)
    foreign = RSAKey.generate_key(2048)
    forgeries: dict[str, Callable[[dict[str, Any]], str]] = {
        "none": lambda claims: by_hand(claims, "none", None),
        "HS256 with the public key": lambda claims: by_hand(claims, "HS256", public),
        "HS256 with the client's secret": lambda claims: by_hand(claims, "HS256", CLIENT_SECRET.encode()),
        "RS512, which was not allowed": lambda claims: liar.sign(claims, alg="RS512"),
        "another key under the same name": lambda claims: liar.sign(claims, foreign),
        "a key that nobody knows": lambda claims: liar.sign(claims, foreign, kid="2"),
        "changed after it was signed": lambda claims: liar.sign({**claims, "aud": "x"})[:-4] + "AAAA",
        "no token": lambda claims: "x.y",
    }
    for name, forgery in forgeries.items():
        liar.token = forgery
        answer = await finish(browser, await begin(browser, liar))
        assert problem(answer) == (401, "proof-not-good"), name
    liar.token = liar.sign
    assert (await finish(browser, await begin(browser, liar))).status_code == 303


async def test_a_state_is_good_once_and_in_the_browser_that_began(
    liar: Liar, make_browser: MakeSite, staff_id: str
) -> None:
    browser, _ = await make_browser(liar.issuer)
    victim, _ = await make_browser(liar.issuer)
    state = await begin(browser, liar)
    assert (await finish(browser, state)).status_code == 303
    assert problem(await finish(browser, state)) == (401, "proof-not-good")
    assert problem(await finish(victim, await begin(browser, liar))) == (401, "proof-not-good")
    assert problem(await finish(browser, "made up")) == (401, "proof-not-good")
    mixed = await finish(browser, await begin(browser, liar), iss="https://evil.example")
    assert problem(mixed) == (401, "proof-not-good")
    assert len(liar.forms) == 1  # nobody was asked about the others


async def test_a_new_key_of_the_provider_is_read(liar: Liar, make_browser: MakeSite, staff_id: str) -> None:
    browser, _ = await make_browser(liar.issuer)
    assert (await finish(browser, await begin(browser, liar))).status_code == 303
    liar.key = RSAKey.generate_key(2048, {"kid": "2", "use": "sig"})
    liar.token = lambda claims: liar.sign(claims, kid="2")
    assert (await finish(browser, await begin(browser, liar))).status_code == 303


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "/a\r\nb: c"])
async def test_nobody_is_sent_elsewhere(liar: Liar, make_browser: MakeSite, place: str) -> None:
    browser, _ = await make_browser(liar.issuer)
    answer = await browser.get("/oidc/house/start", params={"return_to": place})
    assert problem(answer) == (422, "invalid-field")


async def test_a_provider_that_does_not_answer_is_told(make_browser: MakeSite) -> None:
    browser, _ = await make_browser("http://127.0.0.1:9")
    assert problem(await browser.get("/oidc/house/start")) == (503, "provider-unavailable")
    assert problem(await browser.get("/oidc/nowhere/start")) == (404, "provider-not-found")
