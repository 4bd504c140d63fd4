"""The settings of the gateway: VOLTWAY_GATEWAY__UNKNOWN_STATIONS and so on. Every limit of the station port has its name here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from voltway.kernel.module import Settings

UnknownStations = Literal["accept", "pending", "reject"]


class QuirkSettings(Settings):
    """A make of stations and the corrections that its messages need (the names are those of dialects/quirks.py)."""

    vendor: str = Field(min_length=1)
    """How the vendor's name begins, in any case."""
    model: str = ""
    corrections: tuple[str, ...] = Field(min_length=1)


class TlsSettings(Settings):
    """Stations over TLS (security profiles 2 and 3): VOLTWAY_GATEWAY__TLS__PORT and so on. Files are PEM."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65_535)
    """Not set: no TLS here. 0: any free port."""
    mode: Literal["compat", "strict"] = "compat"
    """`compat` has all four cipher suites that OCPP demands; `strict` leaves out the two without forward secrecy."""
    ecdsa_certificate_file: str = ""
    """With its chain. No certificate at all: our own authority makes them."""
    ecdsa_key_file: str = ""
    """Empty: the key is in the file of the certificate."""
    rsa_certificate_file: str = ""
    rsa_key_file: str = ""
    client_authorities_file: str = ""
    """Who else may certify stations, beside our own authority."""
    client_revocation_file: str = ""
    """The revocation list of that authority."""
    organizations: dict[str, str] = Field(default={})
    """Operator's slug -> the organization in its stations' certificates; where it is not named: its slug."""
    url: str = ""
    """How stations reach this port from outside, wss://HOST:PORT/ocpp: what they are told when their profile is raised."""
    server_names: tuple[str, ...] = ("localhost", "127.0.0.1")
    """Under which names stations reach this port: what a certificate of our own authority is made for."""


class MqttSettings(Settings):
    """Stations behind an MQTT 5 broker: VOLTWAY_GATEWAY__MQTT__URL and so on. One process of an installation may have it."""

    url: str = ""
    """mqtts://HOST:PORT or mqtt://HOST:PORT. Empty: no MQTT."""
    prefix: str = Field(default="voltway", pattern=r"^[\w-]+(/[\w-]+)*$")
    """What all topics begin with."""
    username: str = Field(default="voltway", pattern=r"^[\w-]+$")
    """Ours at the broker, and our client id."""
    password: str = ""
    """Empty: derived from the installation's secret, as `voltway mqtt-acl` writes it."""
    authorities_file: str = ""
    """Who may certify the broker (PEM); empty: the system's authorities."""
    is_tls_only: bool = False
    """Whether the broker lets stations in over TLS only: those of security profile 2 may come then."""
    keepalive_s: int = Field(default=30, ge=5, le=3600)
    retry_s_max: float = Field(default=60.0, gt=0)
    """The longest pause between two attempts to reach the broker."""
    expiry_s: int = Field(default=60, ge=1)
    """What the broker could not give to a station for this long is dropped."""
    held_messages_max: int = Field(default=1000, ge=16)
    """Messages of one station that wait while it is not read; one that sends more is closed."""
    queued_messages_max: int = Field(default=20_000, ge=100)
    """Messages of all stations on their way from, or to, the broker."""


class GatewaySettings(Settings):
    """Durations in seconds, sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = Field(default=9000, ge=0, le=65_535)
    """0: any free port."""
    unknown_stations: UnknownStations | None = None
    """What happens to a station without a record. Not set: `pending` on loopback, `reject` beyond it."""

    tls: TlsSettings = TlsSettings()
    mqtt: MqttSettings = MqttSettings()
    trusted_proxies: tuple[str, ...] = ()
    """Networks of the proxies before the station ports, such as 10.0.0.0/8: only theirs is the word on whom a connection is
    from (PROXY protocol, Forwarded, X-Forwarded-For and -Proto). Whoever is in them can say anything."""
    quirks: tuple[QuirkSettings, ...] = ()
    """Makes of stations whose messages need a correction, beside those that are known."""

    # ---- connecting
    handshake_timeout_s: float = Field(default=10.0, gt=0)
    handshakes_max: int = Field(default=4000, ge=1)
    """Connections that have not finished their handshake, all together."""
    connections_per_s: float = Field(default=500.0, gt=0)
    connections_burst: int = Field(default=5000, ge=1)
    """More than this at once are told to come again later (503): a storm of reconnects is spread, not suffered."""
    prefix_connections_per_s: float = Field(default=400.0, gt=0)
    """The same for one network (a /24 of IPv4, a /48 of IPv6), so that the storm of one leaves room for the others."""
    prefix_connections_burst: int = Field(default=4000, ge=1)
    station_connections_burst: int = Field(default=30, ge=1)
    """Connections of one station in a row; after these one each `station_connection_pause_s`: one that flaps is held off (503)."""
    station_connection_pause_s: float = Field(default=1.0, gt=0)
    rereads_per_s: float = Field(default=500.0, gt=0)
    """How often a credential that is unknown or wrong here is looked up in the database before it is refused."""
    admissions_per_s: float = Field(default=200.0, gt=0)
    """How many records may be made for unknown stations."""
    failures_burst: int = Field(default=10, ge=1)
    """Failed log-ins of one identity; after these one each `failure_pause_s`. A right password always gets in."""
    failure_pause_s: float = Field(default=10.0, gt=0)
    prefix_failures_burst: int = Field(default=200, ge=1)
    """The same for one network: a /24 of IPv4, a /48 of IPv6."""
    prefix_failure_pause_s: float = Field(default=1.0, gt=0)
    failures_per_s: float = Field(default=100.0, gt=0)
    """The same for all networks together."""
    takeovers_burst: int = Field(default=10, ge=1)
    """Links of one station that may be replaced by a newer one in a row; after these one each `takeover_pause_s`."""
    takeover_pause_s: float = Field(default=5.0, gt=0)
    probe_timeout_s: float = Field(default=4.0, gt=0)
    """How long the old link of a station without password (profile 0) is given to show that it lives."""
    stall_pause_s: float = Field(default=3.0, ge=0)
    """How long nobody is let in after the database has stopped taking anything."""

    # ---- links
    message_bytes_max: int = Field(default=2 * 1024 * 1024, ge=65_536)
    """A StopTransaction of OCPP 1.6 with all its samples can be large."""
    buffered_bytes_max: int = Field(default=256 * 1024 * 1024, ge=1024 * 1024)
    """What large messages may occupy on all links together."""
    send_buffer_bytes_max: int = Field(default=256 * 1024, ge=4096)
    """What a station has not read yet; one that reads no more is cut off."""
    messages_per_s: float = Field(default=200.0, gt=0)
    messages_burst: int = Field(default=1000, ge=1)
    """More than these from one station are read later."""
    flood_tolerated_s: float = Field(default=10.0, gt=0)
    """How long a station may send at that limit without waiting for its answers."""
    faults_per_minute: int = Field(default=60, ge=1)
    """Messages of one station that cannot be read; after these it is cut off."""
    ping_interval_s: int = Field(default=50, ge=2, le=3600)
    """Below 60 s, when the first proxies forget a silent connection. A dead link is noticed within two of these."""
    pings_burst: int = Field(default=50, ge=1)
    """Pings of one station between two of ours; those beyond are not answered and slow it down."""
    call_timeout_s: float = Field(default=30.0, gt=0)
    calls_waiting_max: int = Field(default=50, ge=1)
    close_timeout_s: float = Field(default=2.0, gt=0)
    """How long a station is given to answer our close."""
    ask_boot_after_s: float = Field(default=10.0, gt=0)
    """When to ask a station for its BootNotification that has never told us its make."""
    drain_timeout_s: float = Field(default=3.0, ge=0)
    """At a stop: how long answers under way are waited for."""

    drain_spread_s: float = Field(default=0.0, ge=0, le=600)
    """At a stop: over how long the links are closed (1012), so that not all stations come to the others at once."""

    # ---- this process among others
    reuse_port: bool = False
    """Whether other processes listen on the same station port (SO_REUSEPORT): the system hands each connection to one."""
    lease_s: float = Field(default=30.0, gt=0)
    """A process that has not been heard of for this long is dead, and so are its links."""

    # ---- the message log
    log_messages: bool = True
    log_waiting_max: int = Field(default=20_000, ge=100)
    """Frames that wait to be written; those beyond are dropped and counted."""
    log_frames_per_s: float = Field(default=2000.0, gt=0)
    """What is logged for long; frames beyond it are dropped and counted, since the database has better things to do."""
    log_frames_burst: int = Field(default=20_000, ge=100)
    log_retention_days: float = Field(default=30.0, gt=0)
