/**
 * What every message ends with: which incidents are open besides, what is muted, gone from the
 * policy, not judged and not watched. Pure.
 */

import type { Confirmation } from '../../snapshot/caution.ts';
import { DAY_MS, day, daysLong, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { bareCommand } from '../../text/own-command.ts';
import { plain } from '../../text/strangers.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { inForce, type Mute } from '../incident/mute.ts';
import { isBlind } from '../incident/run-facts.ts';
import { isWatched } from '../incident/standing.ts';
import type { Block } from './block.ts';
import { headline } from './headline.ts';
import type { AlertInput } from './input.ts';
import { shareOf, shareSentence } from './mail-share.ts';
import { unreachedWords } from './sts-item.ts';
import { contradictions } from './testimony-words.ts';
import { entriesCount, reasonWords, sentence } from './wording.ts';

export function footer(input: AlertInput): readonly Block[] {
  const { decision, verdicts, mutes, confirmations = [], vantage, run, now } = input;
  const { own = bareCommand } = input;
  const all = [...verdicts.values()];
  const { sts } = input;
  const open = [
    ...decision.open.map((item) => headline(item, verdicts, now)),
    ...(sts?.open ?? []),
  ];
  const left = decision.mentions.flatMap(({ incident }) =>
    incident.departed.map((label) => plain(label)),
  );
  const undetermined = all.filter((verdict) => isWatched(verdict) && isUndetermined(verdict));
  const unwatched = all.filter((verdict) => !isWatched(verdict));
  const muted = mutes.filter((mute) => inForce(mute, now)).map(muteWords);
  return [
    ...list('Told before and still open:', open),
    ...(left.length === 0
      ? []
      : [
          text(
            `No longer in the policy, or no longer checked, and so closed: ${listed(left, 20)}.`,
          ),
        ]),
    ...list('Muted:', muted),
    ...list('Confirmed:', confirmations.map(confirmedWords)),
    ...list(
      `Not judged in this run (${entriesCount(undetermined.length)}):`,
      grouped(undetermined),
    ),
    ...list(`Not watched (${entriesCount(unwatched.length)}):`, grouped(unwatched)),
    ...(run.mail === undefined ? [] : [text(sentence(shareSentence(shareOf(run.mail, all), now)))]),
    ...list(CONTRADICTED, contradictions(run.log ?? {}, all)),
    ...oldAnswers(input),
    ...(sts?.unreached === undefined ? [] : [text(unreachedWords(sts.unreached))]),
    ...(vantage.ipv6 === 'blind' && !isBlind(vantage)
      ? [text('IPv6 has no way out from here: IPv6 addresses are not looked at.')]
      : []),
    ...(run.complete ? [] : [text(run.continues === true ? GOES_ON : CUT_SHORT)]),
    text(
      `postfix-tls-watch on ${plain(vantage.name, 60)}, run of ${moment(now)}. Everything that ` +
        'is open:',
    ),
    { kind: 'code', lines: [own('status') ?? 'postfix-tls-watch status'] },
  ];
}

const CONTRADICTED =
  'Our look and your log disagree, and nothing is opened for it: delivered as we see it, and by the log';
const CUT_SHORT = 'This run was cut short: not everything was looked at.';
const GOES_ON = 'This run goes on: not everything was looked at yet.';

/** Where the policy was pushed a while ago, with what its tables answered then. */
function oldAnswers({ bundle, now, own = bareCommand }: AlertInput): readonly Block[] {
  const { answers, askedAt } = bundle;
  if (answers === undefined || askedAt === undefined || now - askedAt < 2 * DAY_MS) return [];
  const tables = listed(
    Object.keys(answers).map((table) => plain(table)),
    3,
  );
  return [
    text(
      `What ${tables} answered was asked on ${day(askedAt)}, ${daysLong(now - askedAt)} ago. On ` +
        'the mail host this asks again:',
    ),
    { kind: 'code', lines: [own('policy push') ?? 'postfix-tls-watch policy push'] },
  ];
}

function muteWords(mute: Mute): string {
  return (
    `${plain(mute.key)} until ${day(mute.until)}: ${plain(mute.reason, 200)} ` +
    `(${plain(mute.by, 60)})`
  );
}

function confirmedWords({ destination, hosts, how, by, until }: Confirmation): string {
  const names = listed(hosts.map((host) => plain(host)));
  return (
    `mail to ${plain(destination)} goes to ${names}: ${plain(how, 200)} (${plain(by, 60)}; until ` +
    `${day(until)}, for these hosts alone)`
  );
}

const isUndetermined = ({ verdict }: EntryVerdict) => verdict === 'undetermined';

/** By reason, names cut at ten. */
function grouped(verdicts: readonly EntryVerdict[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const verdict of verdicts) {
    const reason = verdict.reason === null ? 'no reason given' : reasonWords(verdict.reason);
    const names = groups.get(reason) ?? [];
    const line = verdict.line === null ? '' : ` (line ${verdict.line})`;
    names.push(`${plain(verdict.key ?? verdict.destination)}${line}`);
    groups.set(reason, names);
  }
  return [...groups].map(([reason, names]) => `${reason}: ${listed(names, 10)}`);
}

function list(heading: string, lines: readonly string[]): readonly Block[] {
  const shown = lines.slice(0, LINES_SHOWN);
  const more = lines.length > shown.length ? [`and ${lines.length - shown.length} more`] : [];
  return lines.length === 0 ? [] : [{ kind: 'list', heading, lines: [...shown, ...more] }];
}

const text = (words: string): Block => ({ kind: 'text', text: words });

const LINES_SHOWN = 50;
