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
  const families = [...(vantage.ipv4 === 'blind' ? ['IPv4'] : []), ...(vantage.ipv6 === 'blind' ? ['IPv6'] : [])];
  return [
    ...text(
      `No connection over ${listed(families)} reached a mail server that could be believed, not even a control host, so nothing is known of today's state of ${entriesCount(verdicts.size)}. What was known before is kept, and no new failure is told from such a run.`,
    ),
    ...text(
      'Look at the way out to port 25 from here: firewall, provider (many block port 25), NAT gateway and its address, whatever on the network answers in place of mail servers.',
    ),
    ...(news === 'opened' ? [] : text(`Blind since ${moment(incident.openedAt)}.`)),
  ];
}
