/**
 * The names of mail hosts that large providers document themselves, with the page that says so and
 * the day on which it was read. Pure.
 *
 * A name is here only where a page of the provider has it. That a domain uses a provider is another
 * matter: unsigned DNS says it. `docs/providers.md` has the same table; a test holds them equal.
 */
import type { MatchPattern } from './entry.ts';
import { printMatch } from './match-pattern.ts';

export interface Provider {
  readonly name: string;
  /** As match lists write them: a host, or `.parent` for every name below. */
  readonly names: readonly string[];
  readonly url: string;
  /** ISO date on which the page, or a stored copy of it, was read. */
  readonly read: string;
}

export const PROVIDERS: readonly Provider[] = [
  {
    name: 'Amazon SES',
    names: [
      'inbound-smtp.us-east-1.amazonaws.com',
      'inbound-smtp.us-west-2.amazonaws.com',
      'inbound-smtp.eu-west-1.amazonaws.com',
    ],
    url: 'https://docs.aws.amazon.com/ses/latest/dg/regions.html',
    read: '2026-11-28',
  },
  {
    name: 'Cisco Secure Email Threat Defense',
    names: [
      'mx.us.etd.cisco.com',
      'mx.eu.etd.cisco.com',
      'mx.in.etd.cisco.com',
      'mx.au.etd.cisco.com',
      'mx.ae.etd.cisco.com',
    ],
    url: 'https://docs.cmd.cisco.com/en/Content/secure-email-threat-defense-user-guide/Setup%20SMTP/Set%20up%20Your%20Message%20Source/SMTP.htm',
    read: '2026-11-28',
  },
  {
    name: 'Cloudflare Email Routing',
    names: ['.mx.cloudflare.net'],
    url: 'https://developers.cloudflare.com/email-routing/setup/mta-sts/',
    read: '2026-11-28',
  },
  {
    name: 'Forward Email',
    names: ['mx1.forwardemail.net', 'mx2.forwardemail.net'],
    url: 'https://github.com/forwardemail/forwardemail.net/blob/master/app/views/faq/index.md',
    read: '2026-11-28',
  },
  {
    name: 'Mailgun',
    names: ['mxa.mailgun.org', 'mxb.mailgun.org'],
    url: 'https://documentation.mailgun.com/docs/mailgun/user-manual/domains/domains-verify',
    read: '2026-11-28',
  },
  {
    name: 'Microsoft 365',
    names: ['.mail.protection.outlook.com'],
    url: 'https://learn.microsoft.com/en-us/purview/enhancing-mail-flow-with-mta-sts',
    read: '2026-11-28',
  },
  {
    name: 'OVHcloud',
    names: [
      'mx0.mail.ovh.net',
      'mx1.mail.ovh.net',
      'mx2.mail.ovh.net',
      'mx3.mail.ovh.net',
      'mx4.mail.ovh.net',
    ],
    url: 'https://github.com/ovh/docs/blob/develop/pages/web_cloud/domains/dns_zone_mx/guide.en-gb.md',
    read: '2026-11-28',
  },
  {
    name: 'Postmark',
    names: ['inbound.postmarkapp.com'],
    url: 'https://postmarkapp.com/developer/user-guide/inbound/inbound-domain-forwarding',
    read: '2026-11-28',
  },
  {
    name: 'Proton Mail',
    names: ['mail.protonmail.ch', 'mailsec.protonmail.ch'],
    url: 'https://github.com/ProtonMail/WebClients/blob/main/packages/components/containers/domains/MXSection.tsx',
    read: '2026-11-28',
  },
  {
    name: 'Twilio SendGrid',
    names: ['mx.sendgrid.net'],
    url: 'https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook',
    read: '2026-11-28',
  },
  {
    name: 'Zoho Mail',
    names: ['mx.zoho.com', 'mx2.zoho.com', 'mx3.zoho.com'],
    url: 'https://www.zoho.com/jp/mail/help/adminconsole/print/network-solutions-mx.html',
    read: '2026-11-28',
  },
];

/** The provider that documents every one of these patterns, or what each is within; else undefined. */
export function documenting(patterns: readonly MatchPattern[]): Provider | undefined {
  const names = patterns.map(printMatch);
  return names.length === 0
    ? undefined
    : PROVIDERS.find((provider) => names.every((name) => isDocumented(provider, name)));
}

/** The same of MX hosts. */
export const documentingHosts = (hosts: readonly string[]): Provider | undefined =>
  documenting(hosts.map((host) => ({ kind: 'name', name: host.replace(/\.$/, '') })));

/** `Microsoft 365 documents (https://…, read 2026-11-28)`. */
export const documentedBy = ({ name, url, read }: Provider): string =>
  `${name} documents (${url}, read ${read})`;

const isDocumented = ({ names }: Provider, pattern: string): boolean => {
  const wanted = pattern.toLowerCase();
  return names.some((name) => wanted === name || (name.startsWith('.') && wanted.endsWith(name)));
};
