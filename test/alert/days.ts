/** A watch that runs day by day at the `decide` door: verdicts in, what is told out, state kept in between. */

import { type DecideInput, type Decision, decide } from '../../lambda/alert/incident/decide.ts';
import type { WatchState } from '../../lambda/alert/incident/incident.ts';
import type { RunFacts } from '../../lambda/alert/incident/run-facts.ts';
import { recordTellings } from '../../lambda/alert/incident/telling.ts';
import { type Alert, describeAlert } from '../../lambda/alert/message/describe.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { DAY, START } from './verdicts.ts';

export interface Run {
  readonly verdicts: readonly EntryVerdict[];
  /** Days after the start; fractions are hours. */
  readonly day?: number;
  /** Left out: no second look, as on AWS. */
  readonly second?: readonly EntryVerdict[];
  readonly published?: boolean;
  readonly facts?: Partial<RunFacts>;
  readonly input?: Partial<DecideInput>;
}

export class Watch {
  state: WatchState = { entries: {}, incidents: {} };
  decision: Decision | undefined;
  private described: (() => Alert | undefined) | undefined;
  private runs = 0;
  private lastAt: number | undefined;

  /** The message of the last run, if one was due. */
  get alert(): Alert | undefined {
    return this.described?.();
  }

  /** One run; returns what was told, as `news kind reason provider: labels`. */
  run({ verdicts, day = this.runs, second, published = true, facts = {}, input = {} }: Run): string[] {
    const at = START + Math.round(day * DAY);
    const given: DecideInput = {
      at,
      verdicts,
      ...(second === undefined ? {} : { secondLook: { at: at + 10 * 60_000, verdicts: second } }),
      before: JSON.parse(JSON.stringify(this.state)) as WatchState,
      changes: [],
      mutes: [],
      vantage: { name: 'mx1', ipv4: 'clear', ipv6: 'untried' },
      run: {
        firstRun: this.runs === 0,
        complete: true,
        scope: 'all',
        intervalMs: DAY,
        confirmAfterMs: 10 * 60_000,
        ...(this.lastAt === undefined ? {} : { previousRunAt: this.lastAt, previousCompleteAt: this.lastAt }),
        ...facts,
      },
      now: at + 60_000,
      ...input,
    };
    const decision = decide(given);
    this.decision = decision;
    const latest = new Map([...verdicts, ...(second ?? [])].map((verdict) => [verdict.id, verdict]));
    const { mutes, vantage, run, now } = given;
    this.described = () => describeAlert({ decision, verdicts: latest, bundle: bundleOf(verdicts), mutes, vantage, run, now });
    const any = decision.items.length > 0;
    this.state = published && any ? recordTellings(decision.after, [...decision.tellings, ...decision.mentions]) : decision.after;
    this.runs++;
    this.lastAt = at;
    return told(decision);
  }
}

function told(decision: Decision): string[] {
  return decision.items.map((item) => {
    const labels = [...item.members, ...item.ended].map(({ label }) => label).sort();
    const { reason, provider } = item.incident.cause;
    return `${item.news} ${item.kind} ${[reason, provider].filter(Boolean).join(' ')}: ${labels.join(' ')}`.replace(/: $/, '');
  });
}

/** The table that the verdicts would come from, under a main.cf that names a CA file. */
export function bundleOf(verdicts: readonly EntryVerdict[], lines: readonly string[] = []): Bundle {
  const text = verdicts.map((verdict) => `${verdict.key} ${verdict.level} match=${verdict.match.join(':')}`);
  return {
    settings: {
      ...defaultSettings('3.11'),
      caFile: '/etc/ssl/certs/ca-certificates.crt',
      policyMaps: [{ type: 'hash', path: '/etc/postfix/tls_policy' }],
    },
    policyTables: [{ name: 'hash:/etc/postfix/tls_policy', text: `${[...lines, ...text].join('\n')}\n` }],
    transportTables: [],
    problems: [],
    trust: { kind: 'anchors', certificates: [], source: '/etc/ssl/certs/ca-certificates.crt' },
    anchorFiles: {},
    destinations: [],
    assumed: [],
  };
}
