/** Lines to use instead, over generated hosts and certificates: as promised, none too many, none too broad, none for an interceptor. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Base64Der } from '../../lambda/certificate/pem.ts';
import { withCaution } from '../../lambda/snapshot/caution.ts';
import type { LastPassed } from '../../lambda/snapshot/last-passed.ts';
import { registrable } from '../../lambda/verdict/names-found.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { type Authority, createAuthority, type KeyPair, keyPair, selfSigned } from '../internet/authority.ts';
import { AT, judgeScene, presents, type SceneHost, unseen } from './scene.ts';

let root: Authority;
let key: KeyPair;
beforeAll(async () => {
  root = await createAuthority('Root');
  key = await keyPair('ec');
});

/** The names of one certificate, or silence. */
interface Presenting {
  readonly host: string;
  readonly names?: readonly string[];
  readonly selfSigned?: true;
}

const chains = new Map<string, Promise<readonly Base64Der[]>>();

function chainOf({ names = [], selfSigned: alone }: Presenting): Promise<readonly Base64Der[]> {
  const id = JSON.stringify([names, alone]);
  const options = { commonName: null, dnsNames: names, key } as const;
  const made = chains.get(id) ?? (alone ? selfSigned(options) : root.issue(options)).then(({ chain }) => chain);
  chains.set(id, made);
  return made;
}

async function judged(policy: string, hosts: readonly Presenting[]): Promise<EntryVerdict> {
  const seen = await Promise.all(
    hosts.map(async (one, i): Promise<SceneHost> => {
      const gives = one.names === undefined ? unseen('refused') : presents(await chainOf(one));
      return { host: one.host, preference: i, gives: [gives] };
    }),
  );
  return judgeScene({ policy, trust: [root.certificate.der], hosts: seen, of: 'k.com' });
}

const DOMAINS = ['p.net', 'in.p.net', 'eu.in.p.net', 'q.co.uk', 'r.github.io', 's.github.io', 'k.com', 'p.net.example'];
const hostName = fc
  .tuple(fc.constantFrom('mx1', 'mx2', 'a.b', 'MX3'), fc.constantFrom(...DOMAINS))
  .map((parts) => parts.join('.'));
const suffixes = ['net', 'co.uk', 'github.io', 'com', 'uk'];
const presented = (host: string) => {
  const [, ...parents] = host.split('.');
  const above = parents.map((_, i) => parents.slice(i).join('.'));
  return fc.oneof(
    fc.constantFrom(host, `*.${parents.join('.')}`),
    fc.constantFrom(...above.map((parent) => `*.${parent}`), ...above.map((parent) => `web.${parent}`)),
    fc.constantFrom(...suffixes.map((suffix) => `*.${suffix}`), 'shop.elsewhere.org', 'bad name', '.p.net', 'mx*.p.net'),
    hostName,
  );
};
const presenting = hostName.chain((host) =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.uniqueArray(presented(host), { minLength: 1, maxLength: 3 }).map((names): Presenting => ({ host, names })),
    },
    { weight: 1, arbitrary: fc.constant<Presenting>({ host }) },
  ),
);
const hosts = fc.uniqueArray(presenting, { minLength: 1, maxLength: 4, selector: ({ host }) => host.toLowerCase() });
const policy = fc.constantFrom(
  'k.com secure',
  'k.com secure match=.old.net:mx1.p.net',
  'k.com secure match=hostname',
  'k.com secure match=hostname:dot-nexthop ciphers=high',
  'k.com secure match=.in.p.net',
  'k.com verify',
  'k.com verify match=nexthop',
);

const elementsOf = (line: string) => (/ match=(\S*)/.exec(line)?.[1] ?? '').split(':');

describe('whatever is presented', () => {
  test('the line does in the table what was promised', async () => {
    let lines = 0;
    await fc.assert(
      fc.asyncProperty(policy, hosts, async (entry, all) => {
        const { suggestion } = await judged(entry, all);
        if (suggestion === null) return;
        lines++;
        expect((await judged(suggestion.line, all)).verdict).toBe(suggestion.verdict);
      }),
      { numRuns: 300 },
    );
    expect(lines).toBeGreaterThan(50);
  });

  test('it is no broader than a registrable domain and the base of a wildcard, and never hostname at secure', async () => {
    await fc.assert(
      fc.asyncProperty(policy, hosts, async (entry, all) => {
        const { suggestion } = await judged(entry, all);
        if (suggestion === null) return;
        const found = elementsOf(suggestion.line).filter((one) => !elementsOf(entry).includes(one));
        if (/ secure\b/.test(entry)) expect(elementsOf(suggestion.line)).not.toContain('hostname');
        const wildcards = all
          .flatMap(({ names = [] }) => names.filter((name) => /^\*\../.test(name)))
          .map((name) => name.slice(1));
        for (const element of found.filter((one) => one.startsWith('.'))) {
          expect(registrable(element)).toBeDefined();
          if (wildcards.includes(element)) continue;
          expect(wildcards.filter((base) => base.endsWith(element))).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('with one pattern fewer some host is refused, or one that was silent would be', async () => {
    await fc.assert(
      fc.asyncProperty(policy, hosts, async (entry, all) => {
        const { suggestion } = await judged(entry, all);
        const elements = suggestion === null ? [] : elementsOf(suggestion.line);
        if (suggestion === null || elements.length < 2) return;
        // One that is silent presents its own name another day.
        const another = all.map((one) => (one.names === undefined ? { ...one, names: [one.host] } : one));
        for (const element of elements) {
          const fewer = elements.filter((one) => one !== element).join(':');
          const { hosts: then } = await judged(suggestion.line.replace(elements.join(':'), fewer), another);
          expect(then.some(({ addresses }) => addresses.some(({ reason }) => reason === 'name-mismatch'))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

const EVIL = fc.constantFrom<readonly string[]>(
  ['mx.evil.example'],
  ['*.evil.example', 'evil.example'],
  ['evil.github.io'],
  ['mx.evil.co.uk'],
);
const strict = policy.filter((one) => / secure\b/.test(one));

describe('an interceptor', () => {
  test('in the place of every host gets no line, whatever it presents', async () => {
    await fc.assert(
      fc.asyncProperty(strict, hosts, EVIL, fc.boolean(), async (entry, all, names, alone) => {
        const taken = all.map(({ host }): Presenting => ({ host, names, ...(alone ? { selfSigned: true as const } : {}) }));
        expect((await judged(entry, taken)).suggestion).toBeNull();
      }),
      { numRuns: 150 },
    );
  });

  test('in the place of some host is taken by no line that is given for the others', async () => {
    await fc.assert(
      fc.asyncProperty(strict, hosts, EVIL, fc.boolean(), fc.nat(3), async (entry, all, names, alone, at) => {
        const one = at % all.length;
        const taken = all.map(
          (host, i): Presenting =>
            i === one ? { host: host.host, names, ...(alone ? { selfSigned: true as const } : {}) } : host,
        );
        const { suggestion } = await judged(entry, taken);
        if (suggestion === null) return;
        const addresses = (await judged(suggestion.line, taken)).hosts[one]?.addresses ?? [];
        expect(addresses.map(({ outcome }) => outcome)).toEqual(['fail']);
      }),
      { numRuns: 150 },
    );
  });

  test('that forged the MX answer gets none either, beside the right hosts or alone', async () => {
    await fc.assert(
      fc.asyncProperty(strict, hosts, EVIL, fc.boolean(), async (entry, all, names, alone) => {
        const before = passedAt(all);
        const [name = ''] = names;
        const evil: Presenting = { host: name.replace('*', 'mx'), names };
        const verdict = await judged(entry, alone ? [evil] : [evil, ...all]);
        expect(cautious(verdict, before).suggestion).toBeNull();
      }),
      { numRuns: 150 },
    );
  });

  test('that comes later is taken by no line that was given', async () => {
    await fc.assert(
      fc.asyncProperty(strict, hosts, EVIL, async (entry, all, names) => {
        const { suggestion } = await judged(entry, all);
        if (suggestion === null) return;
        const [name = ''] = names;
        const forged: Presenting = { host: name.replace('*', 'mx'), names };
        expect((await judged(suggestion.line, [forged])).verdict).toBe('fail');
      }),
      { numRuns: 150 },
    );
  });
});

test('an interceptor at an address that policy names gets no line either', async () => {
  await fc.assert(
    fc.asyncProperty(EVIL, fc.constantFrom(' match=mx.p.net', ''), async (names, match) => {
      const host = '192.0.2.9';
      const shown = { host, gives: [presents(await chainOf({ host, names }))] };
      const verdict = judgeScene({ policy: `[${host}] secure${match}`, trust: [root.certificate.der], hosts: [shown] });
      expect(verdict.suggestion?.restsOn).toBe('dns');
      const { suggestion, caution } = cautious(verdict, { hosts: [host], domains: ['p.net'] });
      expect(suggestion).toBeNull();
      expect(caution?.sentence).toBe(
        'secure may just have done its work: [192.0.2.9] was authenticated at 192.0.2.9 before, and what answers there now ' +
          'presents a certificate that has nothing in common with what was presented then. A move to another provider looks like ' +
          'this, and so does somebody else on the way there, to whom the line would deliver the mail. That it lasts proves nothing',
      );
    }),
    { numRuns: 20 },
  );
});

/** Where mail went before, had these hosts been authenticated. */
function passedAt(all: readonly Presenting[]): LastPassed {
  const names = all.map(({ host }) => host.toLowerCase());
  return { hosts: names, domains: names.flatMap((host) => registrable(host) ?? []) };
}

const cautious = (verdict: EntryVerdict, passed: LastPassed) =>
  withCaution(verdict, { passed, confirmations: [], failingSince: AT, queueLifetimeMs: 5 * 86_400_000, now: AT });
