/** What one host's DNSSEC makes of dane and dane-only, row by row of dane_init() in src/smtp/smtp_tls_policy.c. */
import { expect, test } from 'vitest';
import { demandFor, type TlsDemand } from '../../lambda/policy/demand.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import type { DaneRoute, TlsaFinding } from '../../lambda/route/dane-route.ts';
import { hostDemand } from '../../lambda/route/host-demand.ts';

const NEXT_HOP = { text: 'a.test', host: 'a.test', port: 25, mx: true, via: 'recipient' } as const;
const HOST = { host: 'mx.test', preference: 10, addresses: ['192.0.2.1', '2001:db8::1'], lookup: 'found' } as const;
const DIGEST = 'ab'.repeat(32);

const records = (...texts: string[]): TlsaFinding => ({
  kind: 'records',
  base: 'mx.test',
  asked: ['_25._tcp.mx.test'],
  records: texts.map((text) => {
    const [usage, selector, matchingType, data = ''] = text.split(' ');
    return { usage: Number(usage), selector: Number(selector), matchingType: Number(matchingType), data };
  }),
});
const USABLE = records(`3 1 1 ${DIGEST}`);
const ABSENT: TlsaFinding = { kind: 'none', asked: ['_25._tcp.mx.test'] };
const INSECURE: TlsaFinding = { kind: 'insecure' };
const FAILED: TlsaFinding = { kind: 'failed', failure: 'servfail', query: '_25._tcp.mx.test TLSA' };

interface Row {
  readonly level: 'dane' | 'dane-only';
  /** 'absent': no MX record, or a next hop in brackets. */
  readonly mx?: 'secure' | 'insecure' | 'absent';
  readonly tlsa: TlsaFinding;
  readonly version?: string;
  readonly mainCf?: string;
  readonly is: string;
  readonly because: string;
}

test.each<Row>([
  { level: 'dane', tlsa: USABLE, is: 'dane of mx.test a.test', because: 'all signed' },
  { level: 'dane-only', tlsa: USABLE, is: 'dane-only of mx.test a.test', because: 'the same' },
  { level: 'dane', mx: 'absent', tlsa: USABLE, is: 'dane of mx.test', because: 'no MX to judge: the host alone gives names' },
  { level: 'dane', mx: 'insecure', tlsa: USABLE, is: 'half-dane of mx.test a.test', because: 'the default of newer releases' },
  { level: 'dane', mx: 'insecure', tlsa: USABLE, version: '3.7.11', is: 'may, mx-insecure', because: 'and of older ones' },
  {
    level: 'dane',
    mx: 'insecure',
    tlsa: USABLE,
    version: '3.7.11',
    mainCf: 'smtp_tls_security_level = dane',
    is: 'half-dane of mx.test a.test',
    because: 'unless dane is the global level',
  },
  {
    level: 'dane',
    mx: 'insecure',
    tlsa: USABLE,
    mainCf: 'smtp_tls_dane_insecure_mx_policy = may',
    is: 'may, mx-insecure',
    because: 'the policy says may',
  },
  {
    level: 'dane',
    mx: 'insecure',
    tlsa: USABLE,
    mainCf: 'smtp_tls_dane_insecure_mx_policy = encrypt',
    is: 'encrypt, mx-insecure',
    because: 'the policy says encrypt',
  },
  {
    level: 'dane',
    mx: 'insecure',
    tlsa: ABSENT,
    mainCf: 'smtp_tls_dane_insecure_mx_policy = encrypt',
    is: 'may, no-tlsa',
    because: 'encrypt needs records, too',
  },
  {
    level: 'dane',
    mx: 'insecure',
    tlsa: FAILED,
    mainCf: 'smtp_tls_dane_insecure_mx_policy = may',
    is: 'may, mx-insecure',
    because: 'at may nobody asks for records',
  },
  { level: 'dane-only', mx: 'insecure', tlsa: USABLE, is: 'refused, mx-insecure', because: 'dane-only takes no less' },
  { level: 'dane', tlsa: INSECURE, is: 'may, address-insecure', because: 'an address that is not signed' },
  { level: 'dane-only', tlsa: INSECURE, is: 'refused, address-insecure', because: 'the same at dane-only' },
  { level: 'dane', tlsa: ABSENT, is: 'may, no-tlsa', because: 'no records' },
  { level: 'dane-only', tlsa: ABSENT, is: 'refused, no-tlsa', because: 'the same at dane-only' },
  { level: 'dane', tlsa: FAILED, is: 'failed, servfail', because: 'a failed lookup is no absence' },
  { level: 'dane-only', tlsa: FAILED, is: 'failed, servfail', because: 'at either level' },
  {
    level: 'dane',
    tlsa: records(`1 1 1 ${DIGEST}`),
    is: 'encrypt, tlsa-unusable',
    because: 'nothing usable, and Postfix knows it',
  },
  { level: 'dane-only', tlsa: records(`1 1 1 ${DIGEST}`), is: 'refused, tlsa-unusable', because: 'the same at dane-only' },
  {
    level: 'dane',
    tlsa: records(`3 1 3 ${DIGEST}`),
    is: 'encrypt, tlsa-unusable, sni mx.test, exclude aNULL',
    because: 'OpenSSL finds out when all is prepared for dane',
  },
  {
    level: 'dane-only',
    tlsa: records(`3 1 3 ${DIGEST}`),
    is: 'dane-only of mx.test a.test, never',
    because: 'then verification fails',
  },
  {
    level: 'dane-only',
    tlsa: records(`3 1 3 ${DIGEST}`),
    version: '3.5.27',
    is: 'refused, tlsa-unusable',
    because: 'up to 3.5 Postfix looks itself',
  },
  { level: 'dane', tlsa: records('3 1 1 '), version: '3.7.11', is: 'deadly', because: 'a record without data' },
  { level: 'dane', tlsa: records('3 1 1 '), is: 'encrypt, tlsa-unusable', because: 'passed over by newer releases' },
])(
  '$level, MX $mx, $tlsa.kind, $version $mainCf: $is, $because',
  ({ level, mx = 'secure', tlsa, version = '3.11.6', mainCf = '', is }) => {
    const { settings } = readSettings(readMainCf(`smtp_dns_support_level = dnssec\n${mainCf}\n`, version).parameters, version);
    const dane: DaneRoute = {
      nextHop: 'a.test',
      ...(mx === 'absent' ? {} : { mx: { secure: mx === 'secure', names: ['a.test'] } }),
      hosts: [{ host: 'mx.test', family: 'ipv4', tlsa }],
    };
    const demand = { ...plain(settings), level, ...(level === 'dane' ? {} : { asMay: undefined }) } as TlsDemand;
    expect(told(hostDemand(demand, HOST, '192.0.2.1', dane, settings))).toBe(is);
  },
);

test('what was not asked is not known', () => {
  const { settings } = readSettings(readMainCf('smtp_dns_support_level = dnssec\n', '3.11').parameters, '3.11');
  const demand = { ...plain(settings), level: 'dane' } as const;
  const dane: DaneRoute = { nextHop: 'a.test', hosts: [{ host: 'mx.test', family: 'ipv4', tlsa: USABLE }] };
  expect(hostDemand(demand, HOST, '192.0.2.1', undefined, settings)).toEqual({ kind: 'unknown' });
  expect(hostDemand(demand, HOST, '2001:db8::1', dane, settings)).toEqual({ kind: 'unknown' });
  expect(hostDemand(demand, { ...HOST, host: 'other.test' }, '192.0.2.1', dane, settings)).toEqual({ kind: 'unknown' });
});

test('below the dane levels nothing is changed', () => {
  const { settings } = readSettings({}, '3.11');
  const demand = { ...plain(settings), level: 'secure' } as const;
  expect(hostDemand(demand, HOST, '192.0.2.1', undefined, settings)).toBe(demand);
});

test('as may, the ciphers and protocols are those of may', () => {
  const mainCf =
    'smtp_dns_support_level = dnssec\nsmtp_tls_security_level = dane\nsmtp_tls_ciphers = high\nsmtp_tls_mandatory_exclude_ciphers = AES\n';
  const { settings } = readSettings(readMainCf(mainCf, '3.11').parameters, '3.11');
  const dane: DaneRoute = { nextHop: 'a.test', hosts: [{ host: 'mx.test', family: 'ipv4', tlsa: ABSENT }] };
  const demand = demandFor(NEXT_HOP, { tables: [], settings, anchorFiles: {} });
  if (demand.kind === 'broken') throw new Error(demand.warning);
  expect(demand).toMatchObject({ level: 'dane', cipherGrade: 'medium', excludeCiphers: 'AES' });
  expect(hostDemand(demand, HOST, '192.0.2.1', dane, settings)).toMatchObject({
    level: 'may',
    cipherGrade: 'high',
    excludeCiphers: '',
  });
});

function plain(settings: Parameters<typeof demandFor>[1]['settings']): TlsDemand {
  const demand = demandFor(NEXT_HOP, { tables: [], settings: { ...settings, securityLevel: 'dane' }, anchorFiles: {} });
  if (demand.kind === 'demand') return demand;
  throw new Error(demand.warning);
}

function told(demand: ReturnType<typeof hostDemand>): string {
  switch (demand.kind) {
    case 'deadly':
    case 'unknown':
      return demand.kind;
    case 'refused':
      return `refused, ${demand.reason}`;
    case 'failed':
      return `failed, ${demand.failure}`;
    case 'demand': {
      if (demand.tlsa === undefined) {
        const sni = demand.servername?.kind === 'name' ? `, sni ${demand.servername.name}` : '';
        const exclude = demand.level === 'encrypt' && demand.excludeCiphers !== '' ? `, exclude ${demand.excludeCiphers}` : '';
        return `${demand.level}, ${demand.daneWeaker}${sni}${exclude}`;
      }
      const level = demand.tlsa.half ? 'half-dane' : demand.level;
      return `${level} of ${demand.tlsa.names.join(' ')}${demand.tlsa.never === undefined ? '' : ', never'}`;
    }
  }
}
