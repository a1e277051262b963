/** Log files in the order in which they were written. Pure. */

/**
 * Rotated files before those that followed them, whatever the order in which a shell gave them:
 * `mail.log.2.gz`, `mail.log.1`, `mail.log`; by date where rotation writes dates. Files of other
 * logs keep their places.
 */
export function oldestFirst(paths: readonly string[]): string[] {
  const groups = Map.groupBy(paths, (path) => rotationOf(path).base);
  return [...groups.values()].flatMap((group) =>
    group
      .map((path, place) => ({ path, place, ...rotationOf(path) }))
      .sort(
        (a, b) =>
          a.rank - b.rank || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0) || a.place - b.place,
      )
      .map(({ path }) => path),
  );
}

interface Rotation {
  readonly base: string;
  /** Below 0: so many rotations ago. 0: by date, as `text` has it. 1: in use. */
  readonly rank: number;
  readonly text: string;
}

function rotationOf(path: string): Rotation {
  const bare = path.replace(/\.(?:gz|zst)$/, '');
  const numbered = /^(.*)\.(\d{1,4})$/.exec(bare);
  if (numbered !== null) return { base: numbered[1] ?? '', rank: -Number(numbered[2]), text: '' };
  const dated = /^(.*?)[-.](\d{4}-?\d\d-?\d\d(?:[-T.]?\d+)?)$/.exec(bare);
  if (dated !== null) return { base: dated[1] ?? '', rank: 0, text: dated[2] ?? '' };
  return { base: bare, rank: 1, text: '' };
}
