/** The units of docs/examples as the Debian package installs them: its paths, its user. Pure. */

/** Where a package's units are. */
export const UNIT_FOLDER = 'usr/lib/systemd/system';

export const UNITS = [
  'postfix-tls-watch.service',
  'postfix-tls-watch-failed.service',
  'postfix-tls-watch.timer',
] as const;

/** @throws Error where the example no longer has what the package changes in it */
export function packagedUnit(name: (typeof UNITS)[number], example: string): string {
  let unit = withPackagedCommand(example).replaceAll('/etc/systemd/system/', `/${UNIT_FOLDER}/`);
  for (const { from, to } of CHANGES[name]) {
    if (!unit.includes(from)) throw new Error(`docs/examples/${name} has no "${from}" to change`);
    unit = unit.replaceAll(from, to);
  }
  return unit;
}

/** Texts name the command where npm puts it; manual pages have dashes of their own. */
export const withPackagedCommand = (text: string): string =>
  text.replaceAll(/\/usr\/local(?=\/bin\/postfix\\?-tls\\?-watch\b)/g, '/usr');

const CHANGES: Readonly<
  Record<(typeof UNITS)[number], readonly { readonly from: string; readonly to: string }[]>
> = {
  'postfix-tls-watch.service': [
    {
      from: '# A user that is there while the run is, and owns /var/lib/postfix-tls-watch.\nDynamicUser=yes\n',
      to: '# The user of the package, who owns /var/lib/postfix-tls-watch.\nUser=postfix-tls-watch\n',
    },
  ],
  // Every Postfix delivers it, to whoever reads root's mail.
  'postfix-tls-watch-failed.service': [{ from: 'postmaster@example.com', to: 'root@localhost' }],
  'postfix-tls-watch.timer': [],
};
