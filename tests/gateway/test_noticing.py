"""Why a handshake was refused, and what is unusual about a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from voltway.contracts.station_link import StationCredential
from voltway.contracts.vocabulary import Registration
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.noticing import Notices
from voltway.kernel.secrets import hash_secret
from voltway.modules.gateway.handshake import Credentials
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.noticing import Shown, cause_of, note_refusal
from voltway.modules.gateway.peer import PLAIN, Peer, PeerCertificate, Trust
from voltway.modules.gateway.sampling import Sampler

KEY, PASSWORD = b"k" * 32, "correct-horse-battery"
RIGHT, WRONG = Credentials("CS-1", PASSWORD.encode()), Credentials("CS-1", b"wrong-wrong-wrong")
OTHERS = Peer(True, PeerCertificate("CS-2", ("default",), "1f"))
OWN = Peer(True, PeerCertificate("CS-1", ("default",), "1e"))


def a_credential(profile: int = 1, **fields: Any) -> StationCredential:
    values = {
        "station_id": "s1",
        "operator_id": "operator",
        "operator_slug": "default",
        "identity": "CS-1",
        "location_id": None,
        "security_profile": profile,
        "secret_hash": hash_secret(PASSWORD, KEY),
        "registration": Registration.ACCEPTED,
    }
    return StationCredential(**{**values, **fields})


@pytest.mark.parametrize(
    ("credential", "credentials", "peer", "cause"),
    [
        (None, RIGHT, PLAIN, "unknown"),
        (a_credential(1), WRONG, PLAIN, "credentials"),
        (a_credential(1), None, PLAIN, "credentials"),
        (a_credential(2), RIGHT, PLAIN, "profile"),
        (a_credential(2), WRONG, PLAIN, "credentials"),
        (a_credential(2), WRONG, Peer(True), "credentials"),
        (a_credential(3), RIGHT, PLAIN, "profile"),
        (a_credential(3), None, OTHERS, "certificate"),
        (a_credential(3), None, OWN, "credentials"),
        (None, None, OTHERS, "certificate"),
    ],
)
def test_cause_of_a_refusal(
    credential: StationCredential | None, credentials: Credentials | None, peer: Peer, cause: str
) -> None:
    assert cause_of(Shown("CS-1", credentials, peer, "p"), credential, KEY, Trust()) == cause


def told(notices: Notices) -> list[tuple[str, str, dict[str, Any]]]:
    return [(kind, operator_id, dict(facts)) for kind, operator_id, facts in notices._untold]


def test_certificate_of_another_station_is_told_of_besides() -> None:
    notices = Notices()
    note_refusal(notices, Shown("CS-1", None, OTHERS, "192.0.2.0/24"), [a_credential(3)], KEY, Trust())
    named = {"identity": "CS-1", "prefix": "192.0.2.0/24"}
    assert told(notices) == [
        ("handshake.refused", "operator", {**named, "cause": "certificate"}),
        ("credential.foreign", "operator", {**named, "common_name": "CS-2"}),
    ]


def test_unknown_identity_is_the_matter_of_who_runs_the_installation() -> None:
    notices = Notices()
    note_refusal(notices, Shown("CS-9", RIGHT, PLAIN, "192.0.2.0/24"), [], KEY, Trust())
    assert [(kind, operator_id) for kind, operator_id, _ in told(notices)] == [
        ("handshake.refused", DEFAULT_OPERATOR_ID)
    ]


# ---- links


class ALink:
    """What the sampler asks of a link."""

    def __init__(self, name: str, rate: int, **fields: Any) -> None:
        self.credential = a_credential(station_id=name, identity=name, **{"vendor": "Acme", "model": "One", **fields})
        self.rate, self.faults, self.memory = rate, (0, rate), self
        self.clock_offset_s: float | None = None

    def take_rate(self) -> int:
        return self.rate

    def take_faults(self) -> tuple[int, int]:
        return self.faults


def sampled(sampler: Sampler, notices: Notices, links: Sequence[ALink]) -> list[tuple[str, str, Any]]:
    sampler.sample(cast("list[Link]", links))
    found = [(kind, facts["station_identity"], facts) for kind, _, facts in told(notices)]
    notices._untold.clear()
    return [
        (kind, name, facts.get("multiple") or facts.get("offset_s") or facts.get("faulty"))
        for kind, name, facts in found
    ]


def test_station_that_says_more_than_others_of_its_model_is_told_of() -> None:
    notices = Notices()
    usual = [ALink(f"CS-{number}", 20) for number in range(10)]
    loud, other = ALink("LOUD", 150), ALink("OTHER", 150, model="Two")
    assert sampled(Sampler(notices), notices, [*usual, loud, other]) == [("messages.many", "LOUD", 7.5)]
    assert sampled(Sampler(notices), notices, [*usual[:8], loud]) == []  # too few to say what is usual
    assert sampled(Sampler(notices), notices, [*usual, ALink("CALM", 55)]) == []


def test_clock_is_told_of_when_it_changes_and_when_it_is_right_again() -> None:
    notices, link = Notices(), ALink("CS-1", 1)
    sampler, heard = Sampler(notices), []
    for offset in (None, 2.0, 100.0, 105.0, -400.0, -399.0, 1.0, 1.0):
        link.clock_offset_s = offset
        heard.append([value for _, _, value in sampled(sampler, notices, [link])])
    assert heard == [[], [], [100], [], [400], [], [1], []]


def test_faults_are_told_of_with_what_they_are_a_share_of() -> None:
    notices, link = Notices(), ALink("CS-1", 1)
    link.faults = (2, 500)
    assert sampled(Sampler(notices), notices, [link]) == [("messages.faulty", "CS-1", 2)]
