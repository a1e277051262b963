/** Does mail flow? The sentence that a person reads first. Pure. */
import type { Standing } from '../../alert/incident/standing.ts';
import { moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plainName } from '../../text/strangers.ts';
import { type OpenEntry, type Status, watchesNothing } from '../status/read.ts';
import { stateOf } from '../status/text.ts';

/** One sentence, with its full stop. */
export function flowSentence(status: Status): string {
  const { watched } = status;
  if (watchesNothing(status)) return 'Nothing is watched, so that nobody knows whether mail flows.';
  const open = status.incidents.flatMap(({ entries }) => entries);
  const named = (standing: Standing, isMuted: boolean) => [
    ...new Set(
      open
        .filter((one) => one.standing === standing && (one.mutedUntil !== undefined) === isMuted)
        .map(({ name }) => plainName(name)),
    ),
  ];
  const failing = named('failing', false);
  const muted = named('failing', true).filter((name) => !failing.includes(name));
  const flowing = watched - failing.length - muted.length;
  const accepted =
    muted.length === 0
      ? ''
      : `; ${listed(muted)}, which would not be delivered, ${areMuted(muted)}`;
  switch (stateOf(status)) {
    case 'failing':
      return flowing <= 0
        ? `Mail flows to none of the ${watched} watched entries: ${listed(failing)} would not be delivered.`
        : `Mail flows to ${flowing} of ${countOf(watched)}; mail to ${listed(failing)} would not be delivered${accepted}.`;
    case 'attention':
      return `Mail flows to ${allOf(flowing, watched)}, but ${concern(status, open)}${accepted}.`;
    case 'unknown':
      return unknownSentence(status);
    case 'well':
      return muted.length === 0
        ? `Mail flows: ${watched === 1 ? 'the one watched entry delivers' : `all ${watched} watched entries deliver`} as asked.`
        : `Mail flows to ${flowing} of ${countOf(watched)} as asked${accepted}.`;
  }
}

/** What is ahead, or not as it should be; the worst alone. */
function concern(status: Status, open: readonly OpenEntry[]): string {
  const audible = open.filter(({ mutedUntil }) => mutedUntil === undefined);
  const soon = audible
    .filter(({ standing }) => standing === 'failing-soon')
    .toSorted((a, b) => (a.from ?? 0) - (b.from ?? 0));
  const [first] = soon;
  if (first?.from !== undefined) {
    const names = listed([...new Set(soon.map(({ name }) => plainName(name)))]);
    return soon.length === 1
      ? `${names} fails from ${moment(first.from)} on`
      : `${names} will fail, the first from ${moment(first.from)} on`;
  }
  const degraded = audible.filter(({ standing }) => standing === 'degraded');
  const names = (all: readonly { readonly name: string }[]) =>
    listed([...new Set(all.map(({ name }) => plainName(name)))]);
  if (degraded.length > 0) return `some hosts of ${names(degraded)} would be refused`;
  return `${names(status.pending)} turned for the worse at the last look, and a second one is to confirm it`;
}

function unknownSentence(status: Status): string {
  const { sight, incidents, others } = status;
  const unknown = (why: string) => `It is not known whether mail flows: ${why}.`;
  const [other] = others;
  if (sight.latest === undefined)
    return unknown(
      other === undefined
        ? 'there was no run yet'
        : `no run of this policy and vantage is on record, but one with --policy ${plainName(other.policy)} --vantage ${plainName(other.vantage)} is`,
    );
  if (sight.complete === undefined) return unknown('no run was ever complete');
  if (sight.silent) return unknown(`the last complete run was ${moment(sight.complete.stageAt)}`);
  if (sight.blind || incidents.some(({ kind }) => kind === 'blind'))
    return unknown('the last run could not reach port 25 from here');
  const channels = incidents.filter(({ kind }) => kind === 'channel');
  if (sight.failed || channels.length > 0)
    return 'Mail flows by the last run, but what is due could not be told to everybody.';
  const names = incidents.flatMap(({ entries }) => entries.map(({ name }) => plainName(name)));
  return unknown(`${listed([...new Set(names)])} could not be judged for long`);
}

const areMuted = (names: readonly string[]) => (names.length === 1 ? 'is muted' : 'are muted');
const countOf = (watched: number) => `${watched} watched ${watched === 1 ? 'entry' : 'entries'}`;
const allOf = (flowing: number, watched: number) =>
  flowing < watched
    ? `${flowing} of ${countOf(watched)}`
    : watched === 1
      ? 'the one watched entry'
      : `all ${watched} watched entries`;
