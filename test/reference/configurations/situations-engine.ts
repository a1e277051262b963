// biome-ignore-all lint/suspicious/noTemplateCurlyInString: main.cf has macros of that very form
/** Our own TLS engine, addresses to leave from, and main.cf itself. */
import type { Situation } from './situation.ts';

export const engineSituations: readonly Situation[] = [
  {
    title: 'client certificate missing, encrypt and may',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy', 'smtp_tls_cert_file = ETC/gone.pem'],
    files: [{ name: 'tls_policy', text: 'a.D encrypt\nb.D may\n', build: 'hash' }],
    ends: { 'm@a.D': 'deferred 4.7.5 TLS is required, but our TLS engine is unavailable', 'm@b.D': 'sent in plaintext' },
  },
  {
    title: 'wrapper mode with an engine that is off',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_cert_file = ETC/gone.pem', 'smtp_tls_wrappermode = yes'],
    ends: { 'm@a.D': 'not delivered: killed by signal 11' },
  },
  {
    title: 'wrapper mode with an engine that is off, connections reused',
    mainCf: [
      'smtp_tls_security_level = encrypt',
      'smtp_tls_cert_file = ETC/gone.pem',
      'smtp_tls_wrappermode = yes',
      'smtp_tls_connection_reuse = yes',
    ],
    ends: { 'm@a.D': 'deferred 4.7.5 Cannot start TLS: handshake failure' },
  },
  {
    title: 'wrapper mode with an engine that is off, and nobody listens',
    mainCf: [
      'smtp_tls_security_level = encrypt',
      'smtp_tls_cert_file = ETC/gone.pem',
      'smtp_tls_wrappermode = yes',
      'smtp_tcp_port = 2525',
    ],
    ends: { 'm@a.D': 'deferred 4.4.1 connect to mx.a.D[@1]:2525: Connection refused' },
  },
  {
    title: 'master.cf: a brace that does not close',
    mainCf: ['smtp_tls_security_level = encrypt'],
    masterCf: ['out unix - - n - - smtp -o { smtp_tls_policy_maps = inline:{a.D=may }'],
    ends: { 'm@a.D': 'not delivered: no line in the log' },
  },
  {
    title: 'master.cf: an option without its sign of equality',
    mainCf: ['smtp_tls_security_level = encrypt', 'transport_maps = inline:{a.D=out:}'],
    masterCf: ['out unix - - n - - smtp -o { smtp_tls_security_level }'],
    ends: {
      'm@a.D':
        'not delivered: postfix/smtp: fatal: invalid "-o smtp_tls_security_level" option value: missing \'=\' after attribute name',
      'm@b.D': 'sent Trusted',
    },
  },
  {
    title: 'master.cf: an option that nothing follows',
    mainCf: ['smtp_tls_security_level = encrypt', 'transport_maps = inline:{a.D=out:}'],
    masterCf: ['out unix - - n - - smtp -o'],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: invalid option: o', 'm@b.D': 'sent Trusted' },
  },
  {
    title: 'start: smtp_bind_address of another host, enforced',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_bind_address = 10.1.2.3', 'smtp_bind_address_enforce = yes'],
    ends: { 'm@a.D': 'deferred 4.4.0 server configuration error' },
  },
  {
    title: 'start: smtp_bind_address of another host',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_bind_address = 10.1.2.3'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'start: smtp_bind_address that is a name',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_bind_address = mail.example'],
    ends: {
      'm@a.D':
        'not delivered: postfix/smtp: fatal: smtp_connect_addr: bad smtp_bind_address parameter: mail.example: Name or service not known',
    },
  },
  {
    title: 'start: smtp_bind_address without its bracket',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_bind_address = [10.1.2.3'],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: smtp_connect_addr: malformed smtp_bind_address parameter: [10.1.2.3' },
  },
  {
    title: 'start: smtp_bind_address of the other family',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_bind_address = 2001:db8::1'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'start: smtp_bind_address in brackets',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_bind_address = [10.9.9.9]'],
    ends: { 'm@f.D': 'sent Trusted' },
  },
  {
    title: 'start: inet_interfaces that this host does not have',
    mainCf: ['smtp_tls_security_level = encrypt', 'inet_interfaces = 10.1.2.3'],
    ends: {
      'm@a.D':
        'not delivered: sendmail ended with code 75: sendmail: fatal: parameter inet_interfaces: no local interface found for 10.1.2.3',
    },
  },
  {
    title: 'start: inet_protocols that does not exist',
    mainCf: ['smtp_tls_security_level = encrypt', 'inet_protocols = ipv5'],
    ends: {
      'm@a.D': 'not delivered: sendmail ended with code 75: sendmail: fatal: unknown inet_protocols value "ipv5" in "ipv5"',
    },
  },
  {
    title: 'start: inet_protocols = ipv6 beside an IPv4 inet_interfaces',
    mainCf: ['smtp_tls_security_level = encrypt', 'inet_protocols = ipv6'],
    ends: {
      'm@a.D':
        'not delivered: sendmail ended with code 75: sendmail: fatal: config variable inet_interfaces: host not found: 127.0.0.1',
    },
  },
  {
    title: 'start: soft_bounce behind a delivery status filter',
    mainCf: [
      'smtp_tls_policy_maps = inline:{{a.D = secure match=x.example}}',
      'soft_bounce = yes',
      'smtp_delivery_status_filter = inline:{{x = y}}, pcre:ETC/filter',
    ],
    files: [{ name: 'filter', text: '/^4(\\.\\S+ .*certificate not verified)/ 5$1\n' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'start: tls_eecdh_auto_curves empty',
    mainCf: ['smtp_tls_security_level = encrypt', 'tls_eecdh_auto_curves ='],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: bad string length 0 < 1: tls_eecdh_auto_curves = ' },
  },
  {
    title: 'start: tls_eecdh_auto_curves that none is',
    mainCf: ['smtp_tls_security_level = encrypt', 'tls_eecdh_auto_curves = bogus'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'start: tls_eecdh_auto_curves: one of two',
    mainCf: ['smtp_tls_security_level = encrypt', 'tls_eecdh_auto_curves = bogus P-384'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'start: smtp_tls_eecdh_grade that none is',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_eecdh_grade = x'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'start: inet_protocols empty',
    mainCf: ['smtp_tls_security_level = encrypt', 'inet_protocols ='],
    ends: { 'm@a.D': 'deferred 4.4.4 all network protocols are disabled' },
    differs: 'no mail to a.D is tried at all: smtp(8) ends with "fatal: all network protocols are disabled"',
  },
  {
    title: 'start: tls_high_cipherlist empty',
    mainCf: ['smtp_tls_security_level = encrypt', 'tls_high_cipherlist ='],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: bad string length 0 < 1: tls_high_cipherlist = ' },
  },
  {
    title: 'start: smtp_helo_name empty',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_helo_name ='],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: bad string length 0 < 1: smtp_helo_name = ' },
  },
  {
    title: 'start: mail_owner that is no user',
    mainCf: ['smtp_tls_security_level = encrypt', 'mail_owner = nobody-at-all'],
    ends: {
      'm@a.D':
        'not delivered: sendmail ended with code 75: sendmail: fatal: file ETC/main.cf: parameter mail_owner: unknown user name value: nobody-at-all',
    },
  },
  {
    title: 'client key encrypted',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_cert_file = ETC/c.pem', 'smtp_tls_key_file = ETC/k.pem'],
    files: [
      { name: 'c.pem', text: '<chain>' },
      { name: 'k.pem', text: '<encrypted key>' },
    ],
    ends: { 'm@a.D': 'deferred 4.7.5 TLS is required, but our TLS engine is unavailable' },
  },
  {
    title: 'client key of another certificate',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_cert_file = ETC/c.pem', 'smtp_tls_key_file = ETC/k.pem'],
    files: [
      { name: 'c.pem', text: '<chain>' },
      { name: 'k.pem', text: '<other key>' },
    ],
    ends: { 'm@a.D': 'deferred 4.7.5 TLS is required, but our TLS engine is unavailable' },
  },
  {
    title: 'client key 0600 root',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_cert_file = ETC/c.pem', 'smtp_tls_key_file = ETC/k.pem'],
    files: [
      { name: 'c.pem', text: '<chain>' },
      { name: 'k.pem', text: '<key>', mode: 0o600 },
    ],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'client key 0600 root, watcher another user',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_cert_file = ETC/c.pem', 'smtp_tls_key_file = ETC/k.pem'],
    files: [
      { name: 'c.pem', text: '<chain>' },
      { name: 'k.pem', text: '<key>', mode: 0o600 },
    ],
    watcher: 'nobody',
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'chain file missing',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_chain_files = ETC/gone.pem'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'chain file: certificate before key',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_chain_files = ETC/c.pem'],
    files: [{ name: 'c.pem', text: '<chain><key>' }],
    ends: { 'm@a.D': 'deferred 4.7.5 TLS is required, but our TLS engine is unavailable' },
  },
  {
    title: 'eccert missing',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_tls_eccert_file = ETC/gone.pem'],
    ends: { 'm@a.D': 'deferred 4.7.5 TLS is required, but our TLS engine is unavailable' },
  },
  {
    title: 'foo = ${} that nobody reads',
    mainCf: ['smtp_tls_security_level = encrypt', 'foo = ${}'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'smtp_helo_name = ${}',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_helo_name = ${}'],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: dictionary mail_dict: macro processing error' },
  },
  {
    title: 'smtpd_banner = ${x',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtpd_banner = ${x'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'compatibility_level = 3.',
    mainCf: ['smtp_tls_security_level = encrypt', 'compatibility_level = 3.'],
    ends: { 'm@a.D': 'not delivered: sendmail ended with code 75: sendmail: fatal: malformed compatibility level syntax: "3."' },
  },
  {
    title: 'compatibility_level = x',
    mainCf: ['smtp_tls_security_level = encrypt', 'compatibility_level = x'],
    ends: { 'm@a.D': 'not delivered: sendmail ended with code 75: sendmail: fatal: malformed compatibility level syntax: "x"' },
  },
  {
    title: 'compatibility_level = 0, chroot -',
    mainCf: ['smtp_tls_security_level = encrypt', 'compatibility_level = 0'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'smtp_discard_ehlo_keywords = starttls',
    mainCf: ['smtp_tls_security_level = encrypt', 'smtp_discard_ehlo_keywords = starttls'],
    ends: { 'm@a.D': 'deferred 4.7.4 TLS is required, but was not offered by host mx.a.D[@1]' },
  },
  {
    title: 'tafile outside the chroot',
    mainCf: ['smtp_tls_policy_maps = inline:{{a.D=secure match=mx.a.D tafile=ETC/ca.pem}}', 'transport_maps = inline:{a.D=out:}'],
    masterCf: ['out unix - - y - - smtp'],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'smtp_bind_address',
    mainCf: ['smtp_bind_address = 10.9.9.9', 'smtp_tls_security_level = encrypt'],
    ends: { 'm@f.D': 'sent Trusted' },
  },
  {
    title: 'inet_interfaces = one address',
    mainCf: ['inet_interfaces = 10.9.9.9', 'smtp_tls_security_level = encrypt'],
    ends: { 'm@f.D': 'sent Trusted' },
  },
  {
    title: 'smtp_bind_address of a service',
    mainCf: ['transport_maps = inline:{f.D=out:}', 'smtp_tls_security_level = encrypt'],
    masterCf: ['out unix - - n - - smtp -o smtp_bind_address=10.9.9.9'],
    ends: { 'm@f.D': 'sent Trusted' },
  },
  {
    title: 'relayhost = [r.$mydomain]',
    mainCf: ['myhostname = mail.D', 'relayhost = [r.$mydomain]:587', 'smtp_tls_security_level = secure'],
    ends: { 'm@a.D': 'sent Verified' },
  },
];
