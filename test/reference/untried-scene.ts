/**
 * Next hops of which every address is passed over without a word, since wrapper mode asks for a level above `may`: what
 * Postfix says then is what it holds of hosts whose lookup failed, in whatever order they stand.
 *
 * A destination is named after its hosts and its configuration: `nx-ok-servfail.plain.untried.test`.
 */
import type { RecordSet } from '../internet/dns-server.ts';
import type { Identity } from '../internet/tls-server.ts';
import type { Configuration, Scene } from './scene.ts';

const HOSTS = {
  ok: 'ok.untried.test',
  nx: 'nx.untried.test',
  nodata: 'nodata.untried.test',
  servfail: 'servfail.untried.test',
  name: 'bad_name.untried.test',
  none: '-.untried.test',
} as const;

type Host = keyof typeof HOSTS;

const WALKS: readonly (readonly Host[])[] = [
  ['ok'],
  ...(['nx', 'nodata', 'servfail', 'name', 'none'] as const).flatMap((bad): Host[][] => [
    [bad, 'ok'],
    ['ok', bad],
    [bad, 'ok', 'nx'],
    ['servfail', 'ok', bad],
    [bad, 'servfail', 'ok'],
  ]),
];

const STAGES: readonly Pick<Configuration, 'name' | 'mainCf'>[] = [
  { name: 'plain', mainCf: [] },
  { name: 'soft', mainCf: ['soft_bounce = yes'] },
  { name: 'deferred', mainCf: ['smtp_defer_if_no_mx_address_found = yes'] },
  { name: 'fallback', mainCf: ['smtp_fallback_relay = nx-ok.plain.untried.test'] },
  { name: 'four', mainCf: ['inet_protocols = ipv4'] },
];

export function untriedScene(identity: Identity): Scene {
  const dns: RecordSet[] = [
    { name: HOSTS.ok, type: 'A', data: ['127.65.0.1'] },
    { name: HOSTS.nodata, type: 'TXT', data: ['no address'] },
    { name: HOSTS.servfail, type: 'A', fail: 'SERVFAIL' },
    { name: HOSTS.servfail, type: 'AAAA', fail: 'SERVFAIL' },
  ];
  const configurations = STAGES.map(({ name, mainCf }): Configuration => {
    const recipients = WALKS.map((hosts) => {
      const domain = `${hosts.join('-')}.${name}.untried.test`;
      dns.push({ name: domain, type: 'MX', data: hosts.map((host, i) => `${i + 1} ${HOSTS[host]}`) });
      return domain;
    });
    return {
      name: `untried: ${name}`,
      mainCf: ['smtp_tls_wrappermode = yes', ...mainCf],
      policy: recipients.map((domain) => `${domain} may\n`).join(''),
      recipients,
    };
  });
  return { dns, servers: [{ address: '127.65.0.1', behaviour: 'ok', ...identity }], files: {}, configurations };
}
