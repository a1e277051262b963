/** Whatever was seen, the judge gives a verdict, in plain JSON, and keeps the promises that hold for every entry. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { createAuthority } from '../internet/authority.ts';
import { BROKEN_HANDSHAKE, judgeScene, noTls, presents, unseen } from './scene.ts';

let anchors: readonly string[];
let results: Record<string, ProbeResult>;
beforeAll(async () => {
  const root = await createAuthority('Root');
  anchors = [root.certificate.der];
  results = {
    good: presents((await root.issue({ dnsNames: ['*.ok.example'] })).chain),
    wrong: presents((await root.issue({ dnsNames: ['mx.other.example'] })).chain),
    alien: presents((await (await createAuthority('Alien')).issue({ dnsNames: ['*.ok.example'] })).chain),
    none: presents([]),
    garbage: presents(['AAAA']),
    broken: BROKEN_HANDSHAKE,
    plain: noTls('not-offered'),
    later: noTls('refused-4xx', '454 later'),
    never: noTls('refused-5xx', '554 never'),
    refused: unseen('refused'),
    busy: unseen('reply-421', 'greeting', '421 busy'),
    away: unseen('greeting-5xx', 'greeting', '554 no'),
    helo: unseen('ehlo-refused', 'ehlo', '501 no'),
    barred: unseen('barred-address'),
    untried: unseen('not-attempted'),
    blind: unseen('no-way-out'),
  };
});

const KINDS = [
  'good',
  'wrong',
  'alien',
  'none',
  'garbage',
  'broken',
  'plain',
  'later',
  'never',
  'refused',
  'busy',
  'away',
  'helo',
  'barred',
  'untried',
  'blind',
];
const host = fc.record({
  preference: fc.constantFrom(10, 10, 20),
  gives: fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 3 }),
});

test('promises that hold for every entry', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        'may',
        'encrypt',
        'secure',
        'verify',
        'secure match=.ok.example',
        'fingerprint match=00:11',
        'dane',
        'sekure',
      ),
      fc.array(host, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(
        '',
        'soft_bounce = yes',
        'smtp_mx_address_limit = 2',
        'smtp_randomize_addresses = no',
        'smtp_skip_5xx_greeting = no',
      ),
      fc.constantFrom('3.5.27', '3.7.11', '3.11.6'),
      (line, drawn, setting, version) => {
        const hosts = drawn.map(({ preference, gives }, i) => ({
          host: `mx${i}.ok.example`,
          preference,
          gives: gives.map((kind) => results[kind] ?? BROKEN_HANDSHAKE),
        }));
        const verdict = judgeScene({
          policy: `k.test ${line}`,
          mainCf: setting === '' ? [] : [setting],
          version,
          trust: anchors,
          hosts,
        });
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
        expect(verdict.sentence).toMatch(/^[^.].*[^.]$/s);

        const outcomes = verdict.hosts.flatMap(({ addresses }) => addresses.map(({ outcome }) => outcome));
        const statuses = new Set(verdict.endings.map(({ status }) => status));
        if (verdict.verdict === 'pass') expect(statuses).toEqual(new Set(['sent']));
        if (verdict.verdict === 'fail' && verdict.level !== 'invalid') expect(outcomes).toContain('fail');
        if (outcomes.every((outcome) => outcome === 'unseen') && verdict.level !== 'invalid')
          expect(verdict.verdict).toMatch(/undetermined|unchecked/);
        if (outcomes.every((outcome) => outcome === 'pass')) expect(verdict.verdict).toMatch(/pass|fail/);
        if (verdict.postfixWould === 'deliver') expect(verdict.postfixSays).toBeNull();
        if (setting === 'soft_bounce = yes') expect(statuses).not.toContain('bounced');
        if (verdict.suggestion !== null) expect(verdict.suggestion.line).toContain('match=');
        for (const { dsn, status } of verdict.endings) {
          expect(dsn[0]).toBe({ sent: '2', deferred: '4', bounced: '5' }[status]);
        }
      },
    ),
    { numRuns: 400 },
  );
});
