/** The body of an item about blindness: a run that could see nothing says exactly that. Pure. */
import type { AlertInput } from './alert.ts';
import { type Block, text } from './block.ts';
import type { Item } from './due.ts';
import { daysLong, moment } from './when.ts';
import { entriesCount, listed } from './wording.ts';

export function blindBlocks({ news, incident }: Item, { vantage, now, verdicts }: AlertInput): readonly Block[] {
  if (news === 'resolved') {
    return text(
      `Port 25 is open from here again. It was not from ${moment(incident.openedAt)} on, for ${daysLong(now - incident.openedAt)}; what happened in between was not watched.`,
    );
  }
  const all = [...verdicts.values()];
  const unseen = all.filter(({ verdict }) => verdict === 'undetermined').length;
  const failing = all.filter(({ verdict }) => verdict === 'fail').length;
  const families = [...(vantage.ipv4 === 'blind' ? ['IPv4'] : []), ...(vantage.ipv6 === 'blind' ? ['IPv6'] : [])];
  return [
    ...text(
      `No handshake over ${listed(families)} gave a certificate valid under your anchors, neither at a host of the table nor at a control host. Until one does, the silence of a mail server is not believed: nothing is known today of ${entriesCount(unseen)}, and what was known before is kept.`,
    ),
    ...(failing === 0
      ? []
      : text(
          'What does answer and fails may be something in between that answers for mail servers: compare with another place.',
        )),
    ...text(
      'Look at the way out to port 25 from here: firewall, provider (many block port 25), NAT gateway and its address. A host of your own that is known to be well, given as --control-host, makes the proof independent of others.',
    ),
    ...(news === 'opened' ? [] : text(`Blind since ${moment(incident.openedAt)}.`)),
  ];
}
