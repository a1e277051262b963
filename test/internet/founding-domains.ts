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

/** Publishes and starts them. */
export async function foundingDomains(internet: Internet): Promise<FoundingDomains> {
  const root = await createAuthority('Founding Root');
  const intermediate = await root.intermediate('Founding Intermediate');
  const issue = async (options: Parameters<Authority['issue']>[0]): Promise<Identity> => {
    const { chainPem, keyPem } = await intermediate.issue({ eku: ['serverAuth', 'clientAuth'], ...options });
    return { chain: chainPem, key: keyPem };
  };

  const facebook = await internet.mailHost({
    host: 'msgin.vvv.facebook.com',
    ...(await issue({ commonName: '*.facebook.com', dnsNames: ['*.facebook.com', '*.vvv.facebook.com'] })),
  });
  const hearst = await internet.mailHost({
    host: 'mxa-000c7201.gslb.pphosted.com',
    ...(await issue({ commonName: 'gslb.pphosted.com' })),
  });
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
  const fastmail = [
    await internet.mailHost({ host: 'in1-smtp.messagingengine.com', addresses: 2, ...messagingengine }),
    await internet.mailHost({ host: 'in2-smtp.messagingengine.com', addresses: 2, ...messagingengine }),
  ] as const;
  internet.domain('facebook.com', facebook);
  internet.domain('hearst.com', hearst);
  internet.domain('fastmail.fm', ...fastmail);
  return { policy: FOUNDING_POLICY, anchors: root.certificate.pem, facebook, hearst, fastmail, issue };
}
