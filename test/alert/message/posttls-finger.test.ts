/** The command is pasted into a shell by somebody in a hurry: it must be right, and harmless. */
import { expect, test } from 'vitest';
import { postTlsFinger } from '../../../lambda/alert/message/posttls-finger.ts';
import type { Settings } from '../../../lambda/policy/settings.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { bundleOf } from '../days.ts';
import { address, failing, host, passing } from '../verdicts.ts';

const CA = '-F /etc/ssl/certs/ca-certificates.crt';
const fails = (name: string, overrides: Parameters<typeof address>[0] = {}) =>
  host(name, address({ outcome: 'fail', reason: 'name-mismatch', asked: ['a.example', '.a.example'], ...overrides }));

interface Row {
  readonly because: string;
  readonly line: string;
  readonly command: string | null;
  readonly verdict?: Partial<EntryVerdict>;
  readonly settings?: Partial<Settings>;
}

test.each<Row>([
  {
    because: 'the host that was judged, and the names wanted of it',
    line: 'a.example secure',
    command: `posttls-finger -c -l secure ${CA} '[mx.provider.example]' a.example .a.example`,
  },
  {
    because: "the entry's ciphers and protocols",
    line: 'a.example secure ciphers=high protocols=>=TLSv1.2',
    command: `posttls-finger -c -l secure ${CA} -g high -p '>=TLSv1.2' '[mx.provider.example]' a.example .a.example`,
  },
  {
    because: 'exclusions have no option of their own',
    line: 'a.example encrypt exclude=RC4:MD5',
    settings: { mediumCipherlist: 'LIST' },
    command: `posttls-finger -c -l encrypt -o 'tls_medium_cipherlist=LIST:!RC4:!MD5' '[mx.provider.example]'`,
  },
  {
    because: 'anchors of the entry replace the store',
    line: 'a.example secure tafile=/etc/postfix/anchor.pem',
    command: `posttls-finger -c -l secure -A /etc/postfix/anchor.pem '[mx.provider.example]' a.example .a.example`,
  },
  {
    because: 'SNI only where the entry asks for it',
    line: 'a.example secure servername=hostname',
    command: `posttls-finger -c -l secure ${CA} -s mx.provider.example '[mx.provider.example]' a.example .a.example`,
  },
  {
    because: 'digests come behind the host, their algorithm before it',
    settings: { fingerprintDigest: 'sha256' },
    line: `a.example fingerprint match=${'ab:'.repeat(31)}ab`,
    command: `posttls-finger -c -l fingerprint -d sha256 '[mx.provider.example]' ${'ab'.repeat(32)}`,
  },
  {
    because: 'an address alone where the others of the host are well',
    line: 'a.example secure',
    verdict: {
      hosts: [
        host(
          'mx.provider.example',
          address(),
          address({ address: '2001:db8::7', outcome: 'fail', reason: 'name-mismatch', asked: ['a.example'] }),
        ),
      ],
    },
    command: `posttls-finger -c -l secure ${CA} '[ipv6:2001:db8::7]' a.example`,
  },
  {
    because: 'another port is said',
    line: 'a.example secure',
    verdict: { hosts: [fails('mx.provider.example', { port: 587 })] },
    command: `posttls-finger -c -l secure ${CA} '[mx.provider.example]:587' a.example .a.example`,
  },
  {
    because: 'without settings the system has the roots here',
    line: 'a.example secure',
    settings: { caFile: undefined as never },
    command: `posttls-finger -c -l secure ${CA} '[mx.provider.example]' a.example .a.example`,
  },
  {
    because: 'a host name that a shell would obey is quoted',
    line: 'a.example secure',
    verdict: { hosts: [fails('$(reboot).example')] },
    command: `posttls-finger -c -l secure ${CA} '[$(reboot).example]' a.example .a.example`,
  },
  {
    because: 'one that cannot be made harmless gives no command',
    line: 'a.example secure',
    verdict: { hosts: [fails('a\n.example')] },
    command: null,
  },
  { because: 'a broken entry connects to nothing', line: 'a.example sekure', command: null },
  { because: 'nothing to connect to, nothing to show', line: 'a.example secure', verdict: { hosts: [] }, command: null },
])('$because', ({ line, command, verdict = {}, settings = {} }) => {
  const bundle = bundleOf([], [line]);
  const anchorFiles = { '/etc/postfix/anchor.pem': { kind: 'anchors', certificates: [], publicKeys: [] } as const };
  const shown: EntryVerdict = { ...failing('a.example', { hosts: [fails('mx.provider.example')] }), ...verdict };
  expect(postTlsFinger(shown, { ...bundle, anchorFiles, settings: { ...bundle.settings, ...settings } })).toBe(command);
});

test('a passing entry shows a host that passes', () => {
  expect(postTlsFinger(passing('a.example'), bundleOf([], ['a.example secure match=.provider.example']))).toBe(
    `posttls-finger -c -l secure ${CA} '[mx.provider.example]' .provider.example`,
  );
});

test('anchors that were named by hand are named again', () => {
  const bundle = bundleOf([], ['a.example secure']);
  const byHand = { caFile: '/srv/ca.pem' };
  const trust = { kind: 'anchors' as const, certificates: [], source: byHand.caFile, byHand };
  const verdict = failing('a.example', { hosts: [fails('mx.provider.example')] });
  expect(postTlsFinger(verdict, { ...bundle, trust })).toBe(
    "posttls-finger -c -l secure -F /srv/ca.pem '[mx.provider.example]' a.example .a.example",
  );
});

test('an entry that another service delivers is shown with the trust anchors of that service', () => {
  const plain = bundleOf([], ['a.example secure']);
  const settings = { ...plain.settings, transportMaps: [{ type: 'hash', path: '/t' }] };
  const { policyTables, trust, anchorFiles } = plain;
  const slow = { settings: { ...settings, caFile: '/srv/slow.pem' }, policyTables, trust, anchorFiles };
  const bundle = { ...plain, settings, transportTables: [{ name: 'hash:/t', text: 'a.example slow:\n' }], services: { slow } };
  const verdict = failing('a.example', { service: 'slow', hosts: [fails('mx.provider.example')] });
  expect(postTlsFinger(verdict, bundle)).toBe(
    "posttls-finger -c -l secure -F /srv/slow.pem '[mx.provider.example]' a.example .a.example",
  );
});
