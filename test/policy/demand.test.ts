import { expect, test } from 'vitest';
import type { TrustAnchorFile } from '../../lambda/certificate/anchors.ts';
import { type Demand, demandContext, demandFor } from '../../lambda/policy/demand.ts';
import { parseNextHop } from '../../lambda/policy/next-hop.ts';
import { type BundleParts, bundleOf } from './bundle-of.ts';

const good: TrustAnchorFile = { kind: 'anchors', certificates: ['AA=='], publicKeys: [] };
const bad: TrustAnchorFile = { kind: 'broken', because: '/empty.pem: no certificate or public key in PEM' };

function demand(value: string | undefined, parts: BundleParts = {}, nextHop = 'a.test'): Demand {
  const bundle = bundleOf(value === undefined ? '' : `${nextHop} ${value}\n`, {
    anchorFiles: { '/good.pem': good, '/empty.pem': bad },
    ...parts,
  });
  return demandFor(parseNextHop(nextHop, 'recipient', bundle.settings), demandContext(bundle));
}

const nexthop = [{ kind: 'nexthop' }, { kind: 'dot-nexthop' }];

test.each<{ value?: string; mainCf?: string; version?: string; demand: object; because: string }>([
  { demand: { level: 'none' }, because: 'no entry: the global level' },
  {
    mainCf: 'smtp_tls_security_level = secure',
    demand: { level: 'secure', match: nexthop, matchFrom: 'main.cf' },
    because: 'the global level with its list',
  },
  {
    value: 'may',
    mainCf: 'smtp_tls_security_level = secure',
    demand: { level: 'may', match: [] },
    because: 'an entry may be weaker',
  },
  {
    value: 'secure',
    demand: { match: nexthop, matchFrom: 'main.cf', anchors: { kind: 'store' } },
    because: 'the default list of secure',
  },
  { value: 'verify', demand: { match: [{ kind: 'hostname' }] }, because: 'the default list of verify' },
  {
    value: 'verify',
    mainCf: 'smtp_tls_secure_cert_match = nexthop',
    demand: { match: [{ kind: 'hostname' }] },
    because: 'the list of secure is not that of verify',
  },
  {
    value: 'secure match=mx.b.test:.b.test',
    demand: {
      match: [
        { kind: 'name', name: 'mx.b.test' },
        { kind: 'subdomains', parent: 'b.test' },
      ],
      matchFrom: 'entry',
    },
    because: 'the entry replaces main.cf',
  },
  { value: 'secure match=:', demand: { match: [], matchFrom: 'entry' }, because: 'even by nothing' },
  { value: 'encrypt', demand: { match: [], protocols: '>=TLSv1', cipherGrade: 'medium' }, because: 'mandatory lists at encrypt' },
  {
    value: 'may',
    mainCf: 'smtp_tls_protocols = !TLSv1\nsmtp_tls_ciphers = high',
    demand: { protocols: '!TLSv1', cipherGrade: 'high' },
    because: 'the others at may',
  },
  {
    value: 'encrypt protocols= ciphers=high',
    demand: { protocols: '', cipherGrade: 'high' },
    because: 'attributes replace both',
  },
  {
    value: 'encrypt',
    mainCf: 'smtp_tls_exclude_ciphers = A\nsmtp_tls_mandatory_exclude_ciphers = B',
    demand: { excludeCiphers: 'A B' },
    because: 'exclusions add up',
  },
  {
    value: 'may',
    mainCf: 'smtp_tls_exclude_ciphers = A\nsmtp_tls_mandatory_exclude_ciphers = B',
    demand: { excludeCiphers: 'A' },
    because: 'the mandatory ones not at may',
  },
  {
    value: 'encrypt exclude=',
    mainCf: 'smtp_tls_exclude_ciphers = A',
    demand: { excludeCiphers: '' },
    because: 'an empty exclude clears them',
  },
  { value: 'secure servername=hostname', demand: { servername: { kind: 'hostname' } }, because: 'a keyword' },
  {
    value: 'secure servername=Hostname',
    demand: { servername: { kind: 'name', name: 'Hostname' } },
    because: 'keywords of servername have case',
  },
  {
    value: 'secure',
    mainCf: 'smtp_tls_servername = nexthop',
    demand: { servername: { kind: 'nexthop' } },
    because: 'from main.cf',
  },
  { value: 'none', mainCf: 'smtp_tls_servername = a..b', demand: { level: 'none' }, because: 'at none nobody looks at it' },
  {
    value: 'secure tafile=/good.pem',
    mainCf: 'smtp_tls_trust_anchor_file = /missing.pem',
    demand: { anchors: { kind: 'files', paths: ['/good.pem'] } },
    because: 'tafile replaces main.cf, even a broken one',
  },
  {
    value: 'secure',
    mainCf: 'smtp_tls_trust_anchor_file = /good.pem',
    demand: { anchors: { kind: 'files', paths: ['/good.pem'] } },
    because: 'from main.cf',
  },
  {
    value: 'encrypt',
    mainCf: 'smtp_tls_trust_anchor_file = /missing.pem',
    demand: { anchors: { kind: 'store' } },
    because: 'below verify nobody looks at it',
  },
  {
    value: 'fingerprint match=AA:bb|ccdd',
    demand: { digests: ['aabb', 'ccdd'], digestAlgorithm: 'md5' },
    because: 'digests of the entry',
  },
  { value: 'fingerprint match=zz|AA', demand: { digests: ['aa'] }, because: 'a malformed one is left out' },
  {
    value: 'fingerprint',
    mainCf: 'smtp_tls_fingerprint_cert_match = aa, bb\nsmtp_tls_fingerprint_digest = SHA256',
    demand: { digests: ['aa', 'bb'], digestAlgorithm: 'sha256' },
    because: 'those of main.cf',
  },
  {
    value: 'fingerprint match=aa',
    mainCf: 'smtp_tls_fingerprint_cert_match = bb',
    demand: { digests: ['aa'] },
    because: 'the entry replaces them',
  },
  {
    value: 'fingerprint match=zz',
    version: '3.8',
    mainCf: 'smtp_tls_fingerprint_cert_match = bb',
    demand: { digests: ['bb'] },
    because: 'up to 3.8 a useless entry falls back on them',
  },
  {
    value: 'fingerprint match=aabb',
    version: '3.5',
    demand: { digests: [] },
    because: 'before 3.6 a digest without colons never matches',
  },
  { value: 'fingerprint match=aa:bb', version: '3.5', demand: { digests: ['aabb'] }, because: 'and one with colons does' },
  { value: 'encrypt connection_reuse=yes', demand: { connectionReuse: true }, because: 'by the entry' },
  {
    value: 'encrypt',
    mainCf: 'smtp_tls_connection_reuse = yes\nsmtp_tls_enable_rpk = yes',
    demand: { connectionReuse: true, enableRpk: true },
    because: 'by main.cf',
  },
  { value: 'encrypt', mainCf: 'smtp_tls_wrappermode = yes', demand: { wrapperMode: true }, because: 'wrapper mode' },
  {
    value: 'secure policy_type=sts mx_host_pattern=*.b.test match=b.test',
    demand: { match: [{ kind: 'hostname' }], mxHostPatterns: ['*.b.test'] },
    because: 'MTA-STS replaces match',
  },
  {
    value: 'secure policy_type=sts mx_host_pattern=*.b.test match=b.test',
    version: '3.10.4',
    demand: { match: [{ kind: 'name', name: 'b.test' }] },
    because: 'not before 3.10.5',
  },
  {
    value: 'secure policy_type=sts mx_host_pattern=*.b.test',
    demand: { match: nexthop, mxHostPatterns: ['*.b.test'] },
    because: 'without match= only the patterns count',
  },
  {
    value: 'secure policy_type=sts match=b.test',
    demand: { match: [{ kind: 'name', name: 'b.test' }] },
    because: 'without patterns nothing is replaced',
  },
  {
    value: 'secure policy_type=no-policy-found mx_host_pattern=x match=b.test',
    demand: { match: [{ kind: 'name', name: 'b.test' }] },
    because: 'only for sts',
  },
  {
    value: 'secure policy_type=sts mx_host_pattern=x match=b.test',
    mainCf: 'smtp_tls_enforce_sts_mx_patterns = no',
    demand: { match: [{ kind: 'name', name: 'b.test' }] },
    because: 'unless main.cf says no',
  },
  {
    value: 'secure policy_type=sts policy_failure=validation-failure',
    demand: { forcedFailure: 'validation-failure' },
    because: 'a failure of the policy',
  },
  {
    value: 'dane',
    mainCf: 'smtp_dns_support_level = dnssec',
    demand: { level: 'dane', protocols: '>=TLSv1' },
    because: 'dane with dnssec',
  },
  {
    value: 'dane',
    demand: { level: 'may', daneOff: 'a.test: dane configured with dnssec lookups disabled' },
    because: 'dane without dnssec is may',
  },
  {
    value: 'dane',
    mainCf: 'smtp_dns_support_level = dnssec\nsmtp_host_lookup = native',
    demand: { level: 'may', daneOff: 'a.test: dane configured with dnssec lookups disabled' },
    because: 'so it is without dns',
  },
  {
    value: 'dane',
    mainCf: 'smtp_dns_support_level = dnssec\nignore_mx_lookup_error = yes',
    demand: { level: 'may', daneOff: 'a.test: dane configured with MX lookup errors ignored' },
    because: 'or with MX errors ignored',
  },
  {
    value: 'dane',
    mainCf: 'smtp_dns_support_level = dnssec\nsmtp_dns_resolver_options = res_dnsrch',
    demand: { level: 'may', daneOff: 'a.test: dns resolver options incompatible with dane TLS' },
    because: 'or with a search list',
  },
])('$value $mainCf: $because', ({ value, mainCf, version, demand: expected }) => {
  const found = demand(value, { ...(mainCf === undefined ? {} : { mainCf }), ...(version === undefined ? {} : { version }) });
  expect(found).toMatchObject({ kind: 'demand', ...expected });
});

test.each<{ value: string; absent: string; version?: string; because: string }>([
  { value: 'secure', absent: 'servername', because: 'no SNI unless it is set' },
  { value: 'secure match=b.test', absent: 'mxHostPatterns', because: 'no patterns without MTA-STS' },
  {
    value: 'encrypt policy_type=sts mx_host_pattern=x',
    absent: 'mxHostPatterns',
    because: 'patterns only where a match list is',
  },
  {
    value: 'secure policy_type=sts policy_failure=validation-failure connection_reuse=yes',
    absent: 'forcedFailure',
    because: 'tlsproxy is not told',
  },
  {
    value: 'encrypt policy_type=sts policy_failure=validation-failure',
    absent: 'forcedFailure',
    because: 'encrypt verifies nothing',
  },
  { value: 'dane', absent: 'forcedFailure', because: 'dane has none' },
])('$value asks for no $absent: $because', ({ value, absent }) => {
  expect(demand(value)).not.toHaveProperty(absent);
});

test.each<{ value: string; mainCf?: string; version?: string; warning: string; because: string }>([
  {
    value: 'sekure',
    warning: 'smtp_tls_policy_maps, next-hop destination "a.test": invalid security level "sekure"',
    because: 'a broken entry',
  },
  {
    value: 'secure tafile=/missing.pem',
    warning: 'error opening trust anchor file: /missing.pem: No such file or directory',
    because: 'no such file',
  },
  {
    value: 'secure tafile=/good.pem tafile=/empty.pem',
    warning: '/empty.pem: no certificate or public key in PEM',
    because: 'one of two is empty',
  },
  {
    value: 'verify',
    mainCf: 'smtp_tls_trust_anchor_file = /missing.pem',
    warning: 'error opening trust anchor file: /missing.pem: No such file or directory',
    because: 'so in main.cf',
  },
  {
    value: 'may',
    mainCf: 'smtp_tls_servername = a..b',
    warning: '"smtp_tls_servername = a..b" specifies an invalid hostname',
    because: 'a bad name in main.cf',
  },
  {
    value: 'fingerprint',
    warning: 'nexthop domain a.test: configured at fingerprint security level, but with no fingerprints to match.',
    because: 'no digests at all',
  },
  {
    value: 'fingerprint match=zz',
    mainCf: 'smtp_tls_fingerprint_cert_match = aa',
    warning: 'nexthop domain a.test: configured at fingerprint security level, but with no fingerprints to match.',
    because: 'from 3.9 main.cf does not help',
  },
  {
    value: 'fingerprint match=aa policy_type=sts mx_host_pattern=x',
    warning: 'nexthop domain a.test: configured at fingerprint security level, but with no fingerprints to match.',
    because: 'MTA-STS replaces digests too',
  },
  {
    value: 'fingerprint',
    version: '3.5',
    warning: 'nexthop domain a.test: configured at fingerprint security level, but with no fingerprints to match.',
    because: 'before 3.6 too',
  },
  {
    value: 'dane-only',
    warning: 'a.test: dane-only configured with dnssec lookups disabled',
    because: 'dane-only never acts as may',
  },
])('$value is broken: $because', ({ value, mainCf, version, warning }) => {
  const found = demand(value, { ...(mainCf === undefined ? {} : { mainCf }), ...(version === undefined ? {} : { version }) });
  expect(found).toEqual({ kind: 'broken', entry: { table: 'hash:/tls_policy', line: 1, key: 'a.test', value }, warning });
});

test('a parent entry is named by its own key, another by the text looked up', () => {
  const bundle = bundleOf('.b.test sekure\nA.test sekure\n');
  const context = demandContext(bundle);
  const warning = (text: string) => {
    const found = demandFor(parseNextHop(text, 'recipient', bundle.settings), context);
    return found.kind === 'broken' ? found.warning : undefined;
  };
  expect(warning('x.b.test')).toBe('smtp_tls_policy_maps, next-hop destination ".b.test": invalid security level "sekure"');
  expect(warning('A.TEST')).toBe('smtp_tls_policy_maps, next-hop destination "A.TEST": invalid security level "sekure"');
});

test('a broken table breaks next hops that have no entry', () => {
  const warning = 'smtp_tls_policy_maps, next-hop destination "x.test": policy table lookup error';
  const bundle = bundleOf('a.test may\na.test may', { type: 'texthash' });
  expect(demandFor(parseNextHop('x.test', 'recipient', bundle.settings), demandContext(bundle))).toEqual({
    kind: 'broken',
    warning,
    lookup: {
      table: 'texthash:/tls_policy',
      says: 'texthash:/tls_policy is unavailable. /tls_policy, line 2: duplicate entry: "a.test"',
    },
  });
});

test('a next hop that kills smtp(8) is broken before any policy', () => {
  expect(demand('secure', {}, '[a.test')).toEqual({
    kind: 'broken',
    warning: 'missing "]" in server description: [a.test',
    fatal: true,
  });
});

test.each([
  { value: 'fingerprint match=:', version: '3.7', dies: true, because: 'one character' },
  { value: 'fingerprint match=aa|b', version: '3.11', dies: true, because: 'even beside a good digest' },
  { value: 'fingerprint match=aa', version: '3.7', dies: false, because: 'two characters are a byte' },
  { value: 'fingerprint match=b', version: '3.5', dies: false, because: 'before 3.6 digests are texts' },
  { value: 'secure match=b', version: '3.7', dies: false, because: 'a name may be one character' },
])('$value on $version: $because', ({ value, version, dies }) => {
  const found = demand(value, { version });
  expect(found.kind === 'broken' && found.fatal === true && found.warning === 'vstring_alloc: bad length 0').toBe(dies);
});
