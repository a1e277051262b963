/**
 * Lint of match lists at verify and secure: names that can never match, or that cover more or less
 * than they seem to.
 */
import { getDomain } from 'tldts';
import { isHostAddress, toAscii } from '../../postfix/hostname.ts';
import { atLeast } from '../../postfix/version.ts';
import { parseMatch } from '../match-pattern.ts';
import { parseNextHop } from '../next-hop.ts';
import { defersFor, type Finding, type Judged, NOT_VERIFIED } from './problem.ts';

export function lintMatch(judged: Judged): Finding[] {
  const { entry, level, attributes, demand } = judged;
  if (level !== 'verify' && level !== 'secure') return [];
  const findings: Finding[] = [];
  const elements = attributes.match;
  const replaced =
    demand.kind === 'demand' && demand.mxHostPatterns !== undefined && elements !== undefined;
  if (elements === undefined) {
    if (level === 'secure' && isAddressHop(entry.key) && checksAddresses(judged))
      findings.push(addressHop(entry.key));
  } else {
    const usable = elements.filter((element) => element !== '.');
    if (usable.length === 0) {
      const cure =
        'name the host or domain in match=, or delete match= to have the default of the level';
      return [
        {
          code: 'no-usable-name',
          severity: 'defers',
          effect: `match= names nothing: ${defersFor(entry.key, NOT_VERIFIED)}`,
          cure,
        },
      ];
    }
    const parents = new Set(
      elements.filter((element) => element.startsWith('.')).map((parent) => parent.toLowerCase()),
    );
    const list: MatchList = { alone: elements.length === 1, parents };
    for (const element of new Set(usable)) findings.push(...lintElement(element, list, judged));
  }
  const names = elements ?? (level === 'verify' ? judged.bundle.settings.verifyCertMatch : []);
  if (!replaced && names.some((name) => name.toLowerCase() === 'hostname')) {
    findings.push({
      code: 'unsigned-name',
      severity: 'note',
      effect:
        `${elements === undefined ? 'verify' : 'match=hostname'} checks the name that the MX ` +
        'answer gives, which nobody signed: any valid certificate of any host will do',
      cure: 'name the provider in secure match=, or use dane-only where it publishes TLSA records',
    });
  }
  return findings;
}

/** What stands beside one element. */
interface MatchList {
  readonly alone: boolean;
  /** The elements with a dot at their start, in lower case. */
  readonly parents: ReadonlySet<string>;
}

function lintElement(element: string, list: MatchList, judged: Judged): Finding[] {
  const { entry } = judged;
  const only = list.alone ? `: ${defersFor(entry.key, NOT_VERIFIED)}` : '';
  if (isHostAddress(element)) {
    if (!checksAddresses(judged)) return [];
    return [
      {
        code: 'address-in-match',
        severity: 'defers',
        effect:
          `${element} in match= is asked of the certificate in addition to a name, and hardly ` +
          `any certificate has it: ${defersFor(entry.key, NOT_VERIFIED)}`,
        cure: `delete ${element}`,
      },
    ];
  }
  if (element.startsWith('*.')) {
    const effect =
      `${element} in match= is no wildcard: it matches a certificate that has this very text, ` +
      'and no host name';
    return [
      { code: 'literal-star', severity: 'warning', effect, cure: `write ${element.slice(1)}` },
    ];
  }
  if (element.endsWith('.')) {
    const effect = `${element} in match= has a dot at its end, and matches no certificate${only}`;
    const cure = `write ${element.replace(/\.+$/, '')}`;
    return [{ code: 'trailing-dot', severity: list.alone ? 'defers' : 'warning', effect, cure }];
  }
  const pattern = parseMatch(element);
  const hop = parseNextHop(entry.key.replace(/^\./, ''), 'transport', judged.bundle.settings);
  return pattern.kind === 'name' && !('kind' in hop) ? lintName(pattern.name, list, hop.host) : [];
}

/** A name that is not the next hop's own: a provider's, and perhaps only one of its hosts. */
function lintName(name: string, { parents }: MatchList, nextHop: string): Finding[] {
  const ascii = toAscii(name.toLowerCase());
  const owner = getDomain(ascii, { allowPrivateDomains: false });
  if (owner === null || isBelow(ascii, parents) || isHostAddress(nextHop)) return [];
  if (owner === getDomain(toAscii(nextHop), { allowPrivateDomains: false })) return [];
  if (ascii === owner) {
    const effect =
      `${name} in match= covers a certificate for ${name} alone, ` + `and not one for mx.${name}`;
    return [
      { code: 'provider-domain', severity: 'note', effect, cure: `write match=.${name}:${name}` },
    ];
  }
  return [
    {
      code: 'provider-host',
      severity: 'note',
      effect:
        `${name} in match= is one name: ` +
        `a certificate for another host of ${owner} would be refused`,
      cure:
        `write .${owner}, if the provider's documentation says ` +
        'that its mail hosts are below it',
    },
  ];
}

function isBelow(name: string, parents: ReadonlySet<string>): boolean {
  const dotted = `.${name}`;
  for (let dot = 0; dot >= 0; dot = dotted.indexOf('.', dot + 1))
    if (parents.has(dotted.slice(dot))) return true;
  return false;
}

function addressHop(key: string): Finding {
  return {
    code: 'address-next-hop',
    severity: 'defers',
    effect:
      `secure asks the certificate for the address of ${key} and for a name below it, which no ` +
      `certificate has: ${defersFor(key, NOT_VERIFIED)}`,
    cure: "write match= with the certificate's host name",
  };
}

/** Whether a key is an address literal, in brackets or bare. */
function isAddressHop(key: string): boolean {
  const host = /^\[(?:ipv6:)?(?<host>[^\]]+)\]/i.exec(key)?.groups?.host;
  return isHostAddress(host ?? key);
}

/** From 3.6 an address among the names is a demand of its own (OpenSSL 3). */
function checksAddresses({ bundle }: Judged): boolean {
  return atLeast(bundle.settings.version, '3.6');
}
