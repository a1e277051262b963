/** Many entries in one run: grouping by cause, whose change it was, our side, blindness, mutes, entries that leave. */
import { describe, expect, test } from 'vitest';
import type { Digests } from '../../../lambda/alert/incident/explanation.ts';
import { newMute } from '../../../lambda/alert/incident/mute.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { Watch } from '../days.ts';
import { address, aliased, DAY, ending, failing, HOUR, host, passing, START, unseen } from '../verdicts.ts';

const names = (count: number, prefix = 'c') => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}.example`);

describe('an incident is a cause', () => {
  test('75 entries behind one provider make one item', () => {
    const watch = new Watch();
    watch.run({ verdicts: names(75).map((key) => passing(key)) });
    const told = watch.run({ verdicts: names(75).map((key) => failing(key)), second: names(75).map((key) => failing(key)) });
    expect(told).toHaveLength(1);
    expect(watch.decision?.items[0]?.members).toHaveLength(75);
  });
  test.each([
    {
      because: 'another provider is another incident',
      verdicts: [failing('a.example'), failing('b.example', { mx: 'mx.elsewhere.example' })],
      items: 2,
    },
    { because: 'so is another reason', verdicts: [failing('a.example'), failing('b.example', { reason: 'expired' })], items: 2 },
    {
      because: 'another host of the same provider is not',
      verdicts: [failing('a.example'), failing('b.example', { mx: 'mx7.eu.provider.example' })],
      items: 1,
    },
    {
      because: 'customers of a hosting platform are unrelated: the private section of the suffix list counts',
      verdicts: [failing('a.example', { mx: 'mx.one.github.io' }), failing('b.example', { mx: 'mx.two.github.io' })],
      items: 2,
    },
    {
      because: 'match lists that miss the same domain in other words miss the same name',
      verdicts: [
        failing('a.example', { hosts: [asked('.mail.outlook.example')] }),
        failing('b.example', { hosts: [asked('.outlook.example', 'mail.outlook.example')] }),
      ],
      items: 1,
    },
    {
      because: 'names of two domains are two names',
      verdicts: [
        failing('a.example', { hosts: [asked('.one.example')] }),
        failing('b.example', { hosts: [asked('.two.example')] }),
      ],
      items: 2,
    },
    {
      because: 'each own name that is missed is the same want',
      verdicts: [
        failing('a.example', { hosts: [asked('a.example', '.a.example')] }),
        failing('b.example', { hosts: [asked('b.example', '.b.example')] }),
      ],
      items: 1,
    },
    {
      because: 'issuers are told apart',
      verdicts: [
        failing('a.example', { reason: 'untrusted-issuer' }),
        failing('b.example', { reason: 'untrusted-issuer', hosts: [issued('CN=Other CA')] }),
      ],
      items: 2,
    },
    {
      because: 'broken lines are one cause, ours',
      verdicts: [
        failing('a.example', { reason: 'invalid-entry', hosts: [] }),
        failing('b.example', { reason: 'invalid-entry', hosts: [] }),
      ],
      items: 1,
    },
    {
      because: 'each domain that is gone is its own cause',
      verdicts: [
        failing('a.example', { reason: 'nxdomain', hosts: [] }),
        failing('b.example', { reason: 'nxdomain', hosts: [] }),
      ],
      items: 2,
    },
  ])('$because', ({ verdicts, items }) => {
    expect(new Watch().run({ verdicts })).toHaveLength(items);
  });
  test('a next hop with two failing providers stays in its incident while either is seen', () => {
    const [one, two] = [failingHost('mx.one.example'), failingHost('mx.two.example')];
    const watch = new Watch();
    expect(watch.run({ verdicts: [failing('a.example', { hosts: [one, two] })] })).toHaveLength(1);
    for (const [day, hosts] of [
      [2, [two, one]],
      [3, [one, two]],
      [4, [two, one]],
    ] as const) {
      const told = watch.run({ day, verdicts: [failing('a.example', { hosts })] });
      expect(told.filter((line) => !line.startsWith('reminder'))).toEqual([]);
    }
  });
  test('an entry that joins is told, with the others named', () => {
    const watch = new Watch();
    watch.run({ verdicts: [failing('a.example'), passing('b.example')] });
    watch.run({ verdicts: [failing('a.example'), failing('b.example')] });
    expect(watch.run({ verdicts: [failing('a.example'), failing('b.example')] })).toEqual([
      'joined failing name-mismatch provider.example: a.example b.example',
    ]);
    expect(watch.alert?.subject).toBe('b.example would defer: certificate lacks the name asked for');
  });
  test('one that leaves is mentioned with the next reminder, and the end is told when the last one ends', () => {
    const watch = new Watch();
    const day = (a: EntryVerdict, b: EntryVerdict) => watch.run({ verdicts: [a, b] });
    const [badA, badB, okA, okB] = [failing('a.example'), failing('b.example'), passing('a.example'), passing('b.example')];
    day(badA, badB);
    expect(day(okA, badB)).toEqual(['reminder failing name-mismatch provider.example: a.example b.example']);
    expect(day(okA, badB)).toEqual([]);
    expect(day(okA, badB)).toEqual(['reminder failing name-mismatch provider.example: a.example b.example']);
    expect(watch.decision?.items[0]?.ended.map(({ label }) => label)).toEqual(['a.example']);
    expect(day(okA, okB)).toEqual([]);
    expect(day(okA, okB)).toEqual(['resolved resolved name-mismatch provider.example: b.example']);
  });
});

describe('a second look', () => {
  const ok = passing('a.example');
  const bad = failing('a.example');
  test('is asked for by new failures alone', () => {
    const watch = new Watch();
    watch.run({ verdicts: [ok, failing('b.example'), unseen('c.example')] });
    expect(watch.decision?.needsSecondLook).toEqual([]);
    watch.run({ verdicts: [bad, failing('b.example'), unseen('c.example')] });
    expect(watch.decision?.needsSecondLook).toEqual(['a.example']);
  });
  test.each([
    {
      because: 'that fails confirms in the same run',
      second: [bad],
      told: ['opened failing name-mismatch provider.example: a.example'],
    },
    { because: 'that passes clears it', second: [ok], told: [] },
    { because: 'that saw nothing leaves it to the next run', second: [unseen('a.example')], told: [] },
  ])('$because', ({ second, told }) => {
    const watch = new Watch();
    watch.run({ verdicts: [ok] });
    expect(watch.run({ verdicts: [bad], second })).toEqual(told);
  });
  test('too soon after the first confirms nothing', () => {
    const watch = new Watch();
    watch.run({ verdicts: [ok] });
    watch.run({ verdicts: [bad] });
    expect(watch.run({ verdicts: [bad], day: 1 + 5 / 1440 })).toEqual([]);
    expect(watch.run({ verdicts: [bad], day: 1 + 11 / 1440 })).toHaveLength(1);
  });
  test('is not needed with --confirm-after 0', () => {
    const watch = new Watch();
    watch.run({ verdicts: [ok] });
    expect(watch.run({ verdicts: [bad], facts: { confirmAfterMs: 0 } })).toHaveLength(1);
  });
  test('two passes an hour apart end nothing', () => {
    const watch = new Watch();
    watch.run({ verdicts: [bad] });
    expect(watch.run({ verdicts: [ok], day: 0.1 })).toEqual([]);
    expect(watch.run({ verdicts: [ok], day: 0.2 })).toEqual([]);
    expect(watch.run({ verdicts: [ok], day: 0.1 + 20 / 24 })).toHaveLength(1);
  });
});

describe('whose change it was', () => {
  const digests: Digests = { table: 't', settings: 's', anchors: 'a', product: '1.0', node: '24' };
  const removed = { kind: 'name-removed', subject: 'mx.provider.example', before: ['*.provider.example'], at: START + DAY };
  const untrusted = failing('a.example', { reason: 'untrusted-issuer' });
  test.each([
    { because: 'theirs', verdict: failing('a.example'), changes: [removed], theirs: ['name-removed'], ours: [] },
    {
      because: 'a change at a host of others explains nothing',
      verdict: failing('a.example'),
      changes: [{ ...removed, subject: 'mx.other.example' }],
      theirs: [],
      ours: [],
    },
    {
      because: 'a host that is shown by the target of its alias is known by the name in the MX record',
      verdict: failing('a.example', { hosts: aliased(failing('a.example').hosts) }),
      changes: [removed],
      theirs: ['name-removed'],
      ours: [],
    },
    {
      because: 'a renewal explains no lost name',
      verdict: failing('a.example'),
      changes: [{ ...removed, kind: 'renewed' }],
      theirs: [],
      ours: [],
    },
    {
      because: 'the line was edited',
      verdict: failing('a.example', { match: ['.other.example'] }),
      changes: [],
      theirs: [],
      ours: ['policy'],
    },
    { because: 'the CA bundle', verdict: untrusted, after: { anchors: 'b' }, changes: [], theirs: [], ours: ['anchors'] },
    {
      because: 'a CA bundle loses no names',
      verdict: failing('a.example'),
      after: { anchors: 'b' },
      changes: [],
      theirs: [],
      ours: [],
    },
    { because: 'main.cf', verdict: failing('a.example'), after: { settings: 'x' }, changes: [], theirs: [], ours: ['settings'] },
    {
      because: 'this product',
      verdict: failing('a.example'),
      after: { product: '1.1' },
      changes: [],
      theirs: [],
      ours: ['version'],
    },
    { because: 'its Node', verdict: failing('a.example'), after: { node: '26' }, changes: [], theirs: [], ours: ['version'] },
    {
      because: 'another line of the table',
      verdict: failing('a.example'),
      after: { table: 'u' },
      changes: [],
      theirs: [],
      ours: [],
    },
  ])('$because', ({ verdict, changes, after = {}, theirs, ours }) => {
    const watch = new Watch();
    watch.run({ verdicts: [passing('a.example')] });
    // Seen in the run that first saw the failure, told by the next, which sees no change any more.
    const both = { digests: { before: digests, after: { ...digests, ...after } } };
    watch.run({ verdicts: [verdict], facts: both, input: { changes } });
    watch.run({ verdicts: [verdict] });
    const [item] = watch.decision?.items ?? [];
    expect(item?.incident.theirs.map(({ kind }) => kind)).toEqual(theirs);
    expect(item?.incident.ours).toEqual(ours);
  });
});

describe('probably on our side', () => {
  const mx = (i: number) => `mx.provider${i % 4}.example`;
  const good = (count: number) => names(count).map((key, i) => passing(key, { hosts: [host(mx(i), address())] }));
  const bad = (count: number) => names(count).map((key, i) => failing(key, { mx: mx(i), reason: 'untrusted-issuer' }));
  test('five entries over three unrelated providers that turn alike are one item, and overwrite nothing', () => {
    const watch = new Watch();
    watch.run({ verdicts: good(8) });
    watch.run({ verdicts: bad(8) });
    expect(watch.decision?.keepSnapshots).toHaveLength(8);
    const told = watch.run({ verdicts: bad(8) });
    expect(told).toEqual([`opened failing untrusted-issuer (our side): ${names(8).join(' ')}`]);
    expect(watch.alert?.subject).toBe('Probably on our side: 8 entries would defer: certificate issuer is not trusted');
    expect(watch.run({ verdicts: bad(8), day: 4 }).every((line) => line.startsWith('reminder'))).toBe(true);
    watch.run({ verdicts: good(8), day: 5 });
    expect(watch.run({ verdicts: good(8), day: 6 })).toEqual([
      `resolved resolved untrusted-issuer (our side): ${names(8).join(' ')}`,
    ]);
  });
  test('at a first run, nearly all that fail alike are one item, too', () => {
    const watch = new Watch();
    const told = watch.run({ verdicts: bad(8) });
    expect(told).toEqual([`opened failing untrusted-issuer (our side): ${names(8).join(' ')}`]);
    expect(watch.alert?.items[0]?.title).toBe('Probably on our side: 8 entries would defer: certificate issuer is not trusted');
    watch.run({ verdicts: good(8), day: 1 });
    expect(watch.run({ verdicts: good(8), day: 2 })).toEqual([
      `resolved resolved untrusted-issuer (our side): ${names(8).join(' ')}`,
    ]);
  });
  test.each([
    { because: 'four entries are too few', before: good(4), after: bad(4) },
    {
      because: 'two providers are too few',
      before: names(8).map((key, i) => passing(key, { hosts: [host(mx(i % 2), address())] })),
      after: names(8).map((key, i) => failing(key, { mx: mx(i % 2), reason: 'untrusted-issuer' as const })),
    },
    { because: 'new lines that fail from the start turn nothing', before: [passing('old.example')], after: bad(8) },
    { because: 'at a first run many others are well', before: [], after: [...bad(8), ...good(12).slice(8)] },
    {
      because: 'at a first run names, which nobody in between can change, say nothing of our side',
      before: [],
      after: names(8).map((key, i) => failing(key, { mx: mx(i), reason: 'name-mismatch' as const })),
    },
  ])('$because', ({ before, after }) => {
    const watch = new Watch();
    if (before.length > 0) watch.run({ verdicts: before });
    watch.run({ verdicts: after });
    watch.run({ verdicts: after });
    expect(Object.values(watch.state.incidents).every(({ cause }) => cause.provider !== '(our side)')).toBe(true);
    expect(watch.decision?.keepSnapshots).toEqual([]);
  });
});

describe('blindness', () => {
  const blind = { input: { vantage: { name: 'mx1', ipv4: 'blind', ipv6: 'untried' } as const } };
  const verdicts = [unseen('a.example'), unseen('b.example')];
  test('is told at once, reminded, and its end told by the first clear run', () => {
    const watch = new Watch();
    watch.run({ verdicts: [passing('a.example'), passing('b.example')] });
    const told: string[][] = [];
    for (let day = 1; day <= 9; day++) told.push(watch.run({ verdicts, ...blind, day }));
    expect(told).toEqual([
      ['opened blind blind'],
      ['reminder blind blind'],
      [],
      ['reminder blind blind'],
      [],
      [],
      [],
      ['reminder blind blind'],
      [],
    ]);
    expect(watch.run({ verdicts: [passing('a.example'), passing('b.example')] })).toEqual(['resolved resolved blind']);
    expect(watch.run({ verdicts: [passing('a.example'), passing('b.example')] })).toEqual([]);
  });
  test('makes no entry "not judged"', () => {
    const watch = new Watch();
    watch.run({ verdicts: [passing('a.example')] });
    for (let day = 1; day <= 5; day++) watch.run({ verdicts: [unseen('a.example'), unseen('b.example')], ...blind, day });
    expect(watch.state.entries['a.example']?.unjudged).toBeUndefined();
    expect(watch.state.entries['b.example']).toEqual({ id: 'b.example', label: 'b.example', told: [] });
  });
  test('of the first run postpones the baseline', () => {
    const watch = new Watch();
    expect(watch.run({ verdicts, ...blind })).toEqual(['opened blind blind']);
    expect(watch.alert?.subject).toBe('mx1 is blind: no way out to port 25');
    watch.run({ verdicts: [failing('a.example'), passing('b.example')], facts: { firstRun: true } });
    expect(watch.alert?.subject).toBe('Now watching 2 entries: 1 would fail');
  });
  test('over IPv6 alone is a line at the end and no alarm', () => {
    const watch = new Watch();
    const vantage = { name: 'mx1', ipv4: 'clear', ipv6: 'blind' } as const;
    watch.run({ verdicts: [passing('a.example')], input: { vantage } });
    expect(watch.run({ verdicts: [passing('a.example')], input: { vantage } })).toEqual([]);
  });
});

describe('runs that are cut short', () => {
  const verdicts = [passing('a.example')];
  const whole = START;
  const cut = (previousRunAt: number) => ({ complete: false, previousRunAt, previousCompleteAt: whole });
  test('are told when it was not one alone, reminded, and their end told by a whole one', () => {
    const watch = new Watch();
    watch.run({ verdicts });
    expect(watch.run({ verdicts, facts: cut(whole) })).toEqual([]);
    expect(watch.run({ verdicts, facts: cut(START + DAY) })).toEqual(['opened partial partial']);
    expect(watch.alert?.subject).toBe('runs on mx1 are cut short');
    expect(watch.run({ verdicts, facts: cut(START + 2 * DAY) })).toEqual(['reminder partial partial']);
    expect(watch.run({ verdicts, facts: cut(START + 3 * DAY) })).toEqual([]);
    expect(watch.run({ verdicts, facts: { previousCompleteAt: whole } })).toEqual(['resolved resolved partial']);
    // The runs took place: there is no gap to tell of.
    expect(watch.alert?.intro).toEqual([]);
    expect(watch.run({ verdicts })).toEqual([]);
  });
  test('of some destinations are none of these', () => {
    const watch = new Watch();
    watch.run({ verdicts });
    for (const day of [1, 2, 3])
      expect(watch.run({ verdicts, facts: { ...cut(START + (day - 1) * DAY), scope: 'some' } })).toEqual([]);
  });
  test('send no baseline again and again', () => {
    const watch = new Watch();
    watch.run({ verdicts, facts: { complete: false } });
    expect(watch.alert?.subject).toBe('Now watching 1 entry: all deliver');
    watch.run({ verdicts, facts: { firstRun: true, complete: false, previousRunAt: START, previousCompleteAt: START - DAY } });
    expect(watch.alert?.subject).toBe('runs on mx1 are cut short');
  });
});

describe('mutes', () => {
  const bad = failing('a.example');
  const worse = failing('a.example', { verdict: 'fail' });
  const degraded = failing('a.example', { verdict: 'degraded', postfixWould: 'deliver' });
  function muted(watch: Watch, key: string, days: number) {
    const made = newMute(
      key,
      { until: START + days * DAY, reason: 'known', by: 'alice' },
      Object.values(watch.state.entries),
      START + HOUR,
    );
    if (made.kind === 'refused') throw new Error(made.because);
    return { input: { mutes: [made.mute] } };
  }
  test('silence a cause until they end', () => {
    const watch = new Watch();
    watch.run({ verdicts: [bad] });
    const mute = muted(watch, 'a.example', 10);
    for (let day = 1; day < 10; day++) expect(watch.run({ verdicts: [bad], ...mute, day })).toEqual([]);
    expect(watch.run({ verdicts: [bad], ...mute, day: 10 })).toEqual([
      'reminder failing name-mismatch provider.example: a.example',
    ]);
  });
  test('let a worse turn through', () => {
    const watch = new Watch();
    watch.run({ verdicts: [degraded] });
    const mute = muted(watch, 'a.example', 10);
    watch.run({ verdicts: [worse], ...mute });
    expect(watch.run({ verdicts: [worse], ...mute })).toEqual(['worse failing name-mismatch provider.example: a.example']);
  });
  test('let another cause through', () => {
    const watch = new Watch();
    watch.run({ verdicts: [bad] });
    const mute = muted(watch, 'a.example', 10);
    const other = failing('a.example', { reason: 'untrusted-issuer' });
    watch.run({ verdicts: [other], ...mute });
    expect(watch.run({ verdicts: [other], ...mute })[0]).toBe('opened failing untrusted-issuer provider.example: a.example');
  });
  test('of an incident cover what joins it, of an entry nothing else', () => {
    const run = (key: (watch: Watch) => string) => {
      const watch = new Watch();
      watch.run({ verdicts: [bad, passing('b.example')] });
      const mute = muted(watch, key(watch), 10);
      watch.run({ verdicts: [bad, failing('b.example')], ...mute });
      return watch.run({ verdicts: [bad, failing('b.example')], ...mute });
    };
    expect(run((watch) => Object.keys(watch.state.incidents)[0] ?? '')).toEqual([]);
    expect(run(() => 'a.example')).toEqual(['joined failing name-mismatch provider.example: b.example']);
  });
  test('do not hide an end that was waited for', () => {
    const watch = new Watch();
    watch.run({ verdicts: [bad] });
    const mute = muted(watch, 'a.example', 10);
    watch.run({ verdicts: [passing('a.example')], ...mute });
    expect(watch.run({ verdicts: [passing('a.example')], ...mute })).toEqual([
      'resolved resolved name-mismatch provider.example: a.example',
    ]);
  });
  test('are listed in every message', () => {
    const watch = new Watch();
    watch.run({ verdicts: [bad, passing('b.example')] });
    const mute = muted(watch, 'a.example', 10);
    watch.run({ verdicts: [bad, failing('b.example', { reason: 'expired' })], ...mute });
    watch.run({ verdicts: [bad, failing('b.example', { reason: 'expired' })], ...mute });
    expect(watch.alert?.footer).toContainEqual({
      kind: 'list',
      heading: 'Muted:',
      lines: ['a.example until Fri 2026-12-04: known (alice)'],
    });
  });
  test.each([
    {
      because: 'the past',
      key: 'a.example',
      until: START,
      reason: 'x',
      text: 'mute a.example: the date is not in the future, give --until a later day',
    },
    {
      because: 'more than 90 days',
      key: 'a.example',
      until: START + 92 * DAY,
      reason: 'x',
      text: 'mute a.example: at most 90 days, so until 2027-02-22 at the latest',
    },
    {
      because: 'no reason',
      key: 'a.example',
      until: START + DAY,
      reason: ' ',
      text: 'mute a.example: give a --reason: it is shown in every message',
    },
    {
      because: 'nothing open',
      key: 'b.example',
      until: START + DAY,
      reason: 'x',
      text: 'mute b.example: nothing is open under this key, see: postfix-tls-watch status',
    },
  ])('are refused for $because', ({ key, until, reason, text }) => {
    const watch = new Watch();
    watch.run({ verdicts: [bad, passing('b.example')] });
    expect(newMute(key, { until, reason, by: 'alice' }, Object.values(watch.state.entries), START + HOUR)).toEqual({
      kind: 'refused',
      because: text,
    });
  });
});

describe('entries that leave the policy', () => {
  test('close their incident silently, and the next message says so once', () => {
    const watch = new Watch();
    watch.run({ verdicts: [failing('a.example'), passing('b.example')] });
    expect(watch.run({ verdicts: [passing('b.example')] })).toEqual([]);
    expect(watch.decision?.retired).toEqual(['a.example']);
    watch.run({ verdicts: [failing('b.example', { mx: 'mx.two.example' })] });
    expect(watch.run({ verdicts: [failing('b.example', { mx: 'mx.two.example' })] })).toHaveLength(1);
    const said = { kind: 'text', text: 'No longer in the policy, or no longer checked, and so closed: a.example.' };
    expect(watch.alert?.footer).toContainEqual(said);
    expect(watch.run({ verdicts: [failing('b.example', { mx: 'mx.two.example' })] })).toHaveLength(1);
    expect(watch.alert?.footer).not.toContainEqual(said);
  });
  test('leave the others of the incident where they were', () => {
    const watch = new Watch();
    watch.run({ verdicts: [failing('a.example'), failing('b.example')] });
    expect(watch.run({ verdicts: [failing('b.example')] })).toEqual([
      'reminder failing name-mismatch provider.example: b.example',
    ]);
  });
  test('are not those that a run of some destinations did not look at', () => {
    const watch = new Watch();
    watch.run({ verdicts: [failing('a.example'), passing('b.example')] });
    watch.run({ verdicts: [passing('b.example')], facts: { scope: 'some' } });
    expect(watch.decision?.retired).toEqual([]);
    expect(watch.state.entries['a.example']).toBeDefined();
  });
  test('are also those that are no longer checked', () => {
    const watch = new Watch();
    watch.run({ verdicts: [failing('a.example')] });
    expect(watch.run({ verdicts: [passing('a.example', { verdict: 'unchecked', reason: 'level-none' })] })).toEqual([]);
    expect(watch.decision?.retired).toEqual(['a.example']);
  });
});

describe('nothing is lost', () => {
  const ok = passing('a.example');
  const bad = failing('a.example');
  test('a message that could not be published is due again', () => {
    const watch = new Watch();
    watch.run({ verdicts: [ok] });
    watch.run({ verdicts: [bad] });
    const opened = ['opened failing name-mismatch provider.example: a.example'];
    expect(watch.run({ verdicts: [bad], published: false })).toEqual(opened);
    expect(watch.run({ verdicts: [bad], published: false })).toEqual(opened);
    expect(watch.run({ verdicts: [bad] })).toEqual(opened);
    expect(watch.run({ verdicts: [ok] })).toEqual([]);
    const resolved = ['resolved resolved name-mismatch provider.example: a.example'];
    expect(watch.run({ verdicts: [ok], published: false })).toEqual(resolved);
    expect(watch.run({ verdicts: [ok] })).toEqual(resolved);
    expect(watch.run({ verdicts: [ok] })).toEqual([]);
  });
  test('a forecast that comes true is told, without a second look', () => {
    const watch = new Watch();
    const soon = ending('a.example', START + 5 * DAY);
    watch.run({ verdicts: [soon] });
    expect(watch.run({ verdicts: [failing('a.example', { reason: 'expired' })], day: 5.1 })).toEqual([
      'worse failing expired provider.example: a.example',
    ]);
  });
  test('a failure of today does not hide the end of a certificate', () => {
    const watch = new Watch();
    watch.run({ verdicts: [ending('a.example', START + 5 * DAY)] });
    watch.run({ verdicts: [failing('a.example', { mx: 'mx.provider.example' })], day: 1 });
    expect(
      watch.run({ verdicts: [failing('a.example')], day: 2 }).map((line) => line.split(' ').slice(0, 3).join(' ')),
    ).toContain('opened failing name-mismatch');
    expect(Object.values(watch.state.incidents).map(({ state }) => state)).toEqual(['open', 'open']);
  });
  test('a clock that was set back silences no reminder for longer than it was wrong', () => {
    const watch = new Watch();
    watch.run({ verdicts: [bad], day: 400 });
    expect(watch.run({ verdicts: [bad], day: 1 })).toEqual([]);
    expect(watch.run({ verdicts: [bad], day: 2 })).toEqual(['reminder failing name-mismatch provider.example: a.example']);
  });
  test('a gap in the runs is told', () => {
    const watch = new Watch();
    watch.run({ verdicts: [ok] });
    expect(watch.run({ verdicts: [ok], day: 5 })).toEqual([]);
    expect(watch.alert?.subject).toBe('mx1 did not watch since Tue 2026-11-24');
  });
  test('what is remembered is plain JSON, and nothing changes on a quiet day', () => {
    const watch = new Watch();
    const verdicts = [ok, failing('b.example'), ending('c.example', START + 10 * DAY), unseen('d.example')];
    for (let day = 0; day < 6; day++) watch.run({ verdicts });
    expect(JSON.parse(JSON.stringify(watch.state))).toEqual(watch.state);
    const before = JSON.stringify(watch.state);
    expect(watch.run({ verdicts, day: 6 })).toEqual([]);
    expect(JSON.stringify(watch.state)).toBe(before);
  });
});

function asked(...references: string[]) {
  return host('mx.provider.example', address({ outcome: 'fail', reason: 'name-mismatch', asked: references, matched: null }));
}

function failingHost(name: string) {
  return host(name, address({ outcome: 'fail', reason: 'name-mismatch', matched: null }));
}

function issued(issuer: string) {
  const [leaf] = address().chain;
  if (leaf === undefined) throw new Error('no leaf');
  return host('mx.provider.example', address({ outcome: 'fail', reason: 'untrusted-issuer', chain: [{ ...leaf, issuer }] }));
}
