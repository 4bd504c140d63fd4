"""What each route is asked with in the matrix: bodies, queries, what its path means, and which answers are right besides a plain success."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from access.world import IMAGE, PROFILE, PUSH_KEYS, STEPS, TARIFF
from voltway.kernel import clock

CREDENTIAL = {
    "id": "eA",
    "raw_id": "eA",
    "type": "public-key",
    "response": {"client_data_json": "eA"},
}
OCPI = {"currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": 1, "vat": 19}]}]}
FORMS = {
    "fetch_token": {"grant_type": "client_credentials", "client_id": "none", "client_secret": "none"},
    "revoke_token": {"token": "none", "client_id": "none", "client_secret": "none"},
}
EURO = {"minor": 100, "currency": "EUR"}
LATER = (clock.now() + timedelta(days=30)).isoformat()
TOMORROW = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
SLOT = {"starts_at": TOMORROW.isoformat(), "ends_at": (TOMORROW + timedelta(hours=1)).isoformat(), "rules_version": 1}
RESERVATION = {"evse_number": 1, "id_token": "04A1B2C3", "expires_at": LATER}
BODIES: dict[str, Any] = {
    "log_in": {"email": "nobody@example.org", "password": "wrong"},
    "log_out": None,
    "add_api_key": {"name": "y", "role": "auditor"},
    "add_location": {"name": "There"},
    "change_location": {"name": "Here and now"},
    "add_station": {"identity": "CS-new", "location_id": "{location_id}"},
    "change_station": {"name": "The first"},
    "send_command": {"type": "reset", "mode": "immediate"},
    "revoke_certificate": None,
    "add_firmware_campaign": {"name": "Spring", "image_id": "{image_id}", "station_ids": ["{station_id}"]},
    "change_firmware_campaign": {"state": "paused"},
    "replace_station": {"reason": "The board was struck by lightning"},
    "save_view": {"list_name": "stations", "name": "Broken", "search": {"status": "Faulted"}},
    "add_bulk_order": {"type": "clear_cache", "station_ids": ["{station_id}"]},
    "stop_bulk_order": None,
    "add_ticket": {"subject": "The plug is stuck", "station_id": "{station_id}"},
    "report_problem": {"location_id": "{location_id}", "text": "The plug is stuck"},
    "add_report_photo": None,
    "change_ticket": {"priority": "low"},
    "add_ticket_note": {"text": "Somebody is on the way"},
    "ask_ocsp": None,
    "add_registration_token": {"name": "x", "expires_at": LATER, "location_id": "{location_id}"},
    "add_id_token": {"value": "04D4", "kind": "ISO14443"},
    "change_id_token": {"language": "de"},
    "set_access_settings": {"master_group": None},
    "set_local_list": {"mode": "off"},
    "add_tariff": TARIFF,
    "assign_tariff": {"targets": []},
    "change_tariff": TARIFF,
    "credit_cdr": {"reason": "goodwill"},
    "review_session": {"is_billed": True, "reason": "looked at"},
    "stop_session": None,
    "add_reservation": {**RESERVATION, "station_id": "{station_id}"},
    "set_booking_rules": {"has_queue": True},
    "confirm_booking": None,
    "cancel_booking": {"reason": "x"},
    "waive_booking_fee": {"reason": "x"},
    "remove_queue_place": {"reason": "x"},
    "add_own_booking": {**SLOT, "location_id": "{location_id}"},
    "change_own_booking": SLOT,
    "check_in_own_booking": None,
    "cancel_own_booking": None,
    "join_queue": {"location_id": "{location_id}"},
    "snooze_queue_place": None,
    "set_dynamic_values": {"limit": 10.0},
    "set_location_limit": {"unit": "W", "limit": 1000},
    "add_feeder_reading": {"power_w": 0},
    "add_charging_profile": {**PROFILE, "name": "Another"},
    "apply_charging_profile": {"station_id": "{station_id}"},
    "add_firmware_image": IMAGE,
    "upload_firmware_image": None,
    "add_provisioning_template": {"name": "Two", "steps": STEPS, "location_id": "{location_id}"},
    "change_provisioning_template": {"name": "One and a half", "steps": STEPS, "location_id": "{location_id}"},
    "provision_station": {"template_id": "{template_id}"},
    "call_station": {"action": "Heartbeat", "payload": {}},
    "add_operator": {"slug": "third", "name": "Third", "admin_email": "first@example.org"},
    "change_operator": {"name": "Renamed"},
    "change_member": {"grant": {"role": "finance"}},
    "add_role": {"name": "Caller", "permissions": ["commands:send"]},
    "change_role": {"name": "Watcher", "permissions": ["stations:read", "sessions:read"]},
    "add_location_group": {"name": "South", "location_ids": []},
    "change_location_group": {"name": "North", "location_ids": []},
    "add_invitation": {"email": "newer@example.org", "grant": {"role": "support"}},
    "send_invitation_again": None,
    "accept_invitation": {"code": "none", "name": "Eve", "password": "a very long password"},
    "attach_invitation": {"code": "none"},
    "register": {"email": "nobody@example.org", "name": "No", "consents": {"terms": "1", "privacy": "1"}},
    "confirm_registration": {"token": "none", "password": "a very long password"},
    "forget_password": {"email": "nobody@example.org"},
    "reset_password": {"token": "none", "password": "a very long password"},
    "confirm_email_change": {"token": "none"},
    "log_in_with_second_factor": {"ticket": "none", "code": "000000"},
    "start_passkey_log_in": {},
    "log_in_with_passkey": {"credential": CREDENTIAL},
    "start_step_up": None,
    "step_up": {"password": "wrong"},
    "change_profile": {"name": "Ada L."},
    "change_password": {"current_password": "wrong", "password": "another very long password"},
    "change_email": {"email": "ada.l@example.org"},
    "set_consent": {"version": "1", "is_given": True},
    "erase_account": None,
    "start_passkey": None,
    "add_passkey": {"name": "x", "credential": CREDENTIAL},
    "start_totp": None,
    "confirm_totp": {"code": "000000"},
    "renew_recovery_codes": None,
    "set_log_in_policy": {"mfa_roles": [], "mfa_grace_days": 7},
    "set_account_activity": {"is_active": True},
    "erase_other_account": None,
    "add_oauth_client": {"name": "x", "role": "auditor", "scopes": ["stations:read"]},
    "rotate_oauth_client": None,
    "fetch_token": None,
    "revoke_token": None,
    "import_id_tokens": None,
    "make_activation_codes": {"id_token_ids": ["{id_token_id}"], "expires_at": LATER},
    "add_own_card": {"code": "none"},
    "make_app_token": None,
    "add_car": {"mac_address": "02:00:00:00:00:01", "name": "Van"},
    "change_own_token": {"name": "Mine"},
    "report_loss": None,
    "set_autocharge": {"is_allowed": False},
    "add_fleet": {"name": "Vans", "time_zone": "Europe/Berlin"},
    "change_fleet": {"name": "Vans and cars", "time_zone": "UTC"},
    "add_fleet_manager": None,
    "add_cost_centre": {"code": "4711", "name": "Parcels"},
    "change_cost_centre": {"code": "4712", "name": "Letters"},
    "add_vehicle": {"plate": "HH-VW 1", "name": "Van"},
    "change_vehicle": {"plate": "HH-VW 2", "name": "Van"},
    "add_fleet_member": None,
    "assign_fleet_member": {"vehicle_id": "{vehicle_id}"},
    "set_fleet_limits": {"items": [{"kind": "fleet", "span": "week", "energy_wh": 1000000}]},
    "set_quota": {"time_zone": "Europe/Berlin", "energy_wh_per_day": 1000},
    "price_session": {
        "tariff": OCPI,
        "time_zone": "UTC",
        "start_date_time": LATER,
        "end_date_time": LATER,
        "charging_periods": [],
    },
    "simulate_session": {
        "tariff": OCPI,
        "time_zone": "UTC",
        "starts_at": LATER,
        "energy_kwh": 1,
        "charging_minutes": 1,
    },
    "check_tariff": {"tariff": OCPI},
    "pay_web_payment": {"psp_reference": "x", "amount": "1", "currency": "EUR"},
    "start_as_guest": {"station_identity": "CS-A", "evse_number": 1, "method": "card", "source": "x"},
    "confirm_charging_start": None,
    "cancel_charging_start": None,
    "stop_charging_start": None,
    "unlock_charging_start": None,
    "stop_own_charging": None,
    "unlock_own_charging": None,
    "start_own_charging": {"station_identity": "CS-A", "evse_number": 1, "method": "wallet"},
    "confirm_own_payment": None,
    "cancel_own_payment": None,
    "top_up_wallet": {"amount": EURO, "method": "card", "source": "x"},
    "add_payment_card": {"source": "x"},
    "confirm_payment_card": None,
    "choose_payment_card": None,
    "set_auto_top_up": {"currency": "EUR", "auto_top_up": None},
    "refund_payment": {"amount": EURO, "reason": "x"},
    "add_voucher": {"amount": EURO, "location_id": "{location_id}"},
    "add_credit_line": {"name": "Fleet", "credit_limit": EURO},
    "change_credit_line": {"name": "Fleets", "credit_limit": EURO},
    "note_invoice_paid": {"amount": {"minor": 1, "currency": "EUR"}},
    "take_payment_notice": {},
    "add_terminal_payment": {"station_identity": "CS-A", "evse_number": 1, "psp_reference": "T", "authorized": EURO},
    "confirm_terminal_order": {"outcome": "done"},
    "answer_sandbox_page": None,
    "answer_sandbox_card": None,
    "add_firmware_maker": {"vendor": "Acme", "certificate": "none"},
    "change_incident": {"state": "acknowledged"},
    "add_note": {"text": "Somebody is on the way."},
    "change_detection_rule": {"is_enabled": True},
    "add_notification_policy": {"name": "All", "emails": ["ops@example.org"]},
    "replace_notification_policy": {"name": "Most", "emails": ["ops@example.org"]},
    "retry_mail": None,
    "add_push_subscription": {"endpoint": "https://push.example.org/x", "keys": PUSH_KEYS},
    "add_webhook": {"url": "https://hooks.example.org/x", "kinds": ["*"]},
    "change_webhook": {"description": "x"},
    "rotate_webhook_secret": {},
    "retry_delivery": None,
    "send_document_again": None,
    "add_legal_entity": {"name": "Second", "number_prefix": "B2"},
    "change_legal_entity": {"name": "First", "number_prefix": "A1"},
    "add_customer": {"name": "Fleet"},
    "change_customer": {"name": "Fleet of cars"},
    "change_difference": {"note": "asked the provider"},
    "reconcile_ledger": None,
    "add_host": {"name": "Host", "iban": "DE89370400440532013000"},
    "change_host": {"name": "Host", "iban": "DE89370400440532013000"},
    "add_host_agreement": {
        "host_id": "{host_id}",
        "location_id": "{location_id}",
        "valid_from": "2026-01-01",
        "currency": "EUR",
    },
    "close_host_statements": {"host_id": "{host_id}", "month": "2025-02"},
    "add_payout_batch": {"statement_ids": ["{statement_id}"]},
    "approve_payout_batch": None,
    "reject_payout_batch": None,
    "pay_payout_batch": None,
    "add_excluded_time": {
        "station_id": "{station_id}",
        "kind": "vandalism",
        "since": "2026-07-01T00:00:00Z",
        "until": "2026-07-02T00:00:00Z",
        "reason": "A cable was cut.",
    },
    "set_location_reporting": {"co2_g_per_kwh": 100},
    "add_report_schedule": {"name": "x", "kind": "energy", "period": "day", "emails": ["ops@example.org"]},
}
"""What every write is sent; `{…}` stands for a thing of operator A."""

OTHERWISE: dict[str, set[int]] = {
    "log_in": {401, 429},  # nobody has this password, nor so many tries
    "ask_ocsp_by_address": {200},
    "open_web_payment": {403},  # no valid code
    "get_revocation_list": {409},  # no such authority
    "accept_invitation": {404},
    "attach_invitation": {404},
    "set_dynamic_values": {404},  # the profile is not dynamic
    "download_firmware_image": {409},
    "revoke_certificate": {409},  # it was never issued
    "stop_session": {409},  # it has no transaction
    "review_session": {409},  # it is not held
    "cancel_reservation": {409},  # the station holds it, and is offline
    "waive_booking_fee": {409},  # none is owed
    "cancel_booking": {200, 409},  # it was confirmed before, or cancelled
    "add_own_booking": {409},  # whoever calls has no token
    "join_queue": {409},
    # Nobody who calls has booked anything, or waits.
    "get_own_booking": {404},
    "change_own_booking": {404},
    "check_in_own_booking": {404},
    "cancel_own_booking": {404},
    "get_own_queue_place": {404},
    "snooze_queue_place": {404},
    "leave_queue": {404},
    "remove_role": {409},  # one of the callers has it
    "delete_location": {409},  # the station that was added stands there
    # Nobody has these codes, tickets and proofs.
    "confirm_registration": {404, 410, 422},
    "reset_password": {404, 410, 422},
    "confirm_email_change": {404, 410, 422},
    "log_in_with_second_factor": {401, 429},
    "log_in_with_passkey": {401, 422, 429},
    "step_up": {401, 403, 422},
    "change_password": {401, 403, 422},
    "add_passkey": {404, 409, 422},
    "confirm_totp": {404, 409, 422},
    "renew_recovery_codes": {404, 409, 422},
    "erase_account": {204, 401},  # whoever was first has logged out before
    "fetch_token": {400, 401},
    "revoke_token": {200, 400, 401, 429},
    "start_provider_log_in": {404},
    "finish_provider_log_in": {404, 422},
    "register": {202, 429},
    "forget_password": {202, 429},
    "pay_web_payment": {401, 403, 404},  # not signed
    "add_firmware_maker": {422},
    "add_firmware_campaign": {201, 422},  # whether the image has its content by then
    "start_as_guest": {422, 429},  # without a key of the guest's own
    # Nobody has these keys.
    **{f"{act}_charging_start": {404} for act in ("get", "confirm", "cancel", "stop", "unlock")},
    "get_guest_charge": {404},
    "get_problem_report": {404},
    "add_report_photo": {404},
    "get_charging_code": {404},  # nothing is published
    "estimate_charging_code": {404, 422},
    "get_own_charge": {404},
    "stop_own_charging": {404},
    "unlock_own_charging": {404},
    "start_own_charging": {201, 409},  # the tariff was taken from the station before
    "add_terminal_payment": {201, 409},
    "get_own_payment": {404},
    "confirm_own_payment": {404},
    "cancel_own_payment": {404},
    "top_up_wallet": {422},  # no provider of cards is set up
    "add_payment_card": {422},
    "confirm_payment_card": {404},
    "choose_payment_card": {404},
    "remove_payment_card": {404},
    "refund_payment": {409},  # nothing was taken
    "take_payment_notice": {404},  # there is no such provider
    "confirm_terminal_order": {404},
    "show_sandbox_page": {404},
    "answer_sandbox_page": {404},
    "show_sandbox_card": {404},
    "answer_sandbox_card": {404},
    "add_own_card": {404, 422},
    # What hangs on a person is nobody's here.
    "remove_saved_view": {404},
    "end_log_in": {404},
    "forget_device": {404},
    "remove_passkey": {404},
    "remove_push_subscription": {404},
    "get_own_token": {404},
    "change_own_token": {404},
    "report_loss": {404},
    "give_token_back": {404},
    "remove_car": {404},
    "make_app_token": {201, 403, 409},  # a key is no driver
    "add_car": {201, 403, 409},
    "retry_mail": {200, 409},
    "retry_delivery": {200, 409},
    "get_audit_entry": {200, 404},
    "get_public_location": {404},  # it is not published
    "report_problem": {422, 429},  # so that nobody can report anything of it
    "delete_fleet": {409},  # a vehicle was added
    "get_ticket_photo": {404},  # nobody has added one
    "get_electronic_invoice": {404},  # a receipt has none
    "send_document_again": {409},  # to nobody
    "add_legal_entity": {201, 409},  # only one has these numbers
    "change_legal_entity": {409},  # its numbers are in use
    "get_own_document": {404},
    "get_own_document_pdf": {404},
    "get_sepa_file": {409},  # nobody has approved it
    "add_host_agreement": {201, 409},  # a month may be closed already
    "pay_payout_batch": {200, 409},
    "reject_payout_batch": {200, 409},
}
"""What somebody gets who may, where it is not the route's own success."""

QUERIES: dict[str, dict[str, str | int]] = {
    "list_public_towns": {"bbox": "9,53,11,54", "zoom": 8},
    "find_public_spots": {"q": "hamburg"},
    "get_fleet_statement": {"month": "2026-07"},
    "get_fleet_statement_csv": {"month": "2026-07"},
}
"""What a route must be asked with."""

THINGS = {
    "/api/v1/reports/{kind}": {"kind": "=sessions"},
    "/api/v1/id-tokens/{token_id}": {"token_id": "id_token_id"},
    "/api/v1/registration-tokens/{token_id}": {"token_id": "registration_token_id"},
    "/api/v1/ocsp/{question}": {"question": "=x"},
    "/api/v1/fleets/{fleet_id}/managers/{account_id}": {"account_id": "account_id"},
    "/api/v1/drivers/{account_id}": {"account_id": "driver_id"},
    "/api/v1/quotas/{kind}/{name}": {"kind": "=group", "name": "=crew"},
    "/api/v1/me/consents/{kind}": {"kind": "=marketing"},
    "/api/v1/me/sessions/{session_id}": {"session_id": "=none"},
    "/api/v1/me/saved-views/{view_id}": {"view_id": "=none"},
    "/api/v1/me/push-subscriptions/{subscription_id}": {"subscription_id": "=none"},
    "/api/v1/me/devices/{device_id}": {"device_id": "=none"},
    "/api/v1/me/cards/{card_id}": {"card_id": "=none"},
    "/api/v1/me/cards/{card_id}/default": {"card_id": "=none"},
    "/api/v1/me/cards/{card_id}/confirmation": {"card_id": "=none"},
    "/api/v1/sandbox/cards/{card_id}": {"card_id": "=none"},
    "/api/v1/me/passkeys/{passkey_id}": {"passkey_id": "=none"},
    "/api/v1/me/id-tokens/{token_id}": {"token_id": "id_token_id"},
    "/api/v1/me/id-tokens/{token_id}/loss": {"token_id": "id_token_id"},
    "/api/v1/id-tokens/{token_id}/use": {"token_id": "id_token_id"},
    "/api/v1/payments/{payment_id}": {"payment_id": "paid_id"},
    "/api/v1/payments/{payment_id}/refunds": {"payment_id": "paid_id"},
    "/api/v1/charging-offers/{station_identity}/{evse_number}": {"station_identity": "=CS-A", "evse_number": "=1"},
    **{
        f"/api/v1/charging-starts/{{payment_id}}/{{key}}{act}": {"key": "=none"}
        for act in ("", "/confirmation", "/cancellation", "/stop", "/unlocking", "/charge")
    },
    "/api/v1/problem-reports/{ticket_id}/{key}": {"key": "=none"},
    "/api/v1/problem-reports/{ticket_id}/{key}/photo": {"key": "=none"},
    "/api/v1/charging-codes/{code}": {"code": "=AAAABBBB-1"},
    "/api/v1/charging-codes/{code}/estimate": {"code": "=AAAABBBB-1"},
    "/api/v1/payment-notices/{provider}": {"provider": "=none"},
    "/api/v1/terminal-orders/{order_id}/confirmation": {"order_id": "=none"},
    "/api/v1/detection-rules/{rule_id}": {"rule_id": "=D01"},
    "/api/v1/audit-entries/{number}": {"number": "audit_number"},
    "/api/v1/hosts/{host_id}/statements/{month}": {"month": "=2025-03"},
    "/api/v1/oidc/{provider}/start": {"provider": "=none"},
    "/api/v1/oidc/{provider}/callback": {"provider": "=none"},
    "/api/v1/certificate-authorities/{name}/revocation-list": {"name": "=none"},
    "/api/v1/web-payments/{station_identity}/{evse_number}/{password}/{version}": {
        "station_identity": "=CS-A",
        "evse_number": "=1",
        "password": "=x",
        "version": "=1",
    },
}
"""Path parameters that do not say by their name what of the world they mean; `=x` is x itself."""

OPERATOR_WIDE = (
    "/drivers/",
    "/id-tokens/",
    "/charging-profiles/{profile_id}",
    "/firmware-images/",
    "/me/",
)
"""Things that stand at no location: whoever is bound to one sees them as well as anybody."""

OF_ALL = ("id_token_id", "driver_id", "profile_id", "image_id", "maker_id")
"""Things that whoever is bound to a location sees as well."""

NAMED = ("/reports/{kind}", "/quotas/", "/detection-rules/", "/me/consents/")
"""What stands in these paths is a name that means something to every operator."""

NOT_ASKED_IN = {"live"}
"""A stream without an end: who is let in is looked at in tests/live."""
