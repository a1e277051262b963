/** What is new stands in full, what was told before in a line, and an end is told for what it was. */
import { describe, expect, test } from 'vitest';
import { changeClauses } from '../../../lambda/alert/message/changes.ts';
import { mailOf } from '../../../lambda/alert/message/mail.ts';
import { Watch } from '../days.ts';
import { address, DAY, ending, failing, host, passing, START, unseen } from '../verdicts.ts';

const text = (watch: Watch): string => (watch.alert === undefined ? 'silence' : mailOf(watch.alert).text);
const names = (count: number) => Array.from({ length: count }, (_, i) => `c${i}.example`);

describe('reminders', () => {
  const old = names(7).map((name, i) => failing(name, { mx: `mx.p${i}.example`, line: i + 1 }));
  function seven(): Watch {
    const watch = new Watch();
    watch.run({ verdicts: [...old, passing('new.example')] });
    return watch;
  }

  test('are a line each below what is new, and counted', () => {
    const watch = seven();
    const fresh = failing('new.example', { reason: 'expired', mx: 'mx.new.example' });
    watch.run({ verdicts: [...old, fresh], second: [fresh] });
    expect(watch.alert?.subject).toBe('new.example would defer: certificate has expired; 1 new, 7 reminders');
    const lines = text(watch).split('\n');
    expect(lines.slice(0, 3)).toEqual(['1 new, 7 reminders:', '', 'FAILING: new.example would defer: certificate has expired']);
    const from = lines.indexOf('Reminders, of what was told before:');
    expect(lines.slice(from, from + 9)).toEqual([
      'Reminders, of what was told before:',
      ...names(7).map((name) => `  FAILING: ${name} still would defer: certificate lacks the name asked for`),
      '',
    ]);
    expect(text(watch).match(/posttls-finger/g)).toHaveLength(1);
  });

  test('alone they are told in full', () => {
    const watch = seven();
    watch.run({ verdicts: [...old, passing('new.example')] });
    expect(watch.alert?.items.map(({ reminder }) => reminder)).toEqual(Array.from({ length: 7 }, () => undefined));
    expect(watch.alert?.subject).toBe('c0.example still would defer: certificate lacks the name asked for; 6 more');
    expect(text(watch).match(/posttls-finger/g)).toHaveLength(7);
  });

  test('the last days before an end are more than a reminder', () => {
    const watch = new Watch();
    const soon = ending('late.example', START + 14 * DAY, 90, { line: 1, hosts: ending('x', START + 14 * DAY).hosts });
    watch.run({ verdicts: [soon, passing('new.example')] });
    const fresh = failing('new.example', { reason: 'expired', mx: 'mx.new.example' });
    watch.run({ verdicts: [soon, passing('new.example')], day: 10 });
    watch.run({ verdicts: [soon, fresh], second: [fresh], day: 11 });
    expect(watch.alert?.items.map(({ title, reminder }) => [title, reminder])).toEqual([
      ['new.example would defer: certificate has expired', undefined],
      ['late.example will defer in 3 days, Tue 2026-12-08: certificate expires', undefined],
    ]);
  });

  test('what is cut is the last of them, the news never', () => {
    const watch = seven();
    const fresh = failing('new.example', { reason: 'expired', mx: 'mx.new.example', sentence: 'long story '.repeat(500) });
    watch.run({ verdicts: [...old, fresh], second: [fresh] });
    if (watch.alert === undefined) throw new Error('no alert');
    const mail = mailOf(watch.alert, 3_000);
    expect(mail.text).toContain('FAILING: new.example would defer');
    expect(Buffer.byteLength(mail.text)).toBeLessThanOrEqual(3_000);
    expect(mail.items).toBe(watch.alert.items.findIndex(({ title }) => title.startsWith('new.example')) + 1);
  });
});

describe('twelve entries that pass once', () => {
  const all = (make: typeof failing) => names(12).map((name, i) => make(name, { line: i + 1 }));
  test.each([
    {
      because: 'at this look',
      verdicts: all(passing),
      says: '12 entries delivered at this look; told as over after a second one: provider.example certificate lacks the name asked for',
    },
    {
      because: 'and were not seen since',
      verdicts: names(12).map((name) => unseen(name)),
      says: '12 entries delivered when last seen; told as over after a second one: provider.example certificate lacks the name asked for',
    },
    {
      because: 'some of them: the others still would not deliver',
      verdicts: [...all(passing).slice(0, 5), ...all(failing).slice(5)],
      says: '12 entries still would defer: provider.example certificate lacks the name asked for',
    },
  ])('$because', ({ verdicts, says }) => {
    const other = passing('other.example', { line: 99 });
    const watch = new Watch();
    watch.run({ verdicts: [...all(passing), other] });
    watch.run({ verdicts: [...all(failing), other], second: all(failing) });
    watch.run({ verdicts: [...all(passing), other], day: 1.1 });
    const fresh = failing('other.example', { line: 99, mx: 'mx.other.example', reason: 'expired' });
    watch.run({ verdicts: [...verdicts, fresh], second: [fresh], day: 1.2 });
    expect(text(watch)).toContain(`\nTold before and still open:\n  ${says}\n`);
  });

  test('are listed in the order of the table when it is over', () => {
    const watch = new Watch();
    watch.run({ verdicts: all(passing) });
    watch.run({ verdicts: all(failing), second: all(failing) });
    watch.run({ verdicts: all(passing) });
    watch.run({ verdicts: all(passing) });
    expect(watch.alert?.subject).toBe('12 entries deliver again');
    const listed = text(watch).match(/^ {5}line +\d+ +\S+/gm) ?? [];
    expect(listed.map((line) => line.trim().split(/ +/).at(-1))).toEqual(names(12));
  });
});

test('a reason that changes within the hour is not an end after two looks', () => {
  const watch = new Watch();
  watch.run({ verdicts: [passing('a.example')] });
  const first = failing('a.example');
  watch.run({ verdicts: [first], second: [first], day: 1 });
  const second = failing('a.example', { reason: 'expired' });
  watch.run({ verdicts: [second], second: [second], day: 1 + 1 / 24 });
  expect(watch.alert?.subject).toBe('a.example would defer: certificate has expired; 1 more');
  const said = text(watch).replaceAll(/\s+/g, ' ');
  expect(said).toContain(
    '2. RESOLVED: a.example no longer fails for this reason: certificate lacks the name asked for Over: provider.example certificate ' +
      'lacks the name asked for. It lasted from Wed 2026-11-25 06:00Z until Wed 2026-11-25 07:00Z, less than a day. It was not seen to ' +
      'pass: mail to it waits for another reason now: certificate has expired. Today: line 3 a.example fails for another reason',
  );
  expect(said).not.toContain('Two looks');
  expect(said).not.toContain('put it back');
});

test('what is delivered today and not for long is counted by itself at the first look', () => {
  const watch = new Watch();
  watch.run({ verdicts: [passing('a.example'), ending('b.example', START + 9 * DAY), failing('c.example')] });
  expect(watch.alert?.subject).toBe('Now watching 3 entries: 1 would fail, 1 will from Thu 2026-12-03');
  expect(text(watch)).toContain(
    '3 entries:\n       1  delivered as asked\n       1  delivered as asked today, and not for long\n       1  not delivered as asked\n',
  );
});

test('an end of several, some of which are in trouble for another reason', () => {
  const three = (reasons: readonly ('name-mismatch' | 'expired' | undefined)[]) =>
    reasons.map((reason, i) =>
      (reason === undefined ? passing : failing)(`c${i}.example`, { line: i + 1, ...(reason && { reason }) }),
    );
  const watch = new Watch();
  watch.run({ verdicts: three(['name-mismatch', 'name-mismatch', 'name-mismatch']) });
  const later = three([undefined, undefined, 'expired']);
  watch.run({ verdicts: three([undefined, undefined, 'name-mismatch']), day: 1 });
  watch.run({ verdicts: later, second: later.slice(2), day: 2 });
  expect(text(watch).replaceAll(/\s+/g, ' ')).toContain(
    'Two looks at least 20 hours apart found it gone for 2 of 3 entries; mail to the other one waits for another reason now: ' +
      'certificate has expired.',
  );
});

test('a forecast that rests on another certificate now', () => {
  const end = START + 10 * DAY;
  const behind = (mx: string) => {
    const verdict = ending('a.example', end, 90);
    return { ...verdict, hosts: verdict.hosts.map((one) => ({ ...one, host: mx })) };
  };
  const watch = new Watch();
  watch.run({ verdicts: [behind('mx.provider.example')] });
  const moved = [behind('mx.other.example')];
  watch.run({ verdicts: moved, second: moved });
  expect(text(watch).replaceAll(/\s+/g, ' ')).toContain('It was not seen to pass: it will fail for another cause.');
  expect(watch.alert?.items.at(-1)?.title).toBe('a.example will not fail for this reason any more: certificate expires');
});

describe('changes of theirs', () => {
  const at = START + DAY;
  const hosts = ['mx1', 'mx2', 'mx3', 'mx4', 'mx5'].map((name) => `${name}.provider.example`);
  const lost = (subject: string) => ({ kind: 'name-removed', subject, before: ['*.provider.example'], at });
  const gained = (subject: string) => ({ kind: 'name-added', subject, after: ['*.new.example'], at });
  const key = (subject: string) => ({ kind: 'key-changed', subject, at });

  test('one certificate behind five hosts is told once, the loss first', () => {
    const all = (make: typeof failing) => make('a.example', { hosts: hosts.map((name) => host(name, address(wrong(make)))) });
    const watch = new Watch();
    watch.run({ verdicts: [all(passing)] });
    const changes = hosts.flatMap((name) => [key(name), gained(name), lost(name)]);
    watch.run({ verdicts: [all(failing)], second: [all(failing)], input: { changes } });
    expect(text(watch).replaceAll(/\s+/g, ' ')).toContain(
      'What changed on their side: mx1.provider.example, mx2.provider.example, mx3.provider.example, mx4.provider.example and ' +
        'mx5.provider.example no longer present *.provider.example, have a new key, and present *.new.example as well ' +
        '(seen Wed 2026-11-25 06:00Z).',
    );
  });

  test.each([
    {
      because: 'one host, one change',
      changes: [lost('mx1.a.example')],
      says: ['mx1.a.example no longer presents *.provider.example (seen WHEN)'],
    },
    {
      because: 'hosts that changed in different ways are told apart',
      changes: [lost('mx1.a.example'), lost('mx2.a.example'), key('mx2.a.example')],
      says: [
        'mx1.a.example no longer presents *.provider.example (seen WHEN)',
        'mx2.a.example no longer presents *.provider.example, and has a new key (seen WHEN)',
      ],
    },
    {
      because: 'more than are kept are not passed over without a word',
      changes: names(6).map(lost),
      says: [
        'c0.example, c1.example, c2.example, c3.example, c4.example and others no longer present *.provider.example (seen WHEN)',
      ],
    },
    {
      because: 'a move',
      changes: [
        { kind: 'mx-removed', subject: 'a.example', before: 'mx.old.example', at },
        { kind: 'mx-added', subject: 'a.example', after: 'mx.new.example', at },
      ],
      says: ['mail to a.example no longer goes to mx.old.example, and now goes to mx.new.example (seen WHEN)'],
    },
    {
      because: 'of the certificate and the chain in words of their own',
      changes: [
        { kind: 'trust-lost', subject: 'mx.a.example', at },
        { kind: 'issuer-changed', subject: 'mx.a.example', before: 'CA 1', after: 'CA 2', at },
      ],
      says: [
        'the chain of mx.a.example was trusted and is no longer; the certificate of mx.a.example comes from CA 2, before from CA 1 (seen WHEN)',
      ],
    },
    { because: 'what explains nothing is not told', changes: [{ kind: 'uniform', subject: 'mx.a.example', at }], says: [] },
  ])('$because', ({ changes, says }) => {
    expect(changeClauses(changes).map((clause) => clause.replaceAll('Wed 2026-11-25 06:00Z', 'WHEN'))).toEqual(says);
  });
});

const wrong = (make: typeof failing) =>
  make === failing ? ({ outcome: 'fail', reason: 'name-mismatch', matched: null } as const) : {};
