/**
 * Mail addresses as they are taken for `--mail-to` and `--mail-from`: what every server takes, so
 * that nothing in them could end a command or a header; and the server of `--smtp`. Pure.
 */

/** `local@domain`, the domain perhaps without a dot: `root@localhost`. Undefined for all else. */
export function parseAddress(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  const [local, domain] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  const taken =
    text.length <= ADDRESS_CHARS &&
    local.length <= LOCAL_CHARS &&
    DOT_ATOM.test(local) &&
    DOMAIN.test(domain);
  return taken ? text : undefined;
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** `host`, `host:port`, `[address]:port`, or an IPv6 address alone; without a port, 25. */
export function parseServer(
  text: string,
): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, name, alone, digits] =
    /^(?:\[([\dA-Fa-f:.]+)\]|([\w.-]+)|((?:[\dA-Fa-f]*:){2,}[\dA-Fa-f.]*))(?::(\d{1,5}))?$/.exec(
      text,
    ) ?? [];
  const host = bracketed ?? name ?? alone;
  const port = Number(digits ?? 25);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const DOT_ATOM = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`);
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
/** RFC 5321, 4.5.3.1. */
const LOCAL_CHARS = 64;
const ADDRESS_CHARS = 254;
