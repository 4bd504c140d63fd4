"""Our own authorities: who certifies whom, whose eyes the keys are for, what is renewed."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from builders import NOON
from voltway.contracts.security import CertificateKind
from voltway.kernel import clock
from voltway.kernel.errors import StartUpError
from voltway.modules.security.pki.authority import Authority, make_server_files, station_subject


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_keys_are_for_our_eyes_only(tmp_path: Path) -> None:
    Authority(tmp_path / "csms", "Test")
    assert mode_of(tmp_path / "csms") == 0o700
    assert mode_of(tmp_path / "csms" / "root.key") == 0o600
    assert mode_of(tmp_path / "csms" / "issuing.key") == 0o600


def test_the_root_certifies_the_issuing_authority_and_that_certifies_stations(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "Test")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = station_subject(CertificateKind.CHARGING_STATION, "CS1", "default")
    issued = authority.issue(key.public_key(), subject, clock.now() + timedelta(days=1))
    issued.certificate.verify_directly_issued_by(authority.issuing)
    authority.issuing.verify_directly_issued_by(authority.root)
    assert issued.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    with pytest.raises(x509.ExtensionNotFound):  # A00.FR.514
        issued.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)


def test_a_restart_finds_the_same_authority_also_without_the_root_key(tmp_path: Path) -> None:
    first = Authority(tmp_path, "Test")
    (tmp_path / "root.key").unlink()  # kept apart
    again = Authority(tmp_path, "Test")
    assert (again.root_pem, again.issuing) == (first.root_pem, first.issuing)


def test_processes_that_start_at_once_share_one_authority(tmp_path: Path) -> None:
    """Each opens the lock's file anew, so threads are as strange to each other as processes are."""
    with ThreadPoolExecutor(8) as starts:
        roots = list(starts.map(lambda _: Authority(tmp_path, "Test").root_pem, range(8)))
    assert len(set(roots)) == 1


def test_a_broken_key_is_one_clear_line(tmp_path: Path) -> None:
    Authority(tmp_path, "Test")
    (tmp_path / "issuing.key").write_text("nonsense")
    with pytest.raises(StartUpError, match=r"issuing\.key is not PEM"):
        Authority(tmp_path, "Test")


def test_server_certificates_are_kept_until_half_their_life_is_over_and_made_anew_for_other_names(
    tmp_path: Path,
) -> None:
    with clock.frozen(NOON):
        authority = Authority(tmp_path / "csms", "Test")
        files = make_server_files(authority, tmp_path, ("localhost", "127.0.0.1"), 7)
        first = [file.read_bytes() for file in files]
        assert [mode_of(file) for file in files] == [0o600, 0o600]
    for later, names, is_new in (
        (timedelta(days=3), ("localhost", "127.0.0.1"), False),
        (timedelta(days=3), ("csms.example",), True),
        (timedelta(days=8), ("csms.example",), True),
    ):
        with clock.frozen(NOON + later):
            now = [file.read_bytes() for file in make_server_files(authority, tmp_path, names, 7)]
        assert (now != first) is is_new
        first = now
