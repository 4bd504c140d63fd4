"""Accounts as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, SecretStr, model_validator

from voltway.kernel.auth import Permission, Role
from voltway.kernel.auth.tickets import TEXT_LENGTH_MAX
from voltway.kernel.http import Instant, Schema
from voltway.modules.accounts.credential import PasskeyCredential
from voltway.modules.accounts.settings import Version

ConsentKind = Literal["terms", "privacy", "marketing"]
FactorKind = Literal["passkey", "totp"]


def _is_a_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("Input should be the name of a time zone, e.g. Europe/Berlin")
    return name


def _is_a_name(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise ValueError("Input should have letters, and no line breaks or control characters")
    return name.strip()


Email = Annotated[str, Field(min_length=3, max_length=254)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_is_a_name)]
Locale = Annotated[str, Field(max_length=35, pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$")]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_is_a_time_zone)]
Password = Annotated[SecretStr, Field(max_length=1000)]
Token = Annotated[SecretStr, Field(min_length=1, max_length=TEXT_LENGTH_MAX)]
TotpCode = Annotated[SecretStr, Field(min_length=6, max_length=6, description="six digits")]
Id = Annotated[str, Field(min_length=1, max_length=36)]


# ---- registration, reset


class ConsentIn(Schema):
    """What somebody agrees to, or does not."""

    version: Version
    is_given: bool


class RegistrationIn(Schema):
    """A driver who wants an account. The password is chosen with the link that proves the address."""

    email: Email
    name: Name
    locale: Locale = "en"
    time_zone: TimeZone | None = None
    operator: str = Field("default", min_length=1, max_length=40, description="the operator's slug")
    consents: dict[ConsentKind, Version] = Field(
        max_length=3, description="kind to version; `terms` and `privacy` in their present version are needed"
    )


class RegistrationTerms(Schema):
    """Whether drivers may register, and what they must agree to."""

    is_open: bool
    consents: dict[str, str]


class Accepted(Schema):
    """It is being done. The answer is the same whoever has the address."""

    status: Literal["accepted"] = "accepted"


class ChosenPassword(Schema):
    """The token of a mail's link, and the password chosen with it."""

    token: Token
    password: Password


class EmailIn(Schema):
    """An address."""

    email: Email


class TokenIn(Schema):
    """The token of a mail's link."""

    token: Token


# ---- one's own account


class ProfileOut(Schema):
    """One's own account. `mfa_due_at`: from when on a second factor is demanded (null: it is not, or there is one);
    `must_set_up_mfa`: it is demanded now, and nothing else is open to this log-in; `must_prove_by_factor`: a step-up takes no
    password."""

    id: str
    email: str
    name: str
    locale: str
    time_zone: str | None
    role: Role
    second_factors: list[FactorKind]
    has_password: bool
    mfa_due_at: Instant | None
    must_set_up_mfa: bool
    must_prove_by_factor: bool
    created_at: Instant


class ProfilePatch(Schema):
    """What may be changed; a field that is left out stays."""

    name: Name | None = None
    locale: Locale | None = None
    time_zone: TimeZone | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in ("name", "locale"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be empty")
        return self


class PasswordChange(Schema):
    """A new password; `current_password` is left out where there is none yet."""

    current_password: Password | None = None
    password: Password


class ConsentOut(Schema):
    """What somebody said last of a kind of consent."""

    kind: ConsentKind
    version: str
    is_given: bool
    at: Instant


class ConsentsOut(Schema):
    """One's consents: what holds, and all that was said, in order."""

    current: list[ConsentOut]
    history: list[ConsentOut]


class LogInOut(Schema):
    """A log-in of a browser."""

    id: str
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant
    proved_at: Instant
    method: str
    address: str
    user_agent: str
    device_id: str | None
    is_current: bool


class LogInsOut(Schema):
    """One's log-ins that have not ended, the newest first."""

    items: list[LogInOut]


class DeviceOut(Schema):
    """A browser that an account has logged in with."""

    id: str
    address: str
    user_agent: str
    created_at: Instant
    last_used_at: Instant


class DevicesOut(Schema):
    """One's known browsers, the newest first."""

    items: list[DeviceOut]


class PersonalDataOut(Schema):
    """All that is kept of a person."""

    exported_at: Instant
    account: ProfileOut
    consents: list[ConsentOut]
    log_ins: list[LogInOut]
    devices: list[DeviceOut]
    records: dict[str, list[dict[str, Any]]] = Field(description="what each module keeps: tokens, charging sessions …")


# ---- second factors


class PasskeyIn(Schema):
    """A new passkey."""

    name: Name = Field(max_length=100)
    credential: PasskeyCredential


class PasskeyOut(Schema):
    """A passkey."""

    id: str
    name: str
    is_synced: bool = Field(description="whether it exists on several devices")
    created_at: Instant
    last_used_at: Instant | None


class Options(Schema):
    """What a browser's `navigator.credentials` is to be called with (WebAuthn Level 3, in JSON)."""

    public_key: dict[str, Any]


class RecoveryCodesOut(Schema):
    """Recovery codes, shown this once. Each is good for one log-in."""

    codes: list[str]


class PasskeyAdded(Schema):
    """A new passkey; with the first second factor come the recovery codes, shown this once."""

    passkey: PasskeyOut
    recovery_codes: list[str] | None


class TotpBegun(Schema):
    """A new authenticator app. It counts once a code of it has been confirmed; shown this once."""

    secret: str
    uri: str = Field(description="what the QR code holds")


class TotpConfirmed(Schema):
    """The authenticator app works; with the first second factor come the recovery codes, shown this once."""

    recovery_codes: list[str] | None


class CodeIn(Schema):
    """What the authenticator app shows."""

    code: TotpCode


class FactorsOut(Schema):
    """An account's second factors."""

    passkeys: list[PasskeyOut]
    has_totp: bool
    recovery_codes_left: int


# ---- log-in


class SecondFactorIn(Schema):
    """The second step of a log-in: the ticket of the first one, and a code or a recovery code."""

    ticket: Token
    code: TotpCode | None = None
    recovery_code: Annotated[SecretStr, Field(min_length=1, max_length=40)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.code is None) == (self.recovery_code is None):
            raise ValueError("give either code or recovery_code")
        return self


class PasskeyLogInStart(Schema):
    """A log-in by passkey. With the ticket of a first step only that account's passkeys are asked for."""

    ticket: Token | None = None


class PasskeyLogIn(Schema):
    """A passkey's answer."""

    credential: PasskeyCredential


class StepUpIn(Schema):
    """Prove again who one is: with the password, a code of the authenticator app, or a passkey."""

    password: Password | None = None
    code: TotpCode | None = None
    credential: PasskeyCredential | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if sum(each is not None for each in (self.password, self.code, self.credential)) != 1:
            raise ValueError("give one of password, code and credential")
        return self


class ProviderOut(Schema):
    """An OpenID Connect provider that staff may log in with: send the browser to /api/v1/oidc/{name}/start."""

    name: str
    title: str


class ProvidersOut(Schema):
    """The providers that are set up."""

    items: list[ProviderOut]


# ---- administration


class PolicyIn(Schema):
    """Which roles need a second factor, and how long a person has to set one up."""

    mfa_roles: list[Role] = Field(max_length=len(Role))
    mfa_grace_days: int = Field(14, ge=0, le=365)


class PolicyOut(PolicyIn):
    """What an operator demands of log-ins."""

    mfa_since: Instant | None


class ActivityIn(Schema):
    """Whether an account may log in."""

    is_active: bool
    reason: str | None = Field(None, max_length=500)


class ActivityOut(Schema):
    """Whether an account may log in."""

    id: str
    is_active: bool


class DriverOut(Schema):
    """A driver's account as the operator's people see it."""

    id: str
    name: str
    email: str
    locale: str
    is_active: bool
    created_at: Instant


class OAuthClientIn(Schema):
    """A machine that fetches short-lived tokens."""

    name: Name
    role: Role
    scopes: list[Permission] = Field(
        min_length=1, max_length=100, description="permissions of the role, which a token may have"
    )
    location_ids: list[Id] | None = Field(None, max_length=500, description="only these locations; null: all")


class OAuthClientOut(Schema):
    """An OAuth client without its secret. `id` is the client_id."""

    id: str
    name: str
    role: Role
    scopes: list[str]
    location_ids: list[str] | None
    created_at: Instant
    last_used_at: Instant | None
    old_secret_until: Instant | None = Field(description="until when the secret before the last rotation is good")


class OAuthClientSecret(OAuthClientOut):
    """An OAuth client with its secret, which is shown this once."""

    client_secret: str


class OAuthToken(Schema):
    """A token (RFC 6749 §5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    scope: str


class OAuthRefusal(Schema):
    """Why there is no token (RFC 6749 §5.2)."""

    error: str
    error_description: str
