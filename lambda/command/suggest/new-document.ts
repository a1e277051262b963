/** What `suggest --new` found, in the document of `--json`. Pure. */
import type { NewShown } from './new.ts';
import { whoseWords } from './new-words.ts';
import type { SuggestDocument } from './schema.ts';

export function newDocument({ asked, groups }: NewShown): SuggestDocument['new'] {
  const { source, since, recipients, covered, others, beyond } = asked;
  return {
    source,
    since: since === undefined ? null : new Date(since).toISOString(),
    recipients: recipients?.all ?? null,
    providers: groups.map((group) => ({
      whose: group.whose.kind,
      name: whoseWords(group.whose),
      recipients: group.recipients ?? null,
      destinations: group.destinations.map(({ candidate, change, left, ...one }) => ({
        key: candidate.id,
        domains: [...candidate.domains],
        recipients: one.recipients ?? null,
        level: candidate.level,
        line: change?.after ?? null,
        left: left ?? null,
      })),
    })),
    covered: covered.map(({ name, entry: { table, line, key } }) => ({ name, table, line, key })),
    others: others.map((one) => ({ ...one })),
    beyond,
  };
}
