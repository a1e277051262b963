/** CHANGELOG.md as deb-changelog(5). Pure. */
import { wrap } from '../../lambda/text/wrap.ts';

export interface Packager {
  /** `Name <address>`. */
  readonly maintainer: string;
  /** Epoch seconds: of what is not released yet. */
  readonly date: number;
}

/**
 * One entry a release, the newest first. What is not released yet belongs to the version that is
 * packed.
 *
 * @throws Error where a release has no date, or none is that version
 */
export function debianChangelog(
  page: string,
  name: string,
  version: string,
  { maintainer, date }: Packager,
): string {
  const entries: { version: string; date: number; items: string[] }[] = [];
  for (const section of page.split(/^## /m).slice(1)) {
    const [heading = '', ...lines] = section.split('\n');
    const items = itemsOf(lines.join('\n'));
    const [, released, day] = /^(\S+) \((\d{4}-\d{2}-\d{2})\)$/.exec(heading) ?? [];
    if (released === undefined && heading !== 'Unreleased')
      throw new Error(`CHANGELOG.md: "## ${heading}" names no version with its date`);
    const open = entries.at(-1);
    if (open !== undefined && open.version === released) open.items.push(...items);
    else
      entries.push({
        version: released ?? version,
        date: day === undefined ? date : Date.parse(day) / 1000,
        items,
      });
  }
  if (entries[0]?.version !== version)
    throw new Error(`CHANGELOG.md begins with ${entries[0]?.version}, and ${version} is packed`);
  return entries
    .map((entry) =>
      [
        `${name} (${entry.version}) unstable; urgency=medium`,
        '',
        ...entry.items.flatMap((text) => wrap(`  * ${text}`, WIDTH, '    ')),
        '',
        ` -- ${maintainer}  ${rfc5322(entry.date)}`,
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** Each on one line, as plain text. */
const itemsOf = (text: string): string[] =>
  text
    .split(/^- /m)
    .slice(1)
    .map((entry) =>
      entry
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
        .replaceAll(/\*\*|`/g, '')
        .trim(),
    );

/** `Sat, 28 Nov 2026 09:00:00 +0000`. */
const rfc5322 = (date: number): string =>
  new Date(date * 1000).toUTCString().replace('GMT', '+0000');

const WIDTH = 78;
