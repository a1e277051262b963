// biome-ignore-all lint/suspicious/noTemplateCurlyInString: main.cf has macros of that very form
import { expect, test } from 'vitest';
import { defaultSettings, readSettings, type Settings } from '../../lambda/policy/settings.ts';
import { defaultOf } from '../../lambda/postfix/defaults.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';

const read = (text: string, version = '3.11') => readSettings(readMainCf(`${text}\n`, version).parameters, version);

test.each<{ version: string; settings: Partial<Settings>; because: string }>([
  { version: '3.11', settings: { fingerprintDigest: 'md5' }, because: 'compatibility_level is 0 where main.cf does not set it' },
  { version: '3.5', settings: { fingerprintDigest: 'md5', mandatoryProtocols: '!SSLv2, !SSLv3' }, because: 'before 3.6' },
  { version: '3.6', settings: { mandatoryProtocols: '>=TLSv1', protocols: '>=TLSv1' }, because: 'limits from 3.6' },
  { version: '3.7.11', settings: { daneInsecureMxPolicy: 'may' }, because: 'before 3.7.13 only with a global dane' },
  { version: '3.7.13', settings: { daneInsecureMxPolicy: 'dane' }, because: 'from 3.7.13' },
  { version: '3.7', settings: { daneInsecureMxPolicy: 'dane' }, because: 'the newest 3.7 is meant' },
  { version: '3.5', settings: { daneInsecureMxPolicy: 'may' }, because: '3.5 never changed back' },
  { version: '3.10.4', settings: { enforceStsMxPatterns: false }, because: 'the parameter came with 3.10.5' },
  { version: '3.10.5', settings: { enforceStsMxPatterns: true }, because: 'and is on' },
  { version: '3.2', settings: { balanceInetProtocols: false }, because: 'balancing came with 3.3' },
  {
    version: '2.11',
    settings: { servername: '', wrapperMode: false, tcpPort: 25, ciphers: 'medium' },
    because: 'what 2.11 lacks is neutral',
  },
  { version: '2.11.0', settings: { ciphers: 'export', mandatoryProtocols: '!SSLv2' }, because: 'an early patch level' },
  {
    version: '3.11',
    settings: {
      securityLevel: 'none',
      secureCertMatch: ['nexthop', 'dot-nexthop'],
      verifyCertMatch: ['hostname'],
      verifyDepth: 9,
      mxAddressLimit: 5,
      mxSessionLimit: 2,
      inetProtocols: ['ipv4', 'ipv6'],
      dnsSupportLevel: 'enabled',
      hostLookup: ['dns'],
      chroot: false,
      queueDirectory: '/var/spool/postfix',
    },
    because: 'defaults of all versions',
  },
])('defaults of $version: $because', ({ version, settings }) => {
  expect(defaultSettings(version)).toMatchObject(settings);
});

test('without CAfile and CApath there are none, and nothing is fatal', () => {
  const settings = defaultSettings('3.11');
  expect([settings.caFile, settings.caPath, settings.fatal]).toEqual([undefined, undefined, undefined]);
});

test.each<{ text: string; version?: string; settings: Partial<Settings>; because: string }>([
  { text: 'smtp_tls_security_level = SECURE', settings: { securityLevel: 'secure' }, because: 'levels have no case' },
  { text: 'smtp_use_tls = yes', settings: { securityLevel: 'may' }, because: 'legacy' },
  { text: 'smtp_enforce_tls = yes', settings: { securityLevel: 'verify' }, because: 'legacy, with the name' },
  {
    text: 'smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no',
    settings: { securityLevel: 'encrypt' },
    because: 'legacy, without',
  },
  {
    text: 'smtp_enforce_tls = yes\nsmtp_tls_security_level = may',
    settings: { securityLevel: 'may' },
    because: 'the level wins over legacy',
  },
  {
    text: 'compatibility_level = 3.11',
    settings: { securityLevel: 'may', fingerprintDigest: 'sha256' },
    because: 'from 3.11 may',
  },
  {
    text: 'compatibility_level = 3.10',
    settings: { securityLevel: 'none', fingerprintDigest: 'sha256' },
    because: 'below it none',
  },
  { text: 'compatibility_level = 3.11', version: '3.10', settings: { securityLevel: 'none' }, because: 'before 3.11 none' },
  {
    text: 'smtp_tls_secure_cert_match = nexthop:hostname, .a.test',
    settings: { secureCertMatch: ['nexthop', 'hostname', '.a.test'] },
    because: 'colons, commas and blanks separate',
  },
  {
    text: 'smtp_tls_fingerprint_cert_match = aa:bb, cc',
    settings: { fingerprintCertMatch: ['aa:bb', 'cc'] },
    because: 'here no colons',
  },
  {
    text: 'smtp_tls_trust_anchor_file = /a.pem /b.pem',
    settings: { trustAnchorFiles: ['/a.pem', '/b.pem'] },
    because: 'a list of files',
  },
  {
    text: 'smtp_tls_security_level = dane',
    version: '3.7.11',
    settings: { daneInsecureMxPolicy: 'dane' },
    because: 'a global dane turns the default',
  },
  { text: 'inet_protocols = ipv4', settings: { inetProtocols: ['ipv4'] }, because: 'one family' },
  { text: 'inet_protocols = ipv6, ipv4', settings: { inetProtocols: ['ipv4', 'ipv6'] }, because: 'a list' },
  { text: 'disable_dns_lookups = yes', settings: { dnsSupportLevel: 'disabled' }, because: 'legacy' },
  {
    text: 'disable_dns_lookups = yes\nsmtp_dns_support_level = dnssec',
    settings: { dnsSupportLevel: 'dnssec' },
    because: 'the level wins',
  },
  { text: 'smtp_tcp_port = 587', settings: { tcpPort: 587 }, because: 'a number' },
  { text: 'smtp_tcp_port = submission', settings: { tcpPort: 587 }, because: 'a service' },
  { text: 'smtp_mx_address_limit = 0', settings: { mxAddressLimit: 0 }, because: 'no limit' },
  {
    text: 'fallback_relay = [a.test], b.test:587',
    settings: { fallbackRelay: ['[a.test]', 'b.test:587'] },
    because: 'the older name',
  },
  {
    text: 'smtp_fallback_relay = [c.test]\nfallback_relay = [a.test]',
    settings: { fallbackRelay: ['[c.test]'] },
    because: 'the newer name wins',
  },
  {
    text: 'smtp_discard_ehlo_keywords = STARTTLS, dsn',
    settings: { discardEhloKeywords: ['starttls', 'dsn'] },
    because: 'folded',
  },
  {
    text: 'smtp_discard_ehlo_keyword_address_maps = cidr:/a, hash:/b',
    settings: {
      discardEhloMaps: [
        { type: 'cidr', path: '/a' },
        { type: 'hash', path: '/b' },
      ],
    },
    because: 'tables',
  },
  {
    text: 'smtp_reply_filter = pcre:/etc/postfix/a b',
    settings: { replyFilter: { type: 'pcre', path: '/etc/postfix/a b' } },
    because: 'one table',
  },
  {
    text: 'tls_config_file = /x.cnf\ntls_config_name = postfix',
    settings: { opensslConfig: { file: '/x.cnf', name: 'postfix' } },
    because: 'a file of its own',
  },
  {
    text: 'inet_interfaces = 192.0.2.1, localhost\nproxy_interfaces = 2001:db8::1',
    settings: { ownAddresses: ['192.0.2.1', '2001:db8::1'] },
    because: 'literal addresses only',
  },
  { text: 'smtp_dns_resolver_options = res_defnames', settings: { dnsSearchesNames: true }, because: 'switches DANE off' },
  {
    text: 'parent_domain_matches_subdomains = transport_maps',
    settings: { transportParentMatches: true },
    because: 'for transport_maps',
  },
  {
    text: 'sender_dependent_relayhost_maps = hash:/x',
    settings: { senderRelayhostMaps: [{ type: 'hash', path: '/x' }] },
    because: 'senders decide',
  },
  { text: 'smtp_helo_name = $myhostname\nmyhostname = mail.a.test', settings: { heloName: 'mail.a.test' }, because: 'expanded' },
  {
    text: 'smtp_tls_policy_maps = hash:/a, inline:{ {a.test = secure match=x}, b=may } proxy:mysql:/c',
    settings: {
      policyMaps: [
        { type: 'hash', path: '/a' },
        { type: 'inline', path: '{ {a.test = secure match=x}, b=may }' },
        { type: 'proxy', path: 'mysql:/c' },
      ],
    },
    because: 'braces hold a table together',
  },
])('$text: $because', ({ text, version, settings }) => {
  const { settings: found, problems } = read(text, version);
  expect(found).toMatchObject(settings);
  expect(problems).toEqual([]);
});

test.each([
  { text: 'smtp_tls_security_level = sekure', says: 'Invalid TLS level "sekure"' },
  { text: 'smtp_tls_security_level = may secure', says: 'Invalid TLS level "may secure"' },
  { text: 'smtp_tls_security_level = halfdane', says: 'Invalid TLS level "halfdane"' },
  { text: 'smtp_tls_secure_cert_match =', says: 'bad string length 0 < 1: smtp_tls_secure_cert_match = ' },
  { text: 'smtp_tls_verify_cert_match =', says: 'bad string length 0 < 1: smtp_tls_verify_cert_match = ' },
  { text: 'smtp_tls_mandatory_ciphers =', says: 'bad string length 0 < 1: smtp_tls_mandatory_ciphers = ' },
  { text: 'smtp_tls_dane_insecure_mx_policy = bogus', says: 'invalid smtp_tls_dane_insecure_mx_policy: "bogus"' },
  { text: 'smtp_tls_dane_insecure_mx_policy = secure', says: 'invalid smtp_tls_dane_insecure_mx_policy: "secure"' },
  { text: 'smtp_dns_support_level = on', says: 'invalid smtp_dns_support_level: "on"' },
  { text: 'smtp_address_preference = ipv5', says: 'bad smtp_address_preference value: ipv5' },
  { text: 'smtp_host_lookup = dns, hosts', says: 'unknown smtp_host_lookup value "hosts" in "dns, hosts"' },
  { text: 'inet_protocols = ip', says: 'unknown inet_protocols value "ip" in "ip"' },
  { text: 'smtp_tls_wrappermode = on', says: 'bad boolean configuration: smtp_tls_wrappermode = on' },
  { text: 'smtp_mx_address_limit = many', says: 'bad numerical configuration: smtp_mx_address_limit = many' },
  { text: 'smtp_starttls_timeout = 0', says: 'invalid smtp_starttls_timeout: 0 (min 1)' },
  { text: 'smtp_helo_timeout = soon', says: 'parameter smtp_helo_timeout: bad time value or unit: soon' },
  { text: 'smtp_connect_timeout = -1', says: 'parameter smtp_connect_timeout: bad time value or unit: -1' },
  { text: 'smtp_tcp_port = nowhere', says: 'unknown service: nowhere/tcp' },
  {
    text: 'smtp_tls_policy_maps = /etc/postfix/tls_policy',
    says: 'open dictionary: expecting "type:name" form instead of "/etc/postfix/tls_policy"',
  },
  {
    text: 'inet_protocols = ipv6\ninet_interfaces = 127.0.0.1',
    says: 'config variable inet_interfaces: host not found: 127.0.0.1',
  },
])('$text: smtp(8) dies', ({ text, says }) => {
  const { settings, problems } = read(text);
  expect(settings.fatal).toBe(says);
  expect(problems).toMatchObject([{ kind: 'fatal', says }]);
});

test('a parameter that the version lacks does nothing, and is told', () => {
  const { settings, problems } = read('smtp_tls_servername = hostname\nsmtp_tls_wrappermode = yes', '2.11');
  expect([settings.servername, settings.wrapperMode, settings.fatal]).toEqual(['', false, undefined]);
  expect(problems).toEqual([
    { name: 'smtp_tls_servername', kind: 'unknown', says: 'main.cf: unused parameter: smtp_tls_servername=hostname' },
    { name: 'smtp_tls_wrappermode', kind: 'unknown', says: 'main.cf: unused parameter: smtp_tls_wrappermode=yes' },
  ]);
});

test('the main.cf of 2016 (serverfault 759985) is read as it stands', () => {
  const text = [
    'smtp_tls_mandatory_exclude_ciphers = MD5, DES, ADH, RC4, PSD, SRP, 3DES, eNULL ',
    'smtp_tls_mandatory_protocols = !SSLv2, !SSLv3',
    'smtp_tls_protocols = !SSLv2, !SSLv3',
    'myhostname = mail.EXAMPLE.com',
    'relayhost = ',
    'smtp_tls_security_level = may',
    '# Force TLS for outgoing server connection',
    'smtp_tls_policy_maps = hash:/etc/postfix/tls_policy',
    'smtp_tls_CApath = /etc/postfix/rootcas/ ',
  ].join('\n');
  const { settings, problems } = read(text, '2.11');
  expect(problems).toEqual([]);
  expect(settings).toMatchObject({
    securityLevel: 'may',
    policyMaps: [{ type: 'hash', path: '/etc/postfix/tls_policy' }],
    caPath: '/etc/postfix/rootcas/',
    mandatoryProtocols: '!SSLv2, !SSLv3',
    mandatoryExcludeCiphers: 'MD5, DES, ADH, RC4, PSD, SRP, 3DES, eNULL',
    mandatoryCiphers: 'medium',
    fingerprintDigest: 'md5',
    relayhost: '',
  });
});

test('a default that later releases took back is that of the release asked for', () => {
  const insecure = (version: string) => defaultOf('smtp_tls_dane_insecure_mx_policy', version);
  expect(insecure('3.0')).toBe(undefined);
  expect(insecure('3.6.16')).toBe('${{$smtp_tls_security_level} == {dane} ? {dane} : {may}}');
  expect(insecure('3.6.17')).toBe('dane');
  expect(insecure('3.7.0')).toBe('${{$smtp_tls_security_level} == {dane} ? {dane} : {may}}');
});

test.each(['0', '-1', '-20'])('a limit of %s is none, and no error', (value) => {
  const { settings, problems } = readSettings({ smtp_mx_address_limit: value, smtp_mx_session_limit: value }, '3.11');
  expect(settings).toMatchObject({ mxAddressLimit: 0, mxSessionLimit: 0 });
  expect(problems).toEqual([]);
});

test('a connection may have no time limit', () => {
  expect(readSettings({ smtp_connect_timeout: '0' }, '3.11').problems).toEqual([]);
});

test.each([
  { level: '3.', version: '3.7', says: 'malformed compatibility level syntax: "3."' },
  { level: 'x', version: '3.7', says: 'malformed compatibility level syntax: "x"' },
  { level: '3.1.2.3', version: '3.7', says: 'malformed compatibility level syntax: "3.1.2.3"' },
  { level: '3.6', version: '3.5', says: 'bad numerical configuration: compatibility_level = 3.6' },
  { level: '3.6.1', version: '3.7', says: undefined },
  { level: '2', version: '3.5', says: undefined },
  { level: 'x', version: '2.11', says: undefined },
])('compatibility_level = $level with $version: $says', ({ level, version, says }) => {
  expect(read(`compatibility_level = ${level}`, version).settings.fatal).toBe(says);
});

test.each([
  { text: 'smtp_bind_address = 192.0.2.1', from: { ipv4: '192.0.2.1' } },
  { text: 'smtp_bind_address6 = [2001:db8::1]', from: { ipv6: '2001:db8::1' } },
  { text: 'inet_interfaces = 192.0.2.1', from: { ipv4: '192.0.2.1' } },
  { text: 'inet_interfaces = 192.0.2.1, [2001:db8::1]', from: { ipv4: '192.0.2.1', ipv6: '2001:db8::1' } },
  { text: 'inet_interfaces = 192.0.2.1\nsmtp_bind_address = 192.0.2.2', from: { ipv4: '192.0.2.2' } },
  { text: 'inet_interfaces = 192.0.2.1, 192.0.2.2', from: {} },
  { text: 'inet_interfaces = 127.0.0.1', from: {} },
  { text: 'inet_interfaces = localhost, 192.0.2.1', from: {} },
  { text: 'inet_interfaces = all', from: {} },
])('$text: mail leaves from $from', ({ text, from }) => {
  expect(read(text).settings.bindAddresses).toEqual(from);
});

test('an address to leave from that is none ends smtp(8)', () => {
  expect(read('smtp_bind_address = mail.test').settings.fatal).toBe(
    'smtp_connect_addr: bad smtp_bind_address parameter: mail.test',
  );
});
