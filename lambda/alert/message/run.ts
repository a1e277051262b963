/**
 * The body of an item about the runs themselves: they could see nothing, or were cut short. Pure.
 */

import { daysLong, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { isUnfinished } from '../../verdict/verdict.ts';
import type { RunReason } from '../incident/cause.ts';
import type { Item } from '../incident/due.ts';
import { type Block, text } from './block.ts';
import type { AlertInput } from './input.ts';
import { entriesCount } from './wording.ts';

export function runBlocks(item: Item, reason: RunReason, input: AlertInput): readonly Block[] {
  switch (reason) {
    case 'blind':
      return blindBlocks(item, input);
    case 'partial':
      return partialBlocks(item, input);
    case 'channel':
      return channelBlocks(item, input);
  }
}

function blindBlocks(
  { news, incident }: Item,
  { vantage, now, verdicts }: AlertInput,
): readonly Block[] {
  if (news === 'resolved') {
    return text(
      `Port 25 is open from here again. It was not from ${moment(incident.openedAt)} on, for ` +
        `${daysLong(now - incident.openedAt)}; what happened in between was not watched.`,
    );
  }
  const all = [...verdicts.values()];
  const undetermined = all.filter(({ verdict }) => verdict === 'undetermined').length;
  const failing = all.filter(({ verdict }) => verdict === 'fail').length;
  const families = [
    ...(vantage.ipv4 === 'blind' ? ['IPv4'] : []),
    ...(vantage.ipv6 === 'blind' ? ['IPv6'] : []),
  ];
  return [
    ...text(
      `No handshake over ${listed(families)} gave a certificate valid under your anchors, ` +
        'neither at a host of the table nor at a control host. Until one does, the silence of a ' +
        `mail server is not believed: nothing is known today of ${entriesCount(undetermined)}, ` +
        'and what was known before is kept.',
    ),
    ...(failing === 0
      ? []
      : text(
          'What does answer and fails may be something in between that answers for mail servers: ' +
            'compare with another place.',
        )),
    ...text(
      'Look at the way out to port 25 from here: firewall, provider (many block port 25), NAT ' +
        'gateway and its address. A host of your own that is known to be well, given as ' +
        '--control-host, makes the proof independent of others.',
    ),
    ...(news === 'opened' ? [] : text(`Blind since ${moment(incident.openedAt)}.`)),
  ];
}

function partialBlocks({ news, incident }: Item, { now, verdicts }: AlertInput): readonly Block[] {
  const lasted = `from ${moment(incident.openedAt)} on, for ${daysLong(now - incident.openedAt)}`;
  if (news === 'resolved')
    return text(`This run looked at everything. Those before it did not, ${lasted}.`);
  const missing = [...verdicts.values()].filter(isUnfinished).length;
  return [
    ...text(
      'This run and the one before it ended before everything was looked at: today ' +
        `${entriesCount(missing)} had to wait. What was not asked comes first in the next run.`,
    ),
    ...text(
      'Give the run more time (--deadline, or the time limit and memory of the function), or let ' +
        'it have more conversations at once (--concurrency, --per-network).',
    ),
  ];
}

function channelBlocks({ incident }: Item, { run }: AlertInput): readonly Block[] {
  const name = incident.cause.detail ?? '';
  const because = run.channels?.tried.find((one) => one.name === name)?.because;
  return [
    ...text(
      `Tried before anything was looked at, and would have taken no message: ` +
        `${plain(because ?? name, 400)}.`,
    ),
    ...text(
      'What it does not take, the other channels have, and it is told there once it can be reached.',
    ),
  ];
}
