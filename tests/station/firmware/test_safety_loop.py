"""The microcontroller's side, in MicroPython itself: it opens by itself, in time, whatever the computer says or does not say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from station.firmware.interpreter import Firmware, firmware
from voltway.station.evse_timing import OPEN_UNDER_LOAD_S
from voltway.station.hardware.frames import Capabilities, Flag, Kind, Result, Telemetry, encode
from voltway.station.pilot import STATE_E, STATE_F, X1, Pilot, pwm


@pytest.fixture
def board() -> Iterator[Firmware]:
    with firmware() as running:
        yield running


def plug(board: Firmware) -> None:
    board.set(vehicle="B")
    board.run(400)


def test_self(board: Firmware) -> None:
    assert board.say(Kind.SELF_TEST) is Result.DONE
    board.run(300)


def charge(board: Firmware) -> None:
    """As a computer does it: test, lock, offer, permit; the vehicle draws."""
    plug(board)
    test_self(board)
    assert board.say(Kind.LOCK, b"\x01") is Result.DONE
    assert board.pilot(pwm(16)) is Result.DONE
    board.set(vehicle="C")
    board.run(400)
    assert board.say(Kind.PERMIT, b"\x01") is Result.DONE
    board.run(400)
    assert board.is_driven
    assert board.is_closed


test_self.__test__ = False  # type: ignore[attr-defined]


def opened_after_ms(board: Firmware, **world: object) -> int:
    """How long the coil stays driven after the world has changed."""
    begin_ms = board.state["ms"]
    board.set(**world)
    board.run(400)
    level, at_ms = board.changes("contactor")[-1]
    assert level == 0, "still closed"
    return at_ms - begin_ms


def test_it_greets_with_what_it_can(board: Firmware) -> None:
    board.say(Kind.HELLO)
    [hello] = [Capabilities.of(frame.body) for frame in board.frames if frame.kind == Kind.CAPABILITIES]
    assert hello == Capabilities(version=1, current_a_min=6, current_a_max=32, phases=3)


def test_a_charge_closes_and_tells_what_it_measures(board: Firmware) -> None:
    charge(board)
    assert board.state["duty"] == pytest.approx(26.66, abs=0.02)
    assert board.state["frequency"] == 1000
    assert board.status.pilot is Pilot.C
    assert board.status.cable_a == 32
    board.run(1200)
    telemetry = [Telemetry.of(frame.body) for frame in board.frames if frame.kind == Kind.TELEMETRY][-1]
    assert telemetry is not None
    assert telemetry.high_v == pytest.approx(6, abs=0.01)
    assert telemetry.low_v == pytest.approx(-12, abs=0.01)
    assert telemetry.temperature_c == pytest.approx(25, abs=0.15)


@pytest.mark.parametrize("vehicle", ["A", "B", "E"])
def test_the_contactor_opens_within_100_ms_of_the_vehicle_leaving_c(board: Firmware, vehicle: str) -> None:
    charge(board)
    assert opened_after_ms(board, vehicle=vehicle) < 100


@pytest.mark.parametrize("pilot_mv", [7500, 4500, 1500, -3000, 15000])
def test_a_pilot_between_the_windows_opens_as_quickly(board: Firmware, pilot_mv: int) -> None:
    charge(board)
    assert opened_after_ms(board, pilot_mv=pilot_mv) < 100
    assert board.state["faults"] == ["pilot_range"]


def test_pauses_of_the_interpreter_are_no_missing_diode(board: Firmware) -> None:
    """A look that is interrupted may see the positive half wave alone, again and again."""
    charge(board)
    assert board.pilot(pwm(32)) is Result.DONE
    board.set(pause_every=5, pause_us=1735)  # nearly in step with the pilot: for many looks on end
    board.run(2400)
    assert board.state["faults"] == []
    assert board.is_driven


def test_ventilation_that_is_not_there_is_not_pretended(board: Firmware) -> None:
    charge(board)
    board.set(vehicle="D")
    board.run(400)
    assert not board.is_driven


def test_a_short_disturbance_of_the_pilot_changes_nothing(board: Firmware) -> None:
    charge(board)
    board.set(pilot_mv=7500)
    board.run(15)
    board.set(pilot_mv=None)
    board.run(400)
    assert board.is_driven
    assert len(board.changes("contactor")) == 2  # off at the start, on since


@pytest.mark.parametrize(
    ("world", "fault"),
    [
        ({"residual_ma": 6.1}, "residual_dc"),
        ({"residual_ma": 40}, "residual_ac"),
        ({"emergency_stop": True}, "emergency_stop"),
        ({"ground_lost": True}, "ground_lost"),
        ({"brown_out": True}, "brown_out"),
        ({"diode": False}, "diode"),
        ({"celsius": 76}, "board_overheated"),
        ({"celsius": -50}, "board_overheated"),  # the sensor's wire is off
        ({"celsius": 280}, "board_overheated"),  # or shorted
    ],
)
def test_a_fault_opens_at_once_and_needs_a_new_permission(
    board: Firmware, world: dict[str, object], fault: str
) -> None:
    charge(board)
    assert opened_after_ms(board, **world) < 100
    assert fault in board.state["faults"]
    healthy = {"diode": True, "celsius": 25, "residual_ma": 0}
    healthy = {name: healthy.get(name, False) for name in world}
    board.set(**healthy)
    board.run(2400)
    assert board.state["faults"] == []
    assert not board.is_driven, "the fault is gone, but nobody has permitted anew"
    assert board.say(Kind.PERMIT, b"\x01") is Result.DONE
    board.run(400)
    assert board.is_driven


def test_a_board_that_was_too_hot_waits_until_it_is_cool(board: Firmware) -> None:
    charge(board)
    board.set(celsius=74)
    board.run(800)
    assert board.is_driven, "up to here the computer derates and stops by itself"
    for celsius, faults in ((76, ["board_overheated"]), (66, ["board_overheated"]), (64, [])):
        board.set(celsius=celsius)
        board.run(2400)
        assert board.state["faults"] == faults


def test_5_9_ma_of_direct_current_are_borne(board: Firmware) -> None:
    charge(board)
    board.set(residual_ma=5.8)
    board.run(800)
    assert board.is_driven


def test_a_resistor_without_a_diode_is_never_given_power(board: Firmware) -> None:
    board.set(diode=False)
    plug(board)
    test_self(board)
    board.pilot(pwm(16))
    board.set(vehicle="C")
    board.run(400)
    assert board.say(Kind.PERMIT, b"\x01") is Result.REFUSED
    board.run(400)
    assert board.changes("contactor") == [(0, 0)]


def test_a_lost_heartbeat_opens_after_2_s_and_ends_the_offer(board: Firmware) -> None:
    charge(board)
    begin_ms = board.state["ms"]
    board.run(2800, heartbeat=False)
    level, at_ms = board.changes("contactor")[-1]
    assert level == 0
    assert 1500 < at_ms - begin_ms <= 2050
    assert board.state["duty"] == 100
    board.run(800)
    assert not board.is_driven, "the link is back, but nobody has permitted anew"


def test_a_program_that_hangs_is_reset_by_the_watchdog_and_the_contactor_falls(board: Firmware) -> None:
    charge(board)
    board.order(hang=1900)
    assert board.is_driven
    board.order(hang=150)
    assert board.state["resets"] == 1
    assert not board.is_driven


def test_pwm_that_ends_under_load_gives_the_vehicle_6_s(board: Firmware) -> None:
    charge(board)
    begin_ms = board.state["ms"]
    board.pilot(X1)
    board.run(5600)
    assert board.is_driven
    board.run(800)
    level, at_ms = board.changes("contactor")[-1]
    assert level == 0
    assert at_ms - begin_ms == pytest.approx(OPEN_UNDER_LOAD_S * 1000, abs=50)


@pytest.mark.parametrize("output", [STATE_E, STATE_F])
def test_state_e_and_f_are_driven_and_open_at_once(board: Firmware, output) -> None:
    charge(board)
    begin_ms = board.state["ms"]
    board.pilot(output)
    assert board.changes("contactor")[-1][1] - begin_ms < 100
    board.run(800)
    assert board.status.pilot is (Pilot.E if output is STATE_E else Pilot.F)
    assert board.state["faults"] == []


def test_a_pause_of_the_interpreter_is_no_failed_test(board: Firmware) -> None:
    """What is decided is not on the pin yet, and more than a second passes: for the detector the test has hardly begun, or ended."""
    plug(board)
    board.set(pause_before="rcd_test", pause_us=1_500_000)
    test_self(board)
    board.run(2000)
    assert board.state["faults"] == []
    assert [frame.body for frame in board.frames if frame.kind == Kind.SELF_TEST_RESULT] == [b"\x01"]


def test_a_detector_that_does_not_trip_fails_its_test_and_latches(board: Firmware) -> None:
    board.set(rcd_broken=True)
    plug(board)
    test_self(board)
    assert board.state["faults"] == ["rcd_self_test"]
    assert [frame.body for frame in board.frames if frame.kind == Kind.SELF_TEST_RESULT] == [b"\x00"]
    board.pilot(pwm(16))
    board.set(vehicle="C")
    board.run(4000)
    assert board.say(Kind.PERMIT, b"\x01") is Result.REFUSED
    assert board.say(Kind.RESET_FAULTS) is Result.DONE
    board.set(rcd_broken=False)
    test_self(board)
    board.run(400)
    assert board.say(Kind.PERMIT, b"\x01") is Result.DONE


def test_without_a_test_of_the_detector_nothing_is_closed_and_each_vehicle_has_its_own(board: Firmware) -> None:
    charge(board)
    board.set(vehicle="A")
    board.run(400)
    plug(board)
    board.pilot(pwm(16))
    board.set(vehicle="C")
    board.run(400)
    assert board.say(Kind.PERMIT, b"\x01") is Result.REFUSED


def test_no_test_of_the_detector_under_power(board: Firmware) -> None:
    charge(board)
    assert board.say(Kind.SELF_TEST) is Result.REFUSED
    assert board.is_driven


def test_a_welded_contactor_is_found_within_1_s_latched_and_keeps_the_lock(board: Firmware) -> None:
    charge(board)
    board.set(welded=True)
    board.say(Kind.PERMIT, b"\x00")
    board.run(900)
    assert board.state["faults"] == []
    board.run(200)
    assert board.state["faults"] == ["contactor_welded"]
    assert board.say(Kind.LOCK, b"\x00") is Result.REFUSED
    board.run(400)
    assert board.state["levels"]["lock"] == 1
    board.set(welded=False)
    board.run(2000)
    assert board.state["faults"] == ["contactor_welded"], "latched"
    assert board.say(Kind.RESET_FAULTS) is Result.DONE
    board.run(400)
    assert board.state["faults"] == []
    assert board.say(Kind.LOCK, b"\x00") is Result.DONE


def test_the_lock_does_not_open_under_power(board: Firmware) -> None:
    charge(board)
    assert board.say(Kind.LOCK, b"\x00") is Result.REFUSED
    assert Flag.LOCKED in board.status.flags


def test_phases_do_not_change_under_power(board: Firmware) -> None:
    charge(board)
    assert board.say(Kind.PHASES, b"\x01") is Result.REFUSED
    board.set(vehicle="B")
    board.run(400)
    board.say(Kind.PERMIT, b"\x00")
    assert board.say(Kind.PHASES, b"\x01") is Result.DONE
    board.set(vehicle="C")
    board.run(400)
    board.say(Kind.PERMIT, b"\x01")
    board.run(400)
    assert board.is_driven
    assert board.state["levels"]["contactor_3"] == 0


@pytest.mark.parametrize(("ohm", "current_a"), [(50, 0), (100, 63), (220, 32), (680, 20), (1500, 13), (90_000, 0)])
def test_the_proximity_pilot_is_read_as_the_computer_reads_it(board: Firmware, ohm: int, current_a: int) -> None:
    board.set(cable_ohm=ohm)
    board.run(400)
    assert board.state["cable_a"] == current_a


def test_a_repeated_command_is_answered_and_not_done_again(board: Firmware) -> None:
    plug(board)
    frame = encode(Kind.SELF_TEST, 77)
    for _ in range(3):
        board.frames.clear()
        board.write(frame)
        board.run(400)
        assert [one.body for one in board.frames if one.kind == Kind.ACK] == [bytes([77, Result.DONE])]
    assert len([level for level, _ in board.changes("rcd_test") if level == 1]) == 1


def test_broken_frames_are_counted_and_dropped(board: Firmware) -> None:
    frame = bytearray(encode(Kind.PILOT, 9, b"\x01\x10\x27"))
    frame[3] ^= 0x20
    board.write(bytes(frame) + b"\x17garbage\x00" + b"\x05" * 300 + b"\x00")
    board.run(400)
    assert board.state["dropped"] == 3
    assert board.state["duty"] == 100
    assert board.pilot(pwm(10)) is Result.DONE


def test_a_command_that_means_nothing_is_said_to_be_unknown(board: Firmware) -> None:
    for kind, body in [(0x55, b""), (Kind.LOCK, b"\x01\x02"), (Kind.PILOT, b"\x01")]:
        board.frames.clear()
        board.write(encode(kind, 9, body))
        board.run(100)
        assert [one.body for one in board.frames if one.kind == Kind.ACK] == [bytes([9, Result.UNKNOWN])]
    assert board.say(Kind.PILOT, b"\x01\xe8\x02") is Result.REFUSED  # 7.44 %: not allowed
