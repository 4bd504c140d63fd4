"""A station's side of OCPP over its real parts: queue and memory on the disk, EVSEs on their boards, a link with TLS."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import msgspec
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from voltway.kernel.errors import StartUpError
from voltway.station.board_hardware import BoardHardware
from voltway.station.config import EvseConfig, OcppConfig, StationConfig
from voltway.station.controller import EvseController
from voltway.station.jobs import StationJobs
from voltway.station.keys import StationKeys
from voltway.station.memory import FileMemory
from voltway.station.ocmf import Signer
from voltway.station.ocpp.caller import OutgoingCall
from voltway.station.ocpp.charging import EvseControl
from voltway.station.ocpp.dialects import DIALECTS
from voltway.station.ocpp.networks import CERTIFICATE_FROM_PROFILE, TLS_FROM_PROFILE, Address, Addresses, Networks
from voltway.station.ocpp.ordered import MAKER_ROOT
from voltway.station.ocpp.station import Station, StationOf
from voltway.station.ocpp.tokens import Known
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import ConnectorSpec, Counters, EvseSpec, StationSpec, Transaction
from voltway.station.queue.journal import FileJournal
from voltway.station.queue.storage import FileStorage
from voltway.station.register_file import RegisterFile
from voltway.station.signing import Seal, signing_key
from voltway.station.trust import TrustStore

log = structlog.get_logger()

VOLTAGE_V = 230


class _NoBook:
    """The journal is the book."""

    def started(self, station_identity: str, transaction: Transaction) -> None:
        """It is in the journal."""

    def reported(self, station_identity: str, call: OutgoingCall) -> None:
        """It is in the journal."""

    def ended(self, transaction: Transaction) -> None:
        """It is in the journal."""


def build_station(config: StationConfig, controllers: list[EvseController]) -> Station:
    """The station with its EVSEs, not started yet. Raises StartUpError for certificates that cannot be used, OSError."""
    ocpp = config.ocpp or OcppConfig(url="ws://localhost", identity="station")
    interrupted: dict[int, list[Transaction]] = {}

    def build(station: StationOf[EvseControl], number: int) -> EvseControl:
        controller = controllers[number - 1]
        hardware = BoardHardware(
            station.spec.evses[number - 1], controller, station.clock.now, partial(station.allowed, number)
        )
        hardware.control = control = EvseControl(station, number, hardware)
        hardware.interrupted = interrupted.setdefault(number, [])
        return control

    journal = FileJournal(FileStorage(config.data_dir / "queue"))
    station: Station = StationOf(
        _spec(ocpp, config),
        [DIALECTS[protocol] for protocol in ocpp.protocols],
        ocpp.url,
        clock=VirtualClock(),
        rng=random.Random(),
        ledger=_NoBook(),
        counters=Counters(),
        gate=asyncio.Semaphore(1),
        ssl_context=tls_of(ocpp, config.data_dir),
        journal=journal,
        build=build,
    )
    station.is_alone = config.ocpp is None
    station.is_clock_set = False
    for name, value in DEFAULTS.items():
        station.settings.store(name, value)
    if config.time_zone is not None:
        station.settings.store("time_zone", config.time_zone)
    memory = FileMemory(config.data_dir)
    station.remember_all(memory)
    if config.ocpp is not None:
        _find_ways(station, config.ocpp, config.data_dir, memory)
    if station.is_alone:
        station.tokens.listed = {card.casefold(): Known("Accepted") for card in config.cards}
    if config.ocpp is not None:
        _equip(station, config, config.ocpp)
    station.settings.store("sign_readings", "false" if config.signing_key is None else "true")
    if config.signing_key is not None:
        _seal(station, config, ocpp, config.signing_key)
    journal.on_thinned = lambda numbers: station.caller.discard(lambda call: call.tag[1] in numbers)
    for transaction in station.recover():
        interrupted.setdefault(transaction.evse_number, []).append(transaction)
    return station


def _equip(station: Station, config: StationConfig, ocpp: OcppConfig) -> None:
    """Jobs and keys."""
    keys = StationKeys(config.data_dir, ocpp.identity, ocpp.vendor)

    def use(pair: Path) -> None:
        if station.link.address.startswith("wss:"):
            _believe_anew(station, ocpp, config.data_dir)
            station.link.drop(0.0)

    keys.on_changed = use
    station.keys = keys
    trust = TrustStore(
        config.data_dir / "roots", lambda: station.link.address.startswith("wss:") and ocpp.ca_file is None
    )
    trust.on_changed = lambda: _believe_anew(station, ocpp, config.data_dir)
    station.trust = trust
    station.jobs = StationJobs(
        config.data_dir,
        lambda: msgspec.json.encode(_diagnostics(station)),
        _certificates(ocpp.maker_certificates),
        _installer(config, ocpp),
        lambda: all(evse.transaction is None for evse in station.evses),
        tls_of(ocpp, config.data_dir),
        lambda: trust.texts(MAKER_ROOT),
    )


METER_MAKERS = {"sdm630": "Eastron", "em340": "Carlo Gavazzi"}


def _seal(station: Station, config: StationConfig, ocpp: OcppConfig, file: Path) -> None:
    """Have begin and end of each charge signed."""
    key, pages = signing_key(file), RegisterFile(config.data_dir / "signed.register")
    serial = ocpp.serial_number or ocpp.identity

    def next_page() -> int:
        pages.write(pages.value + 1)
        return pages.value

    for control, evse in zip(station.evses, config.evses, strict=True):
        signer = Signer(
            gateway=f"{ocpp.vendor} {ocpp.model}",
            gateway_serial=serial,
            meter_vendor=METER_MAKERS.get(evse.meter, ocpp.vendor),
            meter_model=evse.meter.upper(),
            meter_serial=evse.meter_serial or f"{serial}-{control.evse_number}",
            key=key,
        )
        control.seal = Seal(signer, next_page)
        log.info("station_seal.ready", evse_number=control.evse_number, public_key=signer.public_key)


def _find_ways(station: Station, ocpp: OcppConfig, data_dir: Path, memory: FileMemory) -> None:
    """The addresses of the CSMS, the configured one and those that it has told."""
    profile = 1
    if ocpp.url.startswith("wss:"):
        profile = TLS_FROM_PROFILE if ocpp.certificate is None else CERTIFICATE_FROM_PROFILE
    configured = Address(
        url=ocpp.url, security_profile=profile, message_timeout_s=station.settings.integer("message_timeout_s")
    )
    station.networks = networks = Networks(
        station,
        configured,
        lambda url: tls_of(replace(ocpp, url=url), data_dir),
        lambda: ocpp.certificate is not None or (data_dir / "identity.pem").exists(),
    )
    station.settings.store("network_active", str(networks.active))
    networks.addresses = memory.load("networks", Addresses) or networks.addresses
    networks.restart()


def _believe_anew(station: Station, ocpp: OcppConfig, data_dir: Path) -> None:
    """Servers are judged by other roots, or see another certificate, from the next connection on."""
    url = station.networks.url if station.networks else ocpp.url
    if (context := tls_of(replace(ocpp, url=url), data_dir)) is not None:
        station.link.use_tls(context)


def _diagnostics(station: Station) -> dict[str, object]:
    """What helps from afar; no secret, and no token of a driver."""
    secrets = {"password"}
    return {
        "identity": station.spec.identity,
        "at": station.clock.now(),
        "firmware_version": station.spec.firmware_version,
        "settings": {name: value for name, value in station.settings.values.items() if name not in secrets},
        "counters": asdict(station.counters),
        "queued": len(station.caller.queued),
        "evses": [
            {"evse_number": evse.evse_number, "state": evse.state.value, "trouble": evse.hardware.trouble}
            for evse in station.evses
        ],
    }


def _certificates(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StartUpError(f"the maker_certificates of [ocpp] cannot be used: {error}") from error
    return tuple(one.public_bytes(serialization.Encoding.PEM).decode() for one in found)


def _installer(config: StationConfig, ocpp: OcppConfig) -> Callable[[Path], Awaitable[bool]] | None:
    """By the program that the board's maker has; simulated where all hardware is; else there is no way to install anything."""
    program = ocpp.installer
    if program is not None:

        async def install(image: Path) -> bool:
            done = await asyncio.create_subprocess_exec(str(program), str(image))
            return await done.wait() == 0

        return install
    if any(evse.board_port for evse in config.evses):
        return None

    async def pretend(image: Path) -> bool:
        await asyncio.to_thread(image.replace, image.with_name("firmware.installed"))
        return True

    return pretend


DEFAULTS = {"is_unknown_offline": "false", "attempts": "10"}
"""Where a real station differs from the table: it lets nobody charge whom it does not know, and is patient with a CSMS that fails."""


def _spec(ocpp: OcppConfig, config: StationConfig) -> StationSpec:
    return StationSpec(
        identity=ocpp.identity,
        protocol=ocpp.protocols[0],
        vendor=ocpp.vendor,
        model=ocpp.model,
        serial_number=ocpp.serial_number,
        firmware_version=ocpp.firmware_version,
        password=ocpp.password,
        evses=tuple(_evse(evse) for evse in config.evses),
        sample_interval_s=config.evses[0].sample_every_s,
    )


def _evse(config: EvseConfig) -> EvseSpec:
    settings = config.settings
    kind = "sType2" if settings.has_socket else "cType2"
    power_w = int(settings.current_a_max * settings.phases * VOLTAGE_V)
    return EvseSpec(power_w, settings.phases, (ConnectorSpec(kind),))


def tls_of(ocpp: OcppConfig, data_dir: Path) -> ssl.SSLContext | None:
    """TLS 1.2 at least, the server's name checked (OCPP security profiles 2 and 3)."""
    if not ocpp.url.startswith("wss:"):
        return None
    try:
        context = ssl.create_default_context(cafile=ocpp.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        own = data_dir / "identity.pem"  # certified by the CSMS: newer than what the configuration has
        if own.exists():
            context.load_cert_chain(own)
        elif ocpp.certificate is not None:
            context.load_cert_chain(ocpp.certificate, ocpp.key)
        TrustStore(data_dir / "roots", lambda: False).believe(context)
    except (OSError, ssl.SSLError) as error:
        raise StartUpError(f"the certificates of [ocpp] cannot be used: {error}") from error
    return context
