"""Orders about certificates: install, delete, list, give a signed one, have a new one asked for."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState
from voltway.modules.gateway.dialects.arguments import DONE, outcome_of, require_length, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v16, v21, v201

Arguments = Mapping[str, Any]

# The longest certificate that fits into an InstallCertificate.
CERTIFICATE_LENGTH_MAX, CERTIFICATE_LENGTH_MAX_21 = 5_500, 10_000
_INSTALLED = "csms_roots"
"""Where a link's memory has the station's CSMS roots as it last listed them."""

_ROOTS = {
    "csms_root": "CSMSRootCertificate",
    "manufacturer_root": "ManufacturerRootCertificate",
    "v2g_root": "V2GRootCertificate",
    "mo_root": "MORootCertificate",
    "oem_root": "OEMRootCertificate",
    "v2g_chain": "V2GCertificateChain",
}
_KIND_OF = {word: kind for kind, word in _ROOTS.items()}
_USES_16 = {
    "csms_root": v16.CertificateUse.CentralSystemRootCertificate,
    "manufacturer_root": v16.CertificateUse.ManufacturerRootCertificate,
}
_SIGNED = {
    "charging_station": "ChargingStationCertificate",
    "v2g": "V2GCertificate",
    "v2g20": "V2G20Certificate",
    "combined": None,
}
_TRIGGERS = {
    "charging_station": "SignChargingStationCertificate",
    "v2g": "SignV2GCertificate",
    "v2g20": "SignV2G20Certificate",
    "combined": "SignCombinedCertificate",
}


def base64_text(raw: bytes) -> str:
    """Bytes as text for the wire."""
    return base64.b64encode(raw).decode()


def _use(words: Any, word: str | None, path: str) -> Any:
    """A word as an enum of this version. Raises CommandNotSupported."""
    if word not in [known.value for known in words]:
        raise CommandNotSupported(f"This station's protocol has no {word} ({path}).")
    return words(word)


# ---- 1.6 (security white paper)


def _use_16(kind: str) -> v16.CertificateUse:
    use = _USES_16.get(kind)
    if use is None:
        raise CommandNotSupported(f"A 1.6 station keeps no {kind}.")
    return use


def check_install_16(arguments: Arguments) -> None:
    _use_16(arguments["kind"])
    require_length("certificate", arguments["certificate"], CERTIFICATE_LENGTH_MAX)


async def install_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v16.InstallCertificateRequest(
        certificate_type=_use_16(arguments["kind"]), certificate=arguments["certificate"]
    )
    return outcome_of(await link.call("InstallCertificate", request), is_done=True)


async def delete_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    _keep_last_root(link, arguments)
    named = v16.CertificateHashData(**_hash_fields(arguments, v16.HashAlgorithm))
    request = v16.DeleteCertificateRequest(certificate_hash_data=named)
    return outcome_of(await link.call("DeleteCertificate", request), is_done=True)


def check_list_16(arguments: Arguments) -> None:
    for kind in arguments["kinds"]:
        _use_16(kind)


async def list_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """1.6 is asked for one kind at a time; NotFound says that there is none."""
    found = []
    for kind in arguments["kinds"] or _USES_16:
        request = v16.GetInstalledCertificateIdsRequest(certificate_type=_use_16(kind))
        response: v16.GetInstalledCertificateIdsResponse = await link.call("GetInstalledCertificateIds", request)
        found += [_listed(kind, named, ()) for named in response.certificate_hash_data or ()]
        status = response.status.value
    return _list_outcome(link, arguments, status, found)


async def send_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v16.CertificateSignedRequest(certificate_chain=arguments["certificate_chain"])
    return outcome_of(await link.call("CertificateSigned", request), is_done=True)


def check_signing_16(arguments: Arguments) -> None:
    if arguments["kind"] not in ("charging_station", "combined"):
        raise CommandNotSupported("A 1.6 station has one certificate only, that of the station.")


async def sign_now_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v16.ExtendedTriggerMessageRequest(requested_message=v16.ExtendedMessageTrigger.SignChargePointCertificate)
    return outcome_of(await link.call("ExtendedTriggerMessage", request))


# ---- 2.x


def install_row(words: Any, length_max: int) -> CommandRow:
    """The row of a version with its words and its longest certificate."""

    def check(arguments: Arguments) -> None:
        _use(words, _ROOTS[arguments["kind"]], "kind")
        require_length("certificate", arguments["certificate"], length_max)

    async def install(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        use = _use(words, _ROOTS[arguments["kind"]], "kind")
        make = (
            v201.InstallCertificateRequest if words is v201.InstallCertificateUseEnum else v21.InstallCertificateRequest
        )
        request = make(certificate_type=use, certificate=arguments["certificate"])
        return outcome_of(await link.call("InstallCertificate", request), is_done=True)

    return CommandRow(install, check)


async def delete_2(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """M04.FR.07: with the hashes that the station itself has given."""
    _keep_last_root(link, arguments)
    named = v201.CertificateHashData(**_hash_fields(arguments, v201.HashAlgorithmEnum))
    request = v201.DeleteCertificateRequest(certificate_hash_data=named)
    return outcome_of(await link.call("DeleteCertificate", request), is_done=True)


def list_row(words: Any) -> CommandRow:
    """The row of a version with its words."""

    def uses(arguments: Arguments) -> list[Any]:
        return [_use(words, _ROOTS[kind], "kinds") for kind in arguments["kinds"]]

    def check(arguments: Arguments) -> None:
        uses(arguments)

    async def list_installed(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        request = v201.GetInstalledCertificateIdsRequest(certificate_type=uses(arguments) or None)
        response: v201.GetInstalledCertificateIdsResponse = await link.call("GetInstalledCertificateIds", request)
        found = [
            _listed(
                _KIND_OF[str(chain.certificate_type)],
                chain.certificate_hash_data,
                tuple(chain.child_certificate_hash_data or ()),
            )
            for chain in response.certificate_hash_data_chain or ()
        ]
        return _list_outcome(link, arguments, str(response.status), found)

    return CommandRow(list_installed, check)


def send_row(words: Any) -> CommandRow:
    """The row of a version with its words; 2.1 knows the number of the request."""

    def fields(arguments: Arguments) -> dict[str, Any]:
        word = _SIGNED[arguments["kind"]]
        use = None if word is None else _use(words, word, "kind")
        return {"certificate_chain": arguments["certificate_chain"], "certificate_type": use}

    def check(arguments: Arguments) -> None:
        fields(arguments)

    async def send(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        """A02.FR.14: with the type of the station's request."""
        request: Any
        if words is v21.CertificateSigningUseEnum:
            request = v21.CertificateSignedRequest(**fields(arguments), request_id=arguments.get("request_number"))
        else:
            request = v201.CertificateSignedRequest(**fields(arguments))
        return outcome_of(await link.call("CertificateSigned", request), is_done=True)

    return CommandRow(send, check)


def sign_now_row(words: Any) -> CommandRow:
    """The row of a version with its words."""

    def check(arguments: Arguments) -> None:
        _use(words, _TRIGGERS[arguments["kind"]], "kind")

    async def sign_now(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        request = v201.TriggerMessageRequest(requested_message=_use(words, _TRIGGERS[arguments["kind"]], "kind"))
        return outcome_of(await link.call("TriggerMessage", request))

    return CommandRow(sign_now, check)


# ---- both


def _hash_fields(arguments: Arguments, algorithms: Any) -> dict[str, Any]:
    names = ("issuer_name_hash", "issuer_key_hash", "serial_number")
    return {"hash_algorithm": algorithms(arguments["hash_algorithm"])} | {name: arguments[name] for name in names}


def _listed(kind: str, named: Any, children: tuple[Any, ...]) -> dict[str, Any]:
    return {"kind": kind, **_named(named), "children": [_named(child) for child in children]}


def _named(named: Any) -> dict[str, str]:
    return {
        "hash_algorithm": str(named.hash_algorithm),
        "issuer_name_hash": named.issuer_name_hash,
        "issuer_key_hash": named.issuer_key_hash,
        "serial_number": named.serial_number,
    }


def _list_outcome(link: CommandLink, arguments: Arguments, status: str, found: list[dict[str, Any]]) -> CommandOutcome:
    """NotFound is an answer like another: the station has none (M03.FR.02)."""
    if not arguments["kinds"] or "csms_root" in arguments["kinds"]:
        link.memory.scratch[_INSTALLED] = [
            (entry["issuer_key_hash"].lower(), entry["serial_number"].lower())
            for entry in found
            if entry["kind"] == "csms_root"
        ]
    word = "Accepted" if found else status
    return CommandOutcome(state=CommandState.ACCEPTED, wire_status=word, effect=DONE, result=found)


def _keep_last_root(link: CommandLink, arguments: Arguments) -> None:
    """Raise CommandNotSupported for the last authority by which the station knows us: it would never come back.

    Source: 1.6 security white paper, M04 (warning). Known only where the station has listed its certificates on this link.
    """
    named = (arguments["issuer_key_hash"].lower(), arguments["serial_number"].lower())
    if link.memory.scratch.get(_INSTALLED) == [named]:
        raise CommandNotSupported("This is the last root by which the station knows us: install another one first.")


def check_hashes(arguments: Arguments) -> None:
    if len(arguments["serial_number"]) > 40:
        raise wrong("serial_number", "at most 40 characters")


COMMANDS_16: dict[str, CommandRow] = {
    "install_certificate": CommandRow(install_16, check_install_16),
    "delete_certificate": CommandRow(delete_16, check_hashes),
    "get_installed_certificate_ids": CommandRow(list_16, check_list_16),
    "send_certificate": CommandRow(send_16, check_signing_16),
    "sign_certificate_now": CommandRow(sign_now_16, check_signing_16),
}
COMMANDS_201: dict[str, CommandRow] = {
    "install_certificate": install_row(v201.InstallCertificateUseEnum, CERTIFICATE_LENGTH_MAX),
    "delete_certificate": CommandRow(delete_2, check_hashes),
    "get_installed_certificate_ids": list_row(v201.GetCertificateIdUseEnum),
    "send_certificate": send_row(v201.CertificateSigningUseEnum),
    "sign_certificate_now": sign_now_row(v201.MessageTriggerEnum),
}
COMMANDS_21: dict[str, CommandRow] = {
    "install_certificate": install_row(v21.InstallCertificateUseEnum, CERTIFICATE_LENGTH_MAX_21),
    "get_installed_certificate_ids": list_row(v21.GetCertificateIdUseEnum),
    "send_certificate": send_row(v21.CertificateSigningUseEnum),
    "sign_certificate_now": sign_now_row(v21.MessageTriggerEnum),
}
