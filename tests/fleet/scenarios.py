"""Every fault that is promised to do no harm, with the tests that show it. docs/reliability.md is made from this table.

A test is named as `folder/file::name`, below tests/. What is missing is said in `missing`: the scenario counts as shown in part where
it has tests all the same, and as not shown where it has none.
"""

from __future__ import annotations

from typing import NamedTuple

PROMISES = {
    "P1": "No acknowledged message is lost: the answer leaves after the commit.",
    "P2": "Each charge is one session, and is billed once.",
    "P3": "What a session is depends on the set of its messages, not on their order or number: to the watt-hour and the cent.",
    "P4": "An invoice exists only if it is complete, or a person has released it; else the session says why it waits.",
    "P5": "One bad station does not slow another.",
    "P6": "After the death of a process all goes on by itself.",
    "P7": "The limit of a site is never passed because the cloud is away.",
    "P8": "Every command ends as accepted, rejected, failed, timed out or offline.",
    "P9": "The ledger balances at every commit.",
    "P10": "What was acknowledged survives a crash of the process and a power cut.",
}


class Scenario(NamedTuple):
    """A fault. `number` is its F number, `promises` what it must not break."""

    number: int
    fault: str
    promises: str
    tests: tuple[str, ...] = ()
    missing: str = ""


_SEEDS = (
    "fleet/test_simulation::test_f01_f02_f23_f24_f37_f40_f63_whatever_happens_nothing_is_lost_and_all_comes_to_rest"
)
_NET, _PROC, _DB, _MSG = (
    "fleet/test_network::",
    "fleet/test_processes::",
    "fleet/test_database::",
    "fleet/test_messages::",
)
_BAD, _REC, _RULES = ("gateway/test_bad_input::", "sessions/test_recording::", "sessions/test_rules::")
_ADMIT, _COMMAND = ("gateway/test_admission::", "stations/test_commands::")

SCENARIOS = (
    Scenario(
        1,
        "kill -9 of the gateway under load",
        "P1 P2 P6",
        (
            "e2e/test_power_cut::test_killed_server_has_lost_nothing_it_acknowledged",
            "e2e/test_cluster::test_a_gateway_that_ends_loses_nothing",
            _SEEDS,
        ),
    ),
    Scenario(
        2,
        "kill -9 between commit and answer",
        "P1 P2",
        (f"{_PROC}test_f02_killed_between_commit_and_answer_the_repeat_gets_its_answer", _SEEDS),
    ),
    Scenario(
        3,
        "kill -9 while billing",
        "P2 P6",
        (f"{_PROC}test_f03_killed_while_it_bills_nothing_is_billed_twice_or_never",),
    ),
    Scenario(
        4,
        "kill -9 between outbox and its readers",
        "P2 P6",
        (
            f"{_PROC}test_f04_killed_around_the_outbox_every_event_has_its_effect_once",
            "kernel/test_events::test_a_listener_goes_on_where_it_was_after_a_restart",
        ),
    ),
    Scenario(
        5,
        "kill -9 of the API with requests under way",
        "P8",
        (
            f"{_COMMAND}test_a_retry_after_a_crash_finds_the_first_command",
            f"{_COMMAND}test_the_commands_of_a_dead_process_end_as_timed_out_and_are_not_sent_again",
            "kernel/test_idempotency::test_the_effect_and_its_key_commit_together",
        ),
    ),
    Scenario(
        6,
        "kill -9 of what shares a site's limit",
        "P7",
        (
            "fleet/test_sharing::test_f06_killed_at_a_step_of_a_share_the_limit_holds_and_then_all_have_theirs",
            "conformance/test_location_limits::test_a_station_that_boots_is_given_its_maximum_and_a_default_of_nothing",
            "conformance/test_location_limits::test_the_share_of_a_station_that_is_offline_stays_reserved_until_it_is_back",
        ),
    ),
    Scenario(
        7,
        "kill -9 of a station's controller in mid-session",
        "P1 P2",
        (
            "e2e/test_controller::test_f07_controller_that_is_killed_opens_its_contactor_and_tells_one_session_when_it_is_back",
            "station/queue/test_power_cut::test_a_power_cut_at_every_octet_leaves_exactly_one_start_and_one_end_of_each_charge",
        ),
    ),
    Scenario(
        8,
        "power cut: what was not synced is lost",
        "P1 P10",
        (
            "e2e/test_power_cut::test_power_cut_has_lost_nothing_it_acknowledged",
            "kernel/test_database::test_sqlite_syncs_every_commit",
        ),
    ),
    Scenario(
        9,
        "SIGSTOP of the gateway for longer than its lease",
        "P1 P2 P6",
        (
            f"{_PROC}test_f09_server_that_was_stopped_for_longer_than_its_lease_goes_on_without_loss",
            "gateway/test_registry::test_process_that_was_taken_for_dead_lets_its_stations_connect_again",
        ),
    ),
    Scenario(
        10,
        "the database stands still",
        "P1 P6",
        (f"{_DB}test_f10_while_the_database_stands_still_nothing_is_acknowledged_and_links_are_closed",),
    ),
    Scenario(
        11,
        "the database is away and comes back",
        "P1 P6",
        (
            f"{_DB}test_f11_database_that_is_away_and_comes_back_costs_time_only",
            "gateway/test_link::test_nothing_to_commit_to_closes_the_links_and_lets_nobody_in",
        ),
    ),
    Scenario(
        12,
        "connections to the database break in mid-transaction",
        "P1 P2",
        (
            f"{_DB}test_f12_connections_that_break_in_mid_transaction_lose_and_double_nothing",
            "kernel/test_batching::test_two_nodes_in_each_others_way_try_again",
        ),
    ),
    Scenario(
        13,
        "the broker stops and forgets",
        "P1 P6",
        (
            "gateway/test_mqtt::test_stations_are_offline_while_the_broker_is_away_and_come_back",
            "e2e/test_mqtt::test_a_charge_over_mqtt_survives_its_broker_and_is_priced",
        ),
        "shown for the broker of stations (MQTT); one between processes is not part of this release",
    ),
    Scenario(
        14,
        "disk full under the database",
        "P1 P6",
        (f"{_PROC}test_f14_full_disk_stops_the_answers_and_room_brings_them_back", _SEEDS),
    ),
    Scenario(15, "disk full under the log", "P6", (f"{_PROC}test_f15_log_that_cannot_be_written_stops_nothing",)),
    Scenario(
        16,
        "the station's queue is full: it thins its updates",
        "P3 P4",
        (f"{_RULES}test_gap_of_updates_is_priced_on_the_registers_and_marked_thinned",),
        "what we make of it is shown; no station of ours has a queue that thins",
    ),
    Scenario(
        17,
        "the gateway runs out of memory",
        "P5 P6",
        ("gateway/test_bad_input::test_f56_large_messages_share_a_budget",),
        "the limits are shown, not the death by them",
    ),
    Scenario(
        18,
        "no file descriptors are left",
        "P5 P6",
        (f"{_PROC}test_f18_without_free_descriptors_those_who_are_in_stay_and_it_does_not_spin",),
        "the test is written and has not been seen to pass yet",
    ),
    Scenario(
        19,
        "something else takes a core",
        "P5",
        ("fleet/test_starving::test_f19_server_with_a_tenth_of_a_core_takes_no_station_for_gone_and_loses_nothing",),
        "nobody is taken for gone; by how much answers are later is a matter of figures, and no benchmark has it yet",
    ),
    Scenario(
        20,
        "a rolling update with two versions at once",
        "P1 P6",
        (
            "fleet/test_versions::test_f20_rolling_update_runs_two_versions_at_once_and_loses_nothing",
            "app/test_schema::test_upgrade_that_has_to_wait_for_a_table_holds_up_nobody_behind_it",
            "e2e/test_cluster::test_a_restart_one_after_the_other_sends_stations_off_and_loses_nothing",
        ),
    ),
    Scenario(
        21,
        "a new version is taken back",
        "P1",
        (
            "fleet/test_versions::test_f21_new_version_that_is_taken_back_leaves_what_the_old_one_goes_on_with",
            "fleet/test_versions::test_f21_schema_that_an_old_version_cannot_work_with_is_refused_and_left_alone",
            "app/test_schema::test_revision_that_keeps_older_programs_only_adds_what_they_need_not_know",
        ),
    ),
    Scenario(
        22,
        "an old copy of the database is put back",
        "P2 P4",
        (f"{_PROC}test_f22_after_an_old_copy_is_put_back_no_charge_touches_another",),
        "on SQLite; what was acknowledged after the copy is lost with the disk",
    ),
    Scenario(
        23,
        "half-open connections",
        "P1 P2 P6",
        (
            f"{_NET}test_f23_half_open_links_are_noticed_and_taken_over_and_nothing_is_lost",
            "gateway/test_registry::test_silent_link_is_dead_within_two_intervals",
            _SEEDS,
        ),
    ),
    Scenario(
        24,
        "answers are lost, messages are not",
        "P1 P2 P3",
        (f"{_NET}test_f24_with_answers_lost_stations_repeat_and_each_fact_counts_once", _SEEDS),
        "shown by the simulator; the test with sockets failed on a busy machine, and why has not been found yet",
    ),
    Scenario(
        25,
        "a reset after every tenth frame",
        "P1 P2",
        (f"{_NET}test_f25_connections_that_are_reset_again_and_again_still_get_everything_through",),
    ),
    Scenario(26, "slow, sliced bytes", "P1 P5", (f"{_NET}test_f26_slow_and_sliced_bytes_break_nothing",)),
    Scenario(
        27,
        "thousands of requests that are never finished",
        "P5",
        (
            "gateway/test_handshake::test_unfinished_request_is_dropped_in_time_and_others_notice_nothing",
            "gateway/test_tls::test_a_silent_tls_connection_is_ended_in_time",
        ),
    ),
    Scenario(
        28,
        "a station that reads nothing",
        "P5 P8",
        (
            "gateway/test_link::test_station_that_reads_nothing_is_cut_off",
            "gateway/test_commands::test_too_many_calls_in_a_row_are_refused",
        ),
    ),
    Scenario(
        29,
        "everybody reconnects at once",
        "P1 P5 P6",
        (
            f"{_NET}test_f29_storm_of_reconnects_is_spread_and_all_get_in",
            f"{_ADMIT}test_storm_is_told_to_come_again_later",
            f"{_ADMIT}test_storm_of_one_network_leaves_room_for_another",
        ),
        "with a small fleet; with 18,000 stations it is a benchmark's",
    ),
    Scenario(
        30,
        "the same without jitter",
        "P1 P5 P6",
        (
            f"{_NET}test_f30_stations_that_all_come_back_in_the_same_second_are_let_in_by_rate",
            f"{_ADMIT}test_station_that_comes_and_goes_all_the_time_is_held_off_and_no_other",
        ),
    ),
    Scenario(
        31,
        "the station's address changes in mid-session",
        "P1 P2",
        (
            f"{_NET}test_f31_station_that_comes_from_elsewhere_goes_on_with_its_session",
            f"{_ADMIT}test_newest_authenticated_connection_wins",
        ),
    ),
    Scenario(
        32,
        "a proxy that ends silent connections",
        "P6",
        (
            f"{_NET}test_f32_pings_keep_links_alive_through_a_proxy_that_ends_silent_ones",
            "gateway/test_registry::test_every_link_is_pinged_once_per_interval",
        ),
    ),
    Scenario(
        33,
        "certificates are replaced, end, are wrong",
        "P6",
        (
            "gateway/test_tls::test_a_new_certificate_is_shown_without_dropping_a_link",
            "security/test_expiry::test_the_servers_own_certificate_is_told_of_if_somebody_has_given_it",
            "security/test_expiry::test_an_authority_that_ends_is_told_of",
        ),
    ),
    Scenario(
        34,
        "the authority that is asked about certificates lies or is away",
        "P4",
        ("conformance/test_contracts::test_an_answer_that_the_authority_has_not_signed_is_not_believed",),
        "an authority that is away for long has no test of its own",
    ),
    Scenario(
        35,
        "a roaming partner is away for a day",
        "P2",
        (
            "bus/test_relays::test_f35_broker_that_is_away_for_a_day_gets_what_it_missed_once_and_in_order",
            "notify/test_webhooks::test_what_is_not_taken_is_tried_again_with_the_same_id_until_it_is",
        ),
        "there is no roaming yet, so no partner's CDRs and tokens can wait; shown for the outsiders that there are, brokers and webhooks",
    ),
    Scenario(
        36,
        "the payment provider times out after it has captured",
        "P2 P9",
        (
            "payments/test_faults::test_outcome_that_is_not_known_is_pending_and_not_failed",
            "payments/test_faults::test_each_call_ends_as_meant_whatever_happens_to_it",
            "payments/test_killed::test_server_is_killed_at_every_step_of_a_paid_visit",
        ),
    ),
    Scenario(
        37,
        "every message two or three times, under new ids",
        "P2 P3",
        (
            f"{_REC}test_charge_of_which_everything_is_said_three_times_is_one_charge",
            f"{_NET}test_f24_with_answers_lost_stations_repeat_and_each_fact_counts_once",
            _SEEDS,
        ),
    ),
    Scenario(
        38,
        "every message twice, under the same id",
        "P2 P3",
        (
            f"{_MSG}test_f38_every_message_that_comes_twice_under_its_id_counts_once",
            "gateway/test_link::test_same_id_with_other_bytes_is_processed_and_flagged",
        ),
    ),
    Scenario(
        39,
        "the same number with other content",
        "P4",
        (f"{_REC}test_other_content_under_the_same_number_is_kept_beside_the_first_and_holds_the_price",),
    ),
    Scenario(
        40,
        "a session's events in any order",
        "P3",
        (
            f"{_RULES}test_session_depends_on_the_set_of_its_events_not_on_their_order",
            f"{_REC}test_charge_is_priced_the_same_in_any_order_of_arrival",
            _SEEDS,
        ),
    ),
    Scenario(
        41,
        "the end before the start; the start never",
        "P3 P4",
        (
            "fleet/test_endings::test_f41_end_before_its_start_waits_through_a_crash_and_is_billed_once_when_the_start_comes",
            "fleet/test_endings::test_f41_charge_whose_start_never_comes_is_not_billed_says_why_and_spoils_no_other",
            f"{_RULES}test_end_without_start_waits_and_the_start_makes_it_ready_once",
        ),
        "of a session that has ended without its start nobody is asked: it waits for a person, and the start is taken if it comes",
    ),
    Scenario(
        42,
        "updates are missing",
        "P3 P4",
        (
            f"{_RULES}test_gap_of_updates_is_priced_on_the_registers_and_marked_thinned",
            f"{_RULES}test_gap_is_not_priced_while_the_register_of_an_end_is_missing",
        ),
    ),
    Scenario(
        43,
        "the end never comes",
        "P2 P4",
        (
            f"{_REC}test_start_on_a_connector_that_is_charging_ends_the_other_session_there",
            f"{_REC}test_session_whose_end_was_lost_does_not_count_against_its_successor",
            "sessions/test_silence::test_what_the_station_knows_no_more_ends_with_the_last_that_was_told_and_is_held",
            "sessions/test_silence::test_the_late_end_counts_as_if_nobody_had_asked",
            "sessions/test_silence::test_a_1_6_session_ends_when_its_connector_is_free_and_its_late_stop_counts",
        ),
    ),
    Scenario(
        44,
        "a 1.6 stop with an id of nobody",
        "P2 P4",
        (
            f"{_REC}test_stop_without_an_id_ends_the_only_open_session",
            f"{_REC}test_stop_without_an_id_that_could_be_anybodys_stops_nothing_and_is_kept",
            f"{_REC}test_stop_of_an_unknown_transaction_stops_nothing_and_is_kept",
        ),
    ),
    Scenario(
        45,
        "a 1.6 start is said again while charging",
        "P2",
        (
            f"{_REC}test_start_said_again_while_charging_gets_the_same_id_and_is_accepted_at_the_limit",
            f"{_BAD}test_f45_repeated_start_gets_the_same_answer",
        ),
    ),
    Scenario(
        46,
        "an answer comes after its time",
        "P8",
        (f"{_BAD}test_f46_late_answer_is_dropped_and_never_meets_the_next_call",),
    ),
    Scenario(
        47,
        "two calls at once",
        "P3 P8",
        (
            f"{_BAD}test_f47_second_call_is_answered_after_the_first",
            f"{_BAD}test_f47_we_never_have_two_calls_outstanding",
            f"{_MSG}test_f47_our_side_never_has_two_calls_under_way",
        ),
    ),
    Scenario(48, "a flood of calls from one station", "P5", (f"{_BAD}test_f48_flood_is_slowed_then_cut_off",)),
    Scenario(
        49,
        "days of queued messages come in together",
        "P1 P3 P5",
        (
            "fleet/test_simulation::test_f49_days_of_queued_reports_come_in_together_and_are_all_counted_once",
            f"{_BAD}test_f49_long_queue_is_drained_at_a_bounded_rate_and_not_cut_off",
        ),
    ),
    Scenario(50, "a boot loop", "P5", (f"{_BAD}test_f50_boot_loop_is_answered_and_disturbs_nobody",)),
    Scenario(
        51,
        "a station talks before it is accepted",
        "P1",
        (
            f"{_BAD}test_f51_station_of_2x_that_is_not_accepted_may_only_boot",
            f"{_BAD}test_f51_transactions_of_a_1_6_station_are_kept_before_acceptance",
        ),
    ),
    Scenario(
        52,
        "a reset in mid-session",
        "P2 P8",
        (
            "conformance/test_resuming::test_tc_b_103_a_transaction_goes_on_after_a_reset",
            f"{_COMMAND}test_a_reset_is_done_when_the_station_is_back",
            f"{_COMMAND}test_a_scheduled_reset_is_done_later",
        ),
    ),
    Scenario(
        53,
        "a start that is accepted, and no session follows",
        "P8",
        (
            f"{_COMMAND}test_an_accepted_start_from_which_nothing_follows_has_no_session",
            "payments/test_visits::test_driver_who_does_not_plug_in_gets_the_hold_back",
        ),
    ),
    Scenario(
        54,
        "a start is ordered twice",
        "P2 P8",
        (
            f"{_COMMAND}test_a_double_click_is_one_command",
            f"{_COMMAND}test_one_session_settles_one_of_two_equal_starts",
        ),
    ),
    Scenario(
        62,
        "the server's clock jumps",
        "P3 P4",
        (f"{_MSG}test_f62_servers_clock_that_jumps_leaves_energy_money_and_order_as_they_were",),
        "in the process; not with a clock that is moved under the whole machine",
    ),
    Scenario(
        63,
        "a station's clock is wrong, drifts, jumps",
        "P3 P4",
        (
            f"{_RULES}test_clock_that_is_set_while_charging_is_flagged_and_each_time_corrected_by_its_own_offset",
            f"{_RULES}test_start_whose_clock_was_never_measured_is_not_billed_for_decades",
            f"{_RULES}test_end_before_the_start_by_the_stations_clock_lasts_no_time_and_is_flagged_in_either_order",
            _SEEDS,
        ),
    ),
    Scenario(
        64,
        "leap seconds, the year 9999, no time zone",
        "P3",
        (
            "wire/test_times::test_a_leap_second_is_the_next_second",
            "wire/test_times::test_a_missing_zone_is_read_as_utc_and_said",
            "wire/test_times::test_what_is_no_instant_is_refused",
            "gateway/test_attacks::test_s14_no_time_of_a_station_breaks_a_page",
        ),
    ),
)
"""F55-F61, malformed and hostile input, are listed in docs/security.md."""
