/** The dates at which a verdict will turn, told ahead and found true when judged on the day. */
import { beforeAll, describe, expect, test } from 'vitest';
import { anchorFileFromPem } from '../../lambda/certificate/anchors.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { type Authority, createAuthority } from '../internet/authority.ts';
import { judgeScene, presents, type Scene, unseen } from './scene.ts';

const NOW = Date.UTC(2026, 10, 24, 6);
const day = (days: number) => NOW + days * 86_400_000;
const iso = (time: number) => new Date(time).toISOString();

let root: Authority;
let between: Authority;
beforeAll(async () => {
  root = await createAuthority('Root', { notBefore: day(-100), notAfter: day(300) });
  between = await root.intermediate('Between', { notBefore: day(-100), notAfter: day(40) });
});

const leaf = async (until: number, from: Authority = root, name = 'ok.example'): Promise<ProbeResult> =>
  presents((await from.issue({ dnsNames: [name], notBefore: day(-10), notAfter: day(until) })).chain);

const judged = (gives: readonly ProbeResult[], more: Partial<Scene> = {}) =>
  judgeScene({
    policy: 'k.test secure match=ok.example',
    trust: [root.certificate.der],
    at: NOW,
    hosts: gives.map((one, i) => ({ host: `mx${i + 1}.example`, preference: i + 1, gives: [one] })),
    ...more,
  });

describe('a verdict turns', () => {
  test('fails when the certificate ends, a second after its last', async () => {
    const verdict = judged([await leaf(30)]);
    expect(verdict).toMatchObject({
      failsFrom: iso(day(30) + 1_000),
      degradedFrom: null,
      failsBecause: 'at mx1.example (192.0.2.1) the certificate expires (2026-12-24 06:00Z)',
    });
  });

  test('fails when an intermediate ends before the leaf', async () => {
    expect(judged([await leaf(60, between)])).toMatchObject({
      failsFrom: iso(day(40) + 1_000),
      failsBecause: 'at mx1.example (192.0.2.1) the issuer certificate /O=Test Authority/CN=Between expires (2027-01-03 06:00Z)',
    });
  });

  test('fails when the anchor ends', async () => {
    expect(judged([await leaf(500)])).toMatchObject({ failsFrom: iso(day(300) + 1_000) });
  });

  test('is degraded when the first of two ends, and fails when the second does', async () => {
    expect(judged([await leaf(10), await leaf(20)])).toMatchObject({
      degradedFrom: iso(day(10) + 1_000),
      failsFrom: iso(day(20) + 1_000),
      failsBecause: 'at mx2.example (192.0.2.2) the certificate expires (2026-12-14 06:00Z)',
    });
  });

  test('is not degraded again when it is already', async () => {
    expect(judged([await leaf(10), await leaf(20, root, 'other.example')])).toMatchObject({
      verdict: 'degraded',
      degradedFrom: null,
      failsFrom: iso(day(10) + 1_000),
    });
  });

  test('is found to have turned on the day', async () => {
    const gives = [await leaf(30)];
    expect(judged(gives, { at: day(30) - 1_000 }).verdict).toBe('pass');
    expect(judged(gives, { at: day(30) + 1_000 })).toMatchObject({ verdict: 'fail', reason: 'expired', failsFrom: null });
  });

  test('goes on over another path where one ends', async () => {
    const other = await createAuthority('Other', { notBefore: day(-100), notAfter: day(300) });
    const crossed = await other.crossSign(between, { notBefore: day(-100), notAfter: day(80) });
    const issued = await between.issue({ dnsNames: ['ok.example'], notBefore: day(-10), notAfter: day(100) });
    const both = presents([issued.der, ...between.chain, ...crossed.chain]);
    const trust = [root.certificate.der, other.certificate.der];
    expect(judged([both], { trust })).toMatchObject({ failsFrom: iso(day(80) + 1_000) });
  });
});

describe('no date is in sight', () => {
  test.each([
    { policy: 'k.test encrypt', because: 'no certificate is looked at' },
    { policy: 'k.test may', because: 'nor here' },
    { policy: 'k.test secure', because: 'what fails already' },
  ])('$policy: $because', async ({ policy }) => {
    expect(judged([await leaf(30)], { policy })).toMatchObject({ failsFrom: null, degradedFrom: null, failsBecause: null });
  });

  test('nothing was seen', () => {
    expect(judged([unseen('refused')])).toMatchObject({ failsFrom: null, degradedFrom: null });
  });

  test('before the others, in a host out of reach', async () => {
    const six = [await leaf(90), await leaf(90), await leaf(90), await leaf(90), await leaf(90), await leaf(1)];
    expect(judged(six)).toMatchObject({ degradedFrom: null, failsFrom: iso(day(90) + 1_000) });
  });

  test('a leaf that is its own anchor does not end', async () => {
    const issued = await root.issue({ dnsNames: ['ok.example'], notBefore: day(-10), notAfter: day(5) });
    const policy = 'k.test secure match=ok.example tafile=/ta.pem';
    expect(judged([presents(issued.chain)], { policy, anchorFiles: { '/ta.pem': anchorFileFromPem(issued.pem) } })).toMatchObject(
      {
        verdict: 'pass',
        failsFrom: null,
      },
    );
  });
});
