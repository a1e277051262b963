/**
 * What changed on the other side, as sentences: what was lost, then what is new, and hosts that
 * changed alike, as those with one certificate do, as one. Pure.
 */
import { moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName } from '../../text/strangers.ts';
import type { Change } from '../incident/entry-state.ts';
import { ALIKE_KEPT } from '../incident/foremost.ts';

/**
 * Clauses with the day they were seen, in the order given; none for what explains nothing.
 *
 *     mx1.a.test and mx2.a.test no longer present a.test, and have a new key (seen …)
 */
export function changeClauses(changes: readonly Change[]): readonly string[] {
  const told = changes.filter((change) => clauseOf(change, '', false) !== undefined);
  const bySubject = Map.groupBy(told, ({ subject }) => subject);
  const alike = Map.groupBy([...bySubject.values()], (own) =>
    JSON.stringify(own.map(({ kind, before, after, at }) => [kind, before, after, moment(at)])),
  );
  return [...alike.values()].flatMap((hosts) => {
    const [own = []] = hosts;
    const names = namesOf(hosts.flatMap(([first]) => first?.subject ?? []));
    return bySeen(own).map((seen) => {
      const clauses = seen.flatMap((change) => clauseOf(change, names, hosts.length > 1) ?? []);
      return `${joined(clauses)} (seen ${moment(seen[0]?.at ?? 0)})`;
    });
  });
}

const bySeen = (changes: readonly Change[]): Change[][] => [
  ...Map.groupBy(changes, ({ at }) => moment(at)).values(),
];

function namesOf(subjects: readonly string[]): string {
  const names = subjects.map((subject) => plain(subject, 100));
  return names.length < ALIKE_KEPT
    ? listed(names, ALIKE_KEPT)
    : `${names.slice(0, ALIKE_KEPT - 1).join(', ')} and others`;
}

/** Clauses about the same begin with it once. */
function joined(clauses: readonly Clause[]): string {
  const about = Map.groupBy(clauses, (clause) => clause.about);
  return [...about]
    .map(([noun, all]) => {
      const said = all.map(({ says }) => says);
      return `${noun} ${said.length < 2 ? said.join('') : `${said.slice(0, -1).join(', ')}, and ${said.at(-1)}`}`;
    })
    .join('; ');
}

interface Clause {
  readonly about: string;
  readonly says: string;
}

function clauseOf(change: Change, names: string, many: boolean): Clause | undefined {
  const [before, after] = [named(change.before), named(change.after)];
  const [s, has, is] = many ? ['', 'have', 'are'] : ['s', 'has', 'is'];
  const host = (says: string): Clause => ({ about: names, says });
  switch (change.kind) {
    case 'name-removed':
      return host(`no longer present${s} ${before}`);
    case 'name-added':
      return host(`present${s} ${after} as well`);
    case 'issuer-changed':
      return {
        about: `the certificate of ${names}`,
        says: `comes from ${after}, before from ${before}`,
      };
    case 'anchor-changed':
      return { about: `the chain of ${names}`, says: `ends at ${after}, before at ${before}` };
    case 'key-changed':
      return host(`${has} a new key`);
    case 'renewed':
      return host(`renewed ${many ? 'their' : 'its'} certificate`);
    case 'mx-added':
      return { about: `mail to ${names}`, says: `now goes to ${after}` };
    case 'mx-removed':
      return { about: `mail to ${names}`, says: `no longer goes to ${before}` };
    case 'starttls-lost':
      return host(`no longer offer${s} STARTTLS`);
    case 'trust-lost':
      return { about: `the chain of ${names}`, says: 'was trusted and is no longer' };
    case 'tlsa-added':
      return host(`${has} a new TLSA record, ${after}`);
    case 'tlsa-announced':
      return host(`announced a new key by the TLSA record ${after}`);
    case 'tlsa-removed':
      return host(`no longer ${has} the TLSA record ${before}`);
    case 'dnssec-lost':
      return host(`${is} no longer signed in DNS`);
    case 'dnssec-broken':
      return { about: 'DNS', says: `fails over the signatures of ${names}` };
    case 'varies':
      return host(`present${s} now this, now that`);
    default:
      return undefined;
  }
}

function named(value: Change['before']): string {
  const names = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  return names.length === 0 ? 'nothing' : listed(names.map(plainName));
}
