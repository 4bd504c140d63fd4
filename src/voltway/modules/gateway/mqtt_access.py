"""Who may say what at the broker: topics, passwords, and Mosquitto's files that hold both. Pure: no I/O.

A station's topics are PREFIX/OPERATOR/IDENTITY/PROTOCOL/ and one of: `up` (its messages), `down` (ours to it), `state` (retained:
`online ID` and, as its last will, `offline ID`), `link` (whether we have it). The broker's access list lets nobody but the
station publish its `up` and `state`: so what comes there is the station's, and needs no password of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

from voltway.contracts.station_link import StationCredential
from voltway.kernel.secrets import derive_key
from voltway.modules.gateway.settings import MqttSettings

STATION_PURPOSE, OUR_PURPOSE = "mqtt-station", "mqtt-gateway"
UP, DOWN, STATE, LINK = "up", "down", "state", "link"
_ITERATIONS = 101  # mosquitto_passwd's own number; the passwords are random, nobody guesses them
_SALT_BYTES = 12


class Place(NamedTuple):
    """A station, as its topics name it."""

    operator_slug: str
    identity: str
    protocol: str

    def topic(self, prefix: str, kind: str) -> str:
        """One of its topics. An identity may hold what means something in topics and access lists: it is quoted."""
        return f"{prefix}/{quote(self.operator_slug, safe='')}/{quote(self.identity, safe='')}/{self.protocol}/{kind}"


def read_topic(prefix: str, topic: str) -> tuple[Place, str] | None:
    """Whose topic this is, and its kind; None for one that we would never write."""
    parts = topic.removeprefix(f"{prefix}/").split("/")
    if len(parts) != 4:
        return None
    place = Place(unquote(parts[0]), unquote(parts[1]), parts[2])
    return (place, parts[3]) if place.topic(prefix, parts[3]) == topic else None


def password_of(credential: StationCredential, secret: bytes) -> str:
    """A station's password at the broker. It changes with the station's password here."""
    proof = credential.station_id.encode() + b"\0" + (credential.secret_hash or b"")
    return _text(hmac.new(derive_key(secret, STATION_PURPOSE), proof, hashlib.sha256).digest())


def our_password(settings: MqttSettings, secret: bytes) -> str:
    """Our own password at the broker."""
    return settings.password or _text(derive_key(secret, OUR_PURPOSE))


def write_acl(settings: MqttSettings, credentials: Iterable[StationCredential]) -> str:
    """Mosquitto's `acl_file`: explicit lines for each station, nothing for anybody else."""
    blocks = [f"user {settings.username}\ntopic readwrite {settings.prefix}/#\n"]
    for credential in credentials:
        place = Place(credential.operator_slug, credential.identity, "+")
        lines = [f"user {credential.station_id}"]
        lines += [f"topic write {place.topic(settings.prefix, kind)}" for kind in (UP, STATE)]
        lines += [f"topic read {place.topic(settings.prefix, kind)}" for kind in (DOWN, LINK)]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def write_passwords(settings: MqttSettings, credentials: Iterable[StationCredential], secret: bytes) -> str:
    """Mosquitto's `password_file`."""
    known = {settings.username: our_password(settings, secret)}
    known |= {credential.station_id: password_of(credential, secret) for credential in credentials}
    return "".join(f"{username}:{_hash(password)}\n" for username, password in known.items())


def write_access_sheet(settings: MqttSettings, credentials: Iterable[StationCredential], secret: bytes) -> str:
    """What is to be set at each station, as CSV. It holds their passwords."""
    lines = ["operator,identity,username_and_client_id,password,topics"]
    for credential in credentials:
        topics = Place(credential.operator_slug, credential.identity, "PROTOCOL").topic(settings.prefix, "")
        identity = '"' + credential.identity.replace('"', '""') + '"'
        password = password_of(credential, secret)
        lines.append(f"{credential.operator_slug},{identity},{credential.station_id},{password},{topics}")
    return "\n".join(lines) + "\n"


def _hash(password: str) -> str:
    """A password as mosquitto_passwd of Mosquitto 2 writes it: PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(_SALT_BYTES)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS, 64)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")
