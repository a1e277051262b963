/** `check --nagios`: each state by a row, as a strict reader of the guidelines has it; and as a process. */
import { describe, expect, test } from 'vitest';
import { checkPlugin } from '../../../lambda/command/check/nagios.ts';
import { pluginText } from '../../../lambda/command/monitor/plugin.ts';
import { exitCode } from '../../../lambda/command/summary.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { bundleOf } from '../../alert/days.ts';
import { DAY, ending, failing, passing, START, unseen } from '../../alert/verdicts.ts';
import { parsePlugin } from '../monitor/plugin-output.ts';
import { startScene } from '../scene.ts';

interface Look {
  readonly verdicts: readonly EntryVerdict[];
  readonly blind?: boolean;
  readonly complete?: boolean;
  readonly tolerate?: number;
}

function plugin({ verdicts, blind = false, complete = true, tolerate = 0 }: Look) {
  const run = { at: START, verdicts, vantage: { ipv4: blind ? 'blind' : 'clear', ipv6: 'untried' }, complete } as const;
  const code = exitCode(verdicts, { tolerate, complete, blind, at: START });
  return parsePlugin(pluginText(checkPlugin(run, { bundle: bundleOf(verdicts), code, seconds: 4.25 })));
}

interface Row extends Look {
  readonly because: string;
  readonly says: string;
}

const rows: readonly Row[] = [
  { because: 'all is well', verdicts: [passing('a.test'), passing('b.test')], says: 'OK 2 entries: 2 pass' },
  {
    because: 'an entry fails, whatever else',
    verdicts: [passing('a.test'), failing('b.test'), unseen('c.test', 'timed-out')],
    blind: true,
    says:
      'CRITICAL 3 entries: 1 fail, 1 undetermined, 1 pass; b.test would defer: certificate lacks the name asked for ' +
      '(and 1 more cause)',
  },
  {
    because: 'one will fail',
    verdicts: [passing('a.test'), ending('b.test', START + 2 * DAY)],
    says: 'WARNING 2 entries: 2 pass; 1 will fail soon; b.test will defer from Thu 2026-11-26: certificate expires',
  },
  {
    because: 'one could not be judged',
    verdicts: [passing('a.test'), unseen('b.test', 'timed-out')],
    says: 'UNKNOWN 2 entries: 1 undetermined, 1 pass; b.test is not judged: connection times out',
  },
  {
    because: 'one could not be judged, which was put up with',
    verdicts: [passing('a.test'), unseen('b.test', 'timed-out')],
    tolerate: 1,
    says: 'OK 2 entries: 1 undetermined, 1 pass; b.test is not judged: connection times out',
  },
  {
    because: 'blind',
    verdicts: [passing('a.test')],
    blind: true,
    says:
      'UNKNOWN 1 entry: 1 pass; blind over IPv4: no host answered on its SMTP port with a certificate valid under your anchors, so ' +
      'time-outs over IPv4 are not believed; check that port 25 is open from here',
  },
  {
    because: 'cut short',
    verdicts: [passing('a.test')],
    complete: false,
    says: 'UNKNOWN 1 entry: 1 pass; not everything could be looked at in the time given: see --deadline',
  },
  {
    because: 'nothing to judge',
    verdicts: [],
    says:
      'UNKNOWN 0 entries: nothing to judge; nothing is watched: there is no entry; name the domains that matter with --destination, ' +
      'and see lint',
  },
];

test.each(rows)('$because', ({ says, ...look }) => {
  const { state, summary } = plugin(look);
  expect(`${state} ${summary}`).toBe(says);
});

describe('performance data', () => {
  test('has every verdict with its thresholds, of how many', () => {
    const { performance } = plugin({ verdicts: [failing('a.test'), ending('b.test', START + 2 * DAY), passing('c.test')] });
    const { first_failure, ...rest } = performance;
    expect(first_failure).toEqual({ value: 2 * 86_400, unit: 's', min: 0 });
    expect(rest).toEqual({
      fail: { value: 1, unit: '', critical: '0', min: 0, max: 3 },
      degraded: { value: 0, unit: '', warn: '0', min: 0, max: 3 },
      fails_soon: { value: 1, unit: '', warn: '0', min: 0, max: 3 },
      undetermined: { value: 0, unit: '', min: 0, max: 3 },
      pass: { value: 2, unit: '', min: 0, max: 3 },
      unchecked: { value: 0, unit: '', min: 0, max: 3 },
      time: { value: 4.25, unit: 's', min: 0 },
    });
  });

  test('has no first failure where none is in sight', () => {
    const { performance } = plugin({ verdicts: [passing('a.test', { failsFrom: null })] });
    expect(performance.first_failure).toBeUndefined();
  });
});

test('what strangers wrote begins no performance data', () => {
  const sentence = "mail to a.test would wait: mx presents CN=x | 'fail'=0 <b>";
  const { details } = plugin({ verdicts: [failing('a.test', { sentence })] });
  expect(details.join('\n')).toContain("mx presents CN=x \\u{7c} 'fail'=0 \\u{3c}b\\u{3e}");
});

test('as a process: a look, wrong usage and a table that is not there', { timeout: 300_000 }, async () => {
  const scene = await startScene();
  try {
    const probing = [...scene.internet.flags, '--ca-file', `${scene.dir}/ca.pem`];
    const look = await scene.run(['check', scene.table, '--nagios', ...probing]);
    expect(look).toMatchObject({ code: 2, err: '' });
    const { state, summary, performance, details } = parsePlugin(look.out);
    expect({ state, summary }).toEqual({
      state: 'CRITICAL',
      summary: '3 entries: 1 fail, 2 pass; fastmail.fm would defer: certificate lacks the name asked for',
    });
    expect(performance).toMatchObject({ fail: { value: 1 }, pass: { value: 2 }, time: { unit: 's' } });
    expect(details).toContain('  use instead: fastmail.fm secure match=.messagingengine.com ciphers=high');
    const gone = await scene.run(['check', '/nonexistent/table', '--nagios', ...probing]);
    expect(gone.code).toBe(3);
    expect(parsePlugin(gone.out)).toMatchObject({ state: 'UNKNOWN', summary: expect.stringContaining('/nonexistent/table') });
    const both = await scene.run(['check', scene.table, '--nagios', '--json']);
    expect(both.code).toBe(3);
    expect(parsePlugin(both.out).summary).toBe('--json and --nagios: each prints in a way of its own, give one of them');
  } finally {
    await scene.close();
  }
});
