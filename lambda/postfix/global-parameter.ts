/**
 * The parameters that smtp(8) evaluates at start: a value that cannot be expanded in one of them
 * ends it, and in any other one does not.
 *
 * Names from mail_params_init() in src/global/mail_params.c of 3.5 to 3.11; smtp(8) reads those of
 * src/smtp/smtp_params.c and src/tls/tls_misc.c besides, which all begin with `smtp_` or `tls_`.
 */
import { isKnownParameter } from './defaults.ts';

/**
 * Whether smtp(8), or a program that brings mail to it, ends where the value has a broken macro.
 */
export function isReadAtStart(name: string): boolean {
  return /^(?:smtp|tls)_/.test(name) || isKnownParameter(name) || GLOBAL.has(name);
}

const GLOBAL: ReadonlySet<string> = new Set(
  `address_verify_negative_cache alias_database alternate_config_directories append_dot_mydomain
  application_event_drain_time backwards_bounce_logfile_compatibility berkeley_db_create_buffer_size
  berkeley_db_read_buffer_size bounce_service_name cleanup_service_name command_directory
  daemon_directory daemon_table_open_error_is_fatal daemon_timeout debug_peer_level debug_peer_list
  default_database_type default_privs default_process_limit default_verp_delimiters
  defer_service_name delay_logging_resolution_limit deliver_lock_attempts deliver_lock_delay
  disable_mime_input_processing disable_mime_output_conversion dont_remove double_bounce_sender
  enable_long_queue_ids enable_original_recipient error_service_name export_environment
  fast_flush_domains fault_injection_code flush_service_name fork_attempts fork_delay
  hash_queue_depth hash_queue_names header_address_token_limit header_size_limit helpful_warnings
  import_environment in_flow_delay internal_mail_filter_classes ipc_idle ipc_timeout ipc_ttl
  line_length_limit lmdb_map_size lmtp_tls_fingerprint_digest mail_name maillog_file max_idle
  max_use message_drop_headers message_size_limit meta_directory mime_boundary_length_limit
  mime_nesting_limit multi_instance_directories multi_instance_enable multi_instance_group
  multi_instance_name multi_instance_wrapper mynetworks mynetworks_style myorigin
  owner_request_special pickup_service_name process_id_directory proxymap_service_name
  proxywrite_service_name queue_service_name rewrite_service_name send_cyrus_sasl_authzid
  setgid_group shlib_directory showq_service_name smtpd_tls_fingerprint_digest smtputf8_enable
  stale_lock_time strict_7bit_headers strict_8bitmime strict_8bitmime_body
  strict_mime_encoding_domain strict_smtputf8 syslog_facility syslog_name tcp_windowsize
  trace_service_name trigger_timeout verp_delimiter_filter best_mx_transport
  connection_cache_protocol_timeout connection_cache_service_name error_notice_recipient
  minimal_backoff_time notify_classes propagate_unmatched_extensions queue_run_delay`.split(/\s+/),
);
