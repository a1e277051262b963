/** What the other side is told of a reason, and asked for. Pure. */
import { REASONS, type Reason, type ReasonGroup } from '../../verdict/reason.ts';

/**
 * None where it is not theirs to mend; a reason of an address needs an address to show, one of a
 * whole entry stands alone.
 */
export function pleaOf(reason: Reason, showsAddress: boolean): Plea | undefined {
  const { group, whose, fails } = REASONS[reason];
  if (whose !== 'theirs' || showsAddress !== (fails !== undefined)) return undefined;
  return OF_REASON[reason] ?? (fails === undefined ? undefined : OF_GROUP[group]);
}

export interface Plea {
  readonly found: (domain: string, soon: boolean) => string;
  readonly wish: string;
}

const CHAIN: Plea = {
  found: () =>
    'The certificate chain that these servers present cannot be verified with the certification ' +
    'authorities that we trust:',
  wish:
    'Could you install a certificate from a public certification authority, with the whole ' +
    'chain of intermediate certificates?',
};
const STARTTLS: Plea = {
  found: () => 'These servers do not let us start TLS:',
  wish:
    'Could you make sure that STARTTLS is offered and works on each of these servers, on the port ' +
    'given?',
};
const TLSA: Plea = {
  found: () =>
    'We rely on the signed TLSA records of your mail servers (DANE, RFC 7672), and find none ' +
    'that we could use:',
  wish:
    'Could you see that the zone of the MX records and of each host is signed, and that each ' +
    'host has a TLSA record of usage 3 or 2 for the certificate in use?',
};

/** Of addresses whose reason has no plea of its own. */
const OF_GROUP: Partial<Record<ReasonGroup, Plea>> = { trust: CHAIN, tls: STARTTLS, dane: TLSA };

/** Where there is more to say than of the group. */
const OF_REASON: Partial<Record<Reason, Plea>> = {
  'tlsa-mismatch': {
    found: () =>
      'The TLSA records of these servers (DANE, RFC 7672) do not match the certificate that they ' +
      'present:',
    wish:
      'Could you publish the record of the certificate in use? At the next change of key, ' +
      'publish the new record some days before, and remove the old one afterwards (RFC 7671, ' +
      'section 8.1).',
  },
  'tlsa-lookup-failed': {
    found: () =>
      'Your name servers do not answer the question for the TLSA records of these servers:',
    wish:
      'Could you see that they answer it, with signatures that are valid, and that they deny ' +
      'it properly where there are none?',
  },
  'name-mismatch': {
    found: () =>
      'The certificate that these servers present does not carry the name that we expect:',
    wish:
      'Are these the names that your mail servers are meant to present? If so, please tell us ' +
      'that, by another way than mail if you can; if not, could you see that the certificate has ' +
      'the name?',
  },
  expired: {
    found: (_, soon) =>
      soon
        ? 'The certificate that these servers present ends then, and was not replaced yet:'
        : 'The certificate that these servers present has ended:',
    wish: 'Could you renew it, and see that every one of these servers presents the new one?',
  },
  'issuer-expired': {
    found: () =>
      'The chain that these servers present holds an issuing certificate that has ended:',
    wish: 'Could you send the current intermediate certificates with your own?',
  },
  'missing-intermediate': {
    found: () =>
      'These servers do not send the intermediate certificate that leads from their own to the ' +
      'root:',
    wish:
      'Could you add the intermediate certificates of your authority to what the server sends? ' +
      'Browsers fetch them from elsewhere, mail servers do not.',
  },
  'wrong-purpose': {
    found: () => 'The certificate that these servers present is not meant for servers:',
    wish: 'Could you use a certificate with the extended key usage serverAuth?',
  },
  'weak-signature': {
    found: () => 'The chain that these servers present has a signature that is too weak:',
    wish: 'Could you use a chain signed with SHA-2 throughout?',
  },
  'digest-mismatch': {
    found: () =>
      'The key or certificate that these servers present is not the one that we have on record ' +
      'for them:',
    wish: 'Is it yours? If so, please confirm its fingerprint by another way than this mail.',
  },
  'handshake-failed': {
    found: () => 'The TLS handshake with these servers fails:',
    wish: 'Could you check which protocol versions and ciphers they accept?',
  },
  'dns-bogus': {
    found: (domain) =>
      `The DNSSEC signatures of ${domain} are wrong or have run out, so that validating ` +
      'resolvers refuse to answer for it.',
    wish:
      'Could you have the zone signed again, and see that its keys are those that the parent ' +
      'zone names?',
  },
  'protection-lost': {
    found: (domain) =>
      `Until recently the mail servers of ${domain} could be authenticated by signed TLSA ` +
      'records (DANE, RFC 7672); now at least one of them cannot.',
    wish:
      'Is that intended? If not, could you publish the TLSA records again, and see that the ' +
      'zones are signed?',
  },
  nxdomain: {
    found: (domain) => `The domain ${domain} does not exist in DNS.`,
    wish:
      'Was it given up? If so, please tell us the addresses to write to; if not, could you ' +
      'look after its registration and name servers?',
  },
  'null-mx': {
    found: (domain) => `${domain} publishes a null MX record: it says that it takes no mail.`,
    wish: 'Is that intended? If so, please tell us the addresses to write to.',
  },
  'no-address': {
    found: (domain) => `None of the mail servers that ${domain} names has an address in DNS.`,
    wish: 'Could you look after the MX records and the addresses of the hosts they name?',
  },
  'not-a-name': {
    found: (domain) => `The MX records of ${domain} name something that is no host name.`,
    wish: 'Could you look after the MX records?',
  },
};
