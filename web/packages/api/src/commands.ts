/** Made by tools/commands.mjs from openapi.json: do not edit. What each command to a station takes. */
import type { CommandFields } from "./commandFields.ts";

export const COMMANDS = {
  start_transaction: [
    {"name":"id_token","kind":"text","min":1,"max":255,"isRequired":true},
    {"name":"id_token_kind","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"evse_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},
    {"name":"connector_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},
    {"name":"charging_profile","kind":"json","isRequired":false},
  ],
  stop_transaction: [
    {"name":"session_id","kind":"text","min":1,"max":36,"isRequired":true},
  ],
  reset: [
    {"name":"mode","kind":"choice","choices":["immediate","on_idle","immediate_and_resume"],"isRequired":true},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
  ],
  unlock_connector: [
    {"name":"evse_number","kind":"integer","min":1,"max":2147483647,"isRequired":true},
    {"name":"connector_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},
  ],
  change_availability: [
    {"name":"operative","kind":"boolean","isRequired":true},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"connector_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},
  ],
  trigger_message: [
    {"name":"message","kind":"text","min":1,"max":50,"isRequired":true},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"connector_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},
    {"name":"custom_trigger","kind":"text","min":1,"max":50,"isRequired":false},
  ],
  get_variables: [
    {"name":"variables","kind":"variables","max":100,"isRequired":false},
  ],
  set_variables: [
    {"name":"variables","kind":"assignments","min":1,"max":100,"isRequired":true},
  ],
  clear_cache: [],
  send_local_list: [
    {"name":"mode","kind":"choice","choices":["full","differential","sync"],"isRequired":true},
    {"name":"entries","kind":"rows","fields":[{"name":"id_token","kind":"text","min":1,"max":255,"isRequired":true},{"name":"kind","kind":"text","min":1,"max":50,"isRequired":false},{"name":"status","kind":"choice","choices":["accepted","blocked","expired","invalid"],"isRequired":false,"default":"accepted"},{"name":"expires_at","kind":"time","isRequired":false},{"name":"group","kind":"text","min":1,"max":255,"isRequired":false},{"name":"remove","kind":"boolean","isRequired":false,"default":false}],"max":10000,"isRequired":false},
  ],
  get_local_list_version: [],
  reserve_now: [
    {"name":"evse_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},
    {"name":"connector_type","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"id_token","kind":"text","min":1,"max":255,"isRequired":true},
    {"name":"id_token_kind","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"group","kind":"text","min":1,"max":255,"isRequired":false},
    {"name":"expires_at","kind":"time","isRequired":true},
    {"name":"reservation_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},
  ],
  cancel_reservation: [
    {"name":"reservation_id","kind":"text","min":1,"max":36,"isRequired":false},
    {"name":"reservation_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},
  ],
  install_certificate: [
    {"name":"kind","kind":"choice","choices":["csms_root","manufacturer_root","v2g_root","mo_root","oem_root"],"isRequired":true},
    {"name":"certificate","kind":"text","min":1,"max":10000,"pattern":"^\\s*-----BEGIN CERTIFICATE-----","isRequired":false},
  ],
  delete_certificate: [
    {"name":"hash_algorithm","kind":"choice","choices":["SHA256","SHA384","SHA512"],"isRequired":true},
    {"name":"issuer_name_hash","kind":"text","min":1,"max":128,"pattern":"^[0-9A-Fa-f]+$","isRequired":true},
    {"name":"issuer_key_hash","kind":"text","min":1,"max":128,"pattern":"^[0-9A-Fa-f]+$","isRequired":true},
    {"name":"serial_number","kind":"text","min":1,"max":40,"pattern":"^[0-9A-Fa-f]+$","isRequired":true},
  ],
  get_installed_certificate_ids: [
    {"name":"kinds","kind":"choices","choices":["csms_root","manufacturer_root","v2g_root","mo_root","oem_root","v2g_chain"],"max":6,"isRequired":false},
  ],
  send_certificate: [
    {"name":"certificate_chain","kind":"text","min":1,"max":10000,"pattern":"^\\s*-----BEGIN CERTIFICATE-----","isRequired":true},
    {"name":"kind","kind":"choice","choices":["charging_station","v2g","v2g20","combined"],"isRequired":false,"default":"charging_station"},
    {"name":"request_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
  ],
  sign_certificate_now: [
    {"name":"kind","kind":"choice","choices":["charging_station","v2g","v2g20","combined"],"isRequired":false,"default":"charging_station"},
  ],
  rotate_password: [],
  set_security_profile: [
    {"name":"configuration_slot","kind":"integer","min":0,"max":2147483647,"isRequired":false,"default":1},
    {"name":"url","kind":"text","min":6,"max":512,"pattern":"^wss?://[^\\s/]+","isRequired":false},
    {"name":"interface","kind":"choice","choices":["Wired0","Wired1","Wired2","Wired3","Wireless0","Wireless1","Wireless2","Wireless3","Any"],"isRequired":false,"default":"Wired0"},
    {"name":"message_timeout_s","kind":"integer","min":1,"max":3600,"isRequired":false,"default":30},
    {"name":"security_profile","kind":"integer","min":1,"max":3,"isRequired":true},
  ],
  set_network_profile: [
    {"name":"configuration_slot","kind":"integer","min":0,"max":2147483647,"isRequired":false,"default":1},
    {"name":"url","kind":"text","min":6,"max":512,"pattern":"^wss?://[^\\s/]+","isRequired":false},
    {"name":"interface","kind":"choice","choices":["Wired0","Wired1","Wired2","Wired3","Wireless0","Wireless1","Wireless2","Wireless3","Any"],"isRequired":false,"default":"Wired0"},
    {"name":"message_timeout_s","kind":"integer","min":1,"max":3600,"isRequired":false,"default":30},
    {"name":"security_profile","kind":"integer","min":0,"max":3,"isRequired":true},
    {"name":"identity","kind":"text","min":1,"max":48,"pattern":"^[A-Za-z0-9*\\-_=+|@.]{1,48}$","isRequired":false},
    {"name":"password","kind":"text","min":16,"max":40,"isRequired":false},
  ],
  set_der_control: [
    {"name":"control_id","kind":"text","min":1,"max":36,"isRequired":true},
    {"name":"control_type","kind":"choice","choices":["EnterService","FreqDroop","FreqWatt","FixedPFAbsorb","FixedPFInject","FixedVar","Gradients","HFMustTrip","HFMayTrip","HVMustTrip","HVMomCess","HVMayTrip","LimitMaxDischarge","LFMustTrip","LVMustTrip","LVMomCess","LVMayTrip","PowerMonitoringMustTrip","VoltVar","VoltWatt","WattPF","WattVar"],"isRequired":true},
    {"name":"is_default","kind":"boolean","isRequired":true},
    {"name":"control","kind":"json","isRequired":true},
  ],
  get_der_control: [
    {"name":"control_id","kind":"text","min":1,"max":36,"isRequired":false},
    {"name":"control_type","kind":"choice","choices":["EnterService","FreqDroop","FreqWatt","FixedPFAbsorb","FixedPFInject","FixedVar","Gradients","HFMustTrip","HFMayTrip","HVMustTrip","HVMomCess","HVMayTrip","LimitMaxDischarge","LFMustTrip","LVMustTrip","LVMomCess","LVMayTrip","PowerMonitoringMustTrip","VoltVar","VoltWatt","WattPF","WattVar"],"isRequired":false},
    {"name":"is_default","kind":"boolean","isRequired":false},
  ],
  clear_der_control: [
    {"name":"is_default","kind":"boolean","isRequired":true},
    {"name":"control_id","kind":"text","min":1,"max":36,"isRequired":false},
    {"name":"control_type","kind":"choice","choices":["EnterService","FreqDroop","FreqWatt","FixedPFAbsorb","FixedPFInject","FixedVar","Gradients","HFMustTrip","HFMayTrip","HVMustTrip","HVMomCess","HVMayTrip","LimitMaxDischarge","LFMustTrip","LVMustTrip","LVMomCess","LVMayTrip","PowerMonitoringMustTrip","VoltVar","VoltWatt","WattPF","WattVar"],"isRequired":false},
  ],
  afrr_signal: [
    {"name":"signal","kind":"integer","min":-2147483647,"max":2147483647,"isRequired":true},
  ],
  request_battery_swap: [
    {"name":"id_token","kind":"text","min":1,"max":255,"isRequired":true},
    {"name":"id_token_kind","kind":"text","min":1,"max":20,"isRequired":false},
  ],
  set_default_tariff: [
    {"name":"tariff_id","kind":"text","min":1,"max":36,"isRequired":true},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
  ],
  get_tariffs: [
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
  ],
  clear_tariffs: [
    {"name":"tariff_ids","kind":"texts","min":1,"max":100,"isRequired":false},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
  ],
  change_transaction_tariff: [
    {"name":"session_id","kind":"text","min":1,"max":36,"isRequired":true},
    {"name":"tariff_id","kind":"text","min":1,"max":36,"isRequired":true},
  ],
  adjust_periodic_event_stream: [
    {"name":"stream_number","kind":"integer","min":0,"max":2147483647,"isRequired":true},
    {"name":"interval_s","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"values","kind":"integer","min":0,"max":2147483647,"isRequired":false},
  ],
  get_periodic_event_streams: [],
  notify_allowed_energy_transfer: [
    {"name":"session_id","kind":"text","min":1,"max":36,"isRequired":true},
    {"name":"energy_transfer_modes","kind":"choices","choices":["AC_single_phase","AC_two_phase","AC_three_phase","DC","AC_BPT","AC_BPT_DER","AC_DER","DC_BPT","DC_ACDP","DC_ACDP_BPT","WPT"],"min":1,"max":11,"isRequired":true},
  ],
  notify_web_payment_started: [
    {"name":"evse_number","kind":"integer","min":1,"max":2147483647,"isRequired":true},
    {"name":"timeout_s","kind":"integer","min":1,"max":2147483647,"isRequired":true},
  ],
  set_up_web_payment: [
    {"name":"url","kind":"text","min":10,"max":1000,"pattern":"^https?://[^\\s]+$","isRequired":true},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
  ],
  set_charging_profile: [
    {"name":"charging_profile","kind":"json","isRequired":true},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"session_id","kind":"text","min":1,"max":36,"isRequired":false},
  ],
  clear_charging_profile: [
    {"name":"charging_profile_id","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"purpose","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"stack_level","kind":"integer","min":0,"max":2147483647,"isRequired":false},
  ],
  get_composite_schedule: [
    {"name":"duration_s","kind":"integer","min":1,"max":604800,"isRequired":true},
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"unit","kind":"choice","choices":["W","A"],"isRequired":false},
  ],
  get_charging_profiles: [
    {"name":"evse_number","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"charging_profile_ids","kind":"integers","min":1,"max":100,"isRequired":false},
    {"name":"purpose","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"stack_level","kind":"integer","min":0,"max":2147483647,"isRequired":false},
    {"name":"limit_sources","kind":"texts","min":1,"max":4,"isRequired":false},
  ],
  update_dynamic_schedule: [
    {"name":"charging_profile_id","kind":"integer","min":-2147483647,"max":2147483647,"isRequired":true},
    {"name":"values","kind":"group","fields":[{"name":"limit","kind":"number","min":0,"isRequired":false},{"name":"limit_l2","kind":"number","min":0,"isRequired":false},{"name":"limit_l3","kind":"number","min":0,"isRequired":false},{"name":"discharge_limit","kind":"number","max":0,"isRequired":false},{"name":"discharge_limit_l2","kind":"number","max":0,"isRequired":false},{"name":"discharge_limit_l3","kind":"number","max":0,"isRequired":false},{"name":"setpoint","kind":"number","isRequired":false},{"name":"setpoint_l2","kind":"number","isRequired":false},{"name":"setpoint_l3","kind":"number","isRequired":false},{"name":"setpoint_reactive","kind":"number","isRequired":false},{"name":"setpoint_reactive_l2","kind":"number","isRequired":false},{"name":"setpoint_reactive_l3","kind":"number","isRequired":false}],"isRequired":true},
  ],
  use_priority_charging: [
    {"name":"session_id","kind":"text","min":1,"max":36,"isRequired":true},
    {"name":"is_active","kind":"boolean","isRequired":false,"default":true},
  ],
  update_firmware: [
    {"name":"image_id","kind":"text","min":1,"max":36,"isRequired":false},
    {"name":"location","kind":"text","max":2000,"pattern":"^(https?|ftps?|sftp)://\\S+$","isRequired":false},
    {"name":"transfer","kind":"choice","choices":["http","ftp","sftp"],"isRequired":false},
    {"name":"is_signed","kind":"boolean","isRequired":false},
    {"name":"retrieve_at","kind":"time","isRequired":false},
    {"name":"install_at","kind":"time","isRequired":false},
    {"name":"signing_certificate","kind":"text","min":1,"max":5500,"isRequired":false},
    {"name":"signature","kind":"text","min":1,"max":800,"isRequired":false},
    {"name":"retries","kind":"integer","min":0,"max":100,"isRequired":false},
    {"name":"retry_interval_s","kind":"integer","min":0,"max":86400,"isRequired":false},
    {"name":"force","kind":"boolean","isRequired":false},
    {"name":"reason","kind":"text","min":3,"max":200,"isRequired":false},
  ],
  get_log: [
    {"name":"kind","kind":"choice","choices":["diagnostics","security","data_collector"],"isRequired":false,"default":"diagnostics"},
    {"name":"location","kind":"text","max":2000,"pattern":"^(https?|ftps?|sftp)://\\S+$","isRequired":false},
    {"name":"transfer","kind":"choice","choices":["http","ftp","sftp"],"isRequired":false},
    {"name":"with_login","kind":"boolean","isRequired":false},
    {"name":"since","kind":"time","isRequired":false},
    {"name":"until","kind":"time","isRequired":false},
    {"name":"retries","kind":"integer","min":0,"max":100,"isRequired":false},
    {"name":"retry_interval_s","kind":"integer","min":0,"max":86400,"isRequired":false},
  ],
  publish_firmware: [
    {"name":"image_id","kind":"text","min":1,"max":36,"isRequired":false},
    {"name":"location","kind":"text","max":2000,"pattern":"^(https?|ftps?|sftp)://\\S+$","isRequired":false},
    {"name":"transfer","kind":"choice","choices":["http","ftp","sftp"],"isRequired":false},
    {"name":"checksum","kind":"text","pattern":"^[0-9a-fA-F]{32}$","isRequired":false},
    {"name":"retries","kind":"integer","min":0,"max":100,"isRequired":false},
    {"name":"retry_interval_s","kind":"integer","min":0,"max":86400,"isRequired":false},
  ],
  unpublish_firmware: [
    {"name":"image_id","kind":"text","min":1,"max":36,"isRequired":false},
    {"name":"checksum","kind":"text","pattern":"^[0-9a-fA-F]{32}$","isRequired":false},
  ],
  get_base_report: [
    {"name":"base","kind":"choice","choices":["configuration","full","summary"],"isRequired":false,"default":"full"},
  ],
  get_report: [
    {"name":"criteria","kind":"choices","choices":["active","available","enabled","problem"],"max":4,"isRequired":false},
    {"name":"variables","kind":"rows","fields":[{"name":"component","kind":"text","min":1,"max":50,"isRequired":true},{"name":"component_instance","kind":"text","min":1,"max":50,"isRequired":false},{"name":"evse_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},{"name":"connector_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},{"name":"variable","kind":"text","min":1,"max":50,"isRequired":false},{"name":"instance","kind":"text","min":1,"max":50,"isRequired":false}],"max":100,"isRequired":false},
  ],
  set_variable_monitoring: [
    {"name":"monitors","kind":"rows","fields":[{"name":"component","kind":"text","min":1,"max":50,"isRequired":true},{"name":"component_instance","kind":"text","min":1,"max":50,"isRequired":false},{"name":"evse_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},{"name":"connector_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},{"name":"variable","kind":"text","min":1,"max":50,"isRequired":true},{"name":"instance","kind":"text","min":1,"max":50,"isRequired":false},{"name":"number","kind":"integer","min":0,"max":2147483647,"isRequired":false},{"name":"kind","kind":"text","min":1,"max":50,"isRequired":true},{"name":"value","kind":"number","isRequired":true},{"name":"severity","kind":"integer","min":0,"max":9,"isRequired":true},{"name":"is_in_transaction_only","kind":"boolean","isRequired":false,"default":false},{"name":"stream","kind":"group","fields":[{"name":"interval_s","kind":"integer","min":0,"max":2147483647,"isRequired":false},{"name":"values","kind":"integer","min":0,"max":2147483647,"isRequired":false}],"isRequired":false}],"min":1,"max":100,"isRequired":true},
  ],
  clear_variable_monitoring: [
    {"name":"numbers","kind":"integers","min":1,"max":100,"isRequired":true},
  ],
  get_monitoring_report: [
    {"name":"criteria","kind":"choices","choices":["threshold","delta","periodic"],"max":3,"isRequired":false},
    {"name":"variables","kind":"rows","fields":[{"name":"component","kind":"text","min":1,"max":50,"isRequired":true},{"name":"component_instance","kind":"text","min":1,"max":50,"isRequired":false},{"name":"evse_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},{"name":"connector_number","kind":"integer","min":1,"max":2147483647,"isRequired":false},{"name":"variable","kind":"text","min":1,"max":50,"isRequired":false},{"name":"instance","kind":"text","min":1,"max":50,"isRequired":false}],"max":100,"isRequired":false},
  ],
  set_monitoring_base: [
    {"name":"base","kind":"choice","choices":["all","factory_default","hard_wired_only"],"isRequired":true},
  ],
  set_monitoring_level: [
    {"name":"severity","kind":"integer","min":0,"max":9,"isRequired":true},
  ],
  set_display_message: [
    {"name":"number","kind":"integer","min":0,"max":2147483647,"isRequired":true},
    {"name":"priority","kind":"choice","choices":["AlwaysFront","InFront","NormalCycle"],"isRequired":false,"default":"NormalCycle"},
    {"name":"format","kind":"text","min":1,"max":50,"isRequired":false,"default":"UTF8"},
    {"name":"content","kind":"text","min":1,"max":512,"isRequired":true},
    {"name":"language","kind":"text","min":2,"max":8,"isRequired":false},
    {"name":"translations","kind":"rows","fields":[{"name":"content","kind":"text","min":1,"max":512,"isRequired":true},{"name":"language","kind":"text","min":2,"max":8,"isRequired":true},{"name":"format","kind":"text","min":1,"max":50,"isRequired":false,"default":"UTF8"}],"max":4,"isRequired":false},
    {"name":"state","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"display","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"starts_at","kind":"time","isRequired":false},
    {"name":"ends_at","kind":"time","isRequired":false},
    {"name":"transaction_id","kind":"text","min":1,"max":36,"isRequired":false},
  ],
  get_display_messages: [
    {"name":"numbers","kind":"integers","max":100,"isRequired":false},
    {"name":"priority","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"state","kind":"text","min":1,"max":50,"isRequired":false},
  ],
  clear_display_message: [
    {"name":"number","kind":"integer","min":0,"max":2147483647,"isRequired":true},
  ],
  customer_information: [
    {"name":"report","kind":"boolean","isRequired":false,"default":true},
    {"name":"clear","kind":"boolean","isRequired":false,"default":false},
    {"name":"id_token","kind":"text","min":1,"max":255,"isRequired":false},
    {"name":"id_token_kind","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"certificate","kind":"group","fields":[{"name":"hash_algorithm","kind":"choice","choices":["SHA256","SHA384","SHA512"],"isRequired":true},{"name":"issuer_name_hash","kind":"text","min":1,"max":128,"isRequired":true},{"name":"issuer_key_hash","kind":"text","min":1,"max":128,"isRequired":true},{"name":"serial_number","kind":"text","min":1,"max":40,"isRequired":true}],"isRequired":false},
    {"name":"customer_identifier","kind":"text","min":1,"max":64,"isRequired":false},
  ],
  update_cost: [
    {"name":"total_cost","kind":"number","min":0,"max":1000000,"isRequired":true},
    {"name":"transaction_id","kind":"text","min":1,"max":36,"isRequired":true},
  ],
  get_transaction_status: [
    {"name":"transaction_id","kind":"text","min":1,"max":36,"isRequired":false},
  ],
  data_transfer: [
    {"name":"vendor_id","kind":"text","min":1,"max":255,"isRequired":true},
    {"name":"message_id","kind":"text","min":1,"max":50,"isRequired":false},
    {"name":"data","kind":"json","isAny":true,"isRequired":false},
  ],
} as const satisfies CommandFields;
