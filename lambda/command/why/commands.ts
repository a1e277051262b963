/** The commands that `why` gives, with what each of them does. Pure. */
import { isHostname, toAscii } from '../../postfix/hostname.ts';
import type { Answer } from '../../run/why/why.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import { shellWord } from '../../text/strangers.ts';
import type { WhyFlags } from './flags.ts';

export interface Step {
  readonly command: string;
  readonly does: string;
  /** The same for every message but for its id. */
  readonly forAll: boolean;
}

/** For the mail that waits; empty where none does. */
export function stepsFor(
  { held, suggestion, demand }: Answer,
  { configDirectory }: Pick<WhyFlags, 'configDirectory'>,
): Step[] {
  const [first] = held.waiting;
  if (first === undefined) return [];
  const own = configDirectory === undefined || configDirectory === '/etc/postfix';
  const directory = own ? undefined : shellWord(configDirectory);
  const c = directory === undefined ? '' : ` -c ${directory}`;
  const table = demand?.entry?.table;
  const indexed = table !== undefined && /^(?:hash|btree|lmdb|cdb|dbm|sdbm):/.test(table);
  const word = indexed ? shellWord(table) : undefined;
  return [
    ...(suggestion !== null && word !== undefined
      ? [
          {
            command: `postmap${c} ${word}`,
            does: 'after the line is changed, so that it counts',
            forAll: false,
          },
        ]
      : []),
    {
      command: `postqueue${c} -i ${first.queueId}`,
      does: 'tries that message at once',
      forAll: false,
    },
    {
      command: `postqueue${c} -f`,
      does: 'tries all that waits at once, for every destination',
      forAll: true,
    },
    {
      command: `postsuper${c} -h ${first.queueId}`,
      does: 'puts it on hold: neither tried nor given up until postsuper -H',
      forAll: true,
    },
    {
      command: `postsuper${c} -d ${first.queueId}`,
      does: 'deletes it; nobody is told',
      forAll: true,
    },
  ];
}

/** What looks at the destination today; null where no shell takes it. */
export function lookCommand({ held }: Answer, own: OwnCommand): string | null {
  // Whoever may send mail chooses it; it must not read as an option.
  if (!isHostname(toAscii(held.domain))) return null;
  return own('explain', [held.domain]) ?? null;
}
