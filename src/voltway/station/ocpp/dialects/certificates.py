"""Roots that the CSMS installs, as messages of OCPP 2.x (M03, M04, M05) and of the security extension of 1.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voltway.station.ocpp import commands
from voltway.station.ocpp.ordered import CSMS_ROOT, RootHash
from voltway.wire.ocpp import v16, v201
from voltway.wire.ocpp.shapes import Shape

if TYPE_CHECKING:
    from voltway.station.ocpp.station import Station

_FROM_16 = {"CentralSystemRootCertificate": CSMS_ROOT}


def _hash(said: v201.CertificateHashData | v16.CertificateHashData) -> RootHash:
    return RootHash(str(said.hash_algorithm), said.issuer_name_hash, said.issuer_key_hash, said.serial_number)


def _told(wanted: RootHash) -> v201.CertificateHashData:
    algorithm, name, key, serial = wanted.words
    return v201.CertificateHashData(
        hash_algorithm=v201.HashAlgorithmEnum(algorithm),
        issuer_name_hash=name,
        issuer_key_hash=key,
        serial_number=serial,
    )


def install(station: Station, call: v201.InstallCertificateRequest) -> Shape:
    """M05."""
    word = commands.install_root(station, str(call.certificate_type), call.certificate)
    return v201.InstallCertificateResponse(status=v201.InstallCertificateStatusEnum(word))


def delete(station: Station, call: v201.DeleteCertificateRequest) -> Shape:
    """M04."""
    word = commands.delete_root(station, _hash(call.certificate_hash_data))
    return v201.DeleteCertificateResponse(status=v201.DeleteCertificateStatusEnum(word))


def installed_ids(station: Station, call: v201.GetInstalledCertificateIdsRequest) -> Shape:
    """M03; without a type all are meant."""
    found = commands.installed_roots(station, call.certificate_type)
    chains = [
        v201.CertificateHashDataChain(
            certificate_hash_data=_told(said), certificate_type=v201.GetCertificateIdUseEnum(kind)
        )
        for kind, said in found
    ]
    status = v201.GetInstalledCertificateStatusEnum("Accepted" if chains else "NotFound")
    return v201.GetInstalledCertificateIdsResponse(status=status, certificate_hash_data_chain=chains or None)


def install_16(station: Station, call: v16.InstallCertificateRequest) -> Shape:
    """As 2.x, in the older words."""
    kind = str(call.certificate_type)
    word = commands.install_root(station, _FROM_16.get(kind, kind), call.certificate)
    return v16.InstallCertificateResponse(status=v16.InstallCertificateStatus(word))


def delete_16(station: Station, call: v16.DeleteCertificateRequest) -> Shape:
    """As 2.x."""
    word = commands.delete_root(station, _hash(call.certificate_hash_data))
    return v16.DeleteCertificateResponse(status=v16.DeleteCertificateStatus(word))


def installed_ids_16(station: Station, call: v16.GetInstalledCertificateIdsRequest) -> Shape:
    """Of one kind."""
    kind = str(call.certificate_type)
    found = [
        v16.CertificateHashData(
            hash_algorithm=v16.HashAlgorithm(said.algorithm),
            issuer_name_hash=said.issuer_name,
            issuer_key_hash=said.issuer_key,
            serial_number=said.serial_number,
        )
        for _, said in commands.installed_roots(station, [_FROM_16.get(kind, kind)])
    ]
    status = v16.GetInstalledCertificateStatus("Accepted" if found else "NotFound")
    return v16.GetInstalledCertificateIdsResponse(status=status, certificate_hash_data=found or None)
