/**
 * The three domains it all started with, with certificates of the shape their hosts presented (Server Fault 759985):
 * facebook.com passes, hearst.com passes by its match list, fastmail.fm does not verify though nothing is wrong with its host.
 */
import { type Authority, createAuthority } from './authority.ts';
import type { Internet, MailHost } from './internet.ts';
import type { Identity } from './tls-server.ts';

export interface FoundingDomains {
  /** The table, as the question had it. */
  readonly policy: string;
  /** PEM of the root above all three. */
  readonly anchors: string;
  readonly facebook: MailHost;
  readonly hearst: MailHost;
  readonly fastmail: readonly [MailHost, MailHost];
  /** Chains for later days, from the same intermediate: another name for facebook.com's host, or a renewal. */
  issue(options: Parameters<Authority['issue']>[0]): Promise<Identity>;
}

export const FOUNDING_POLICY = `facebook.com    secure ciphers=high
hearst.com      secure match=gslb.pphosted.com ciphers=high
fastmail.fm     secure ciphers=high
`;

/** What stands behind each of them, before anything is started: preferences in order. */
export interface FoundingHost {
  readonly domain: string;
  readonly host: string;
  /** How many addresses. */
  readonly addresses: number;
  readonly identity: Identity;
}

/** Mints the chains. `issue` makes further ones from the same intermediate; `anchors` is the root's PEM. */
export async function mintFoundingHosts() {
  const root = await createAuthority('Founding Root');
  const intermediate = await root.intermediate('Founding Intermediate');
  const issue: FoundingDomains['issue'] = async (options) => {
    const { chainPem, keyPem } = await intermediate.issue({ eku: ['serverAuth', 'clientAuth'], ...options });
    return { chain: chainPem, key: keyPem };
  };
  const messagingengine = await issue({
    commonName: '*.messagingengine.com',
    dnsNames: [
      '*.messagingengine.com',
      'messagingengine.com',
      'mail.messagingengine.com',
      'dav.messagingengine.com',
      'caldav.messagingengine.com',
      'carddav.messagingengine.com',
    ],
  });
  const facebook: FoundingHost = {
    domain: 'facebook.com',
    host: 'msgin.vvv.facebook.com',
    addresses: 1,
    identity: await issue({ commonName: '*.facebook.com', dnsNames: ['*.facebook.com', '*.vvv.facebook.com'] }),
  };
  const hearst: FoundingHost = {
    domain: 'hearst.com',
    host: 'mxa-000c7201.gslb.pphosted.com',
    addresses: 1,
    identity: await issue({ commonName: 'gslb.pphosted.com' }),
  };
  const fastmail = (host: string): FoundingHost => ({ domain: 'fastmail.fm', host, addresses: 2, identity: messagingengine });
  const [in1, in2] = [fastmail('in1-smtp.messagingengine.com'), fastmail('in2-smtp.messagingengine.com')];
  return { facebook, hearst, in1, in2, anchors: root.certificate.pem, issue };
}

/** Publishes and starts them. */
export async function foundingDomains(internet: Internet): Promise<FoundingDomains> {
  const { anchors, issue, ...hosts } = await mintFoundingHosts();
  const start = ({ host, addresses, identity }: FoundingHost) => internet.mailHost({ host, addresses, ...identity });
  const [facebook, hearst] = [await start(hosts.facebook), await start(hosts.hearst)];
  const fastmail = [await start(hosts.in1), await start(hosts.in2)] as const;
  internet.domain('facebook.com', facebook);
  internet.domain('hearst.com', hearst);
  internet.domain('fastmail.fm', ...fastmail);
  return { policy: FOUNDING_POLICY, anchors, facebook, hearst, fastmail, issue };
}
