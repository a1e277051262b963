/**
 * Mail addresses as they are taken for `--mail-to` and `--mail-from`: what every server takes, so
 * that nothing in them could end a command or a header. Pure.
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

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const DOT_ATOM = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`);
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
/** RFC 5321, 4.5.3.1. */
const LOCAL_CHARS = 64;
const ADDRESS_CHARS = 254;
