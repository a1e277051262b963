import { expect, test } from 'vitest';
import { isSmtpTransport, namedNextHops, routeDomain, routingOf, servicesOfSenders } from '../../lambda/policy/transport.ts';
import { type BundleParts, bundleOf } from './bundle-of.ts';

const routing = (parts: BundleParts) => routingOf(bundleOf('', parts));
const to = (domain: string, parts: BundleParts) => {
  const routed = routeDomain(domain, routing(parts));
  return routed.kind === 'smtp'
    ? `${routed.transport}:${routed.nextHop} by ${routed.via}`
    : `${routed.kind} ${'transport' in routed ? routed.transport : ''}`;
};

test.each<BundleParts & { domain?: string; goes: string; because: string }>([
  { goes: 'smtp:a.test by recipient', because: 'nothing is set' },
  { mainCf: 'relayhost = [r.test]:587', goes: 'smtp:[r.test]:587 by relayhost', because: 'relayhost replaces the domain' },
  {
    mainCf: 'relayhost = r.test',
    transport: 'a.test smtp:',
    goes: 'smtp:a.test by transport',
    because: 'an empty next hop is the domain again',
  },
  {
    mainCf: 'relayhost = r.test',
    transport: 'a.test :',
    goes: 'smtp:r.test by relayhost',
    because: 'a colon alone changes nothing',
  },
  {
    mainCf: 'relayhost = r.test',
    transport: 'a.test :[h.test]',
    goes: 'smtp:[h.test] by transport',
    because: 'an empty transport stays',
  },
  { transport: 'A.Test smtp:[h.test]:2525', goes: 'smtp:[h.test]:2525 by transport', because: 'keys have no case' },
  { transport: 'a.test smtp', goes: 'smtp:a.test by transport', because: 'a transport needs no colon' },
  { transport: 'a.test slow:[h.test], [i.test]', goes: 'slow:[h.test], [i.test] by transport', because: 'a list stays a list' },
  {
    domain: 'x.y.a.test',
    transport: '.a.test smtp:[h.test]',
    goes: 'smtp:[h.test] by transport',
    because: 'a parent with a dot',
  },
  {
    domain: 'x.y.a.test',
    transport: '.a.test smtp:[h.test]\n.y.a.test smtp:[i.test]',
    goes: 'smtp:[i.test] by transport',
    because: 'the nearest parent',
  },
  {
    domain: 'x.a.test',
    transport: 'a.test smtp:[h.test]',
    goes: 'smtp:x.a.test by recipient',
    because: 'without a dot only the domain itself',
  },
  {
    domain: 'x.a.test',
    transport: 'a.test smtp:[h.test]',
    mainCf: 'parent_domain_matches_subdomains = transport_maps',
    goes: 'smtp:[h.test] by transport',
    because: 'unless parents match',
  },
  {
    domain: 'a.test',
    transport: '.a.test smtp:[h.test]',
    goes: 'smtp:a.test by recipient',
    because: 'a dot is not the domain itself',
  },
  { transport: '* smtp:[h.test]', goes: 'smtp:[h.test] by transport', because: 'a star is for all others' },
  {
    transport: '* smtp:',
    mainCf: 'relayhost = r.test',
    goes: 'smtp:a.test by transport',
    because: 'a star resets the next hop too',
  },
  { transport: '* smtp:[h.test]\na.test smtp:[i.test]', goes: 'smtp:[i.test] by transport', because: 'a star comes last' },
  { transport: 'a.test lmtp:unix:private/dovecot', goes: 'other lmtp', because: 'lmtp has no policy of ours' },
  { transport: 'a.test error:no mail', goes: 'other error', because: 'nor has error' },
  {
    mainCf: 'default_transport = smtp:[d.test]',
    goes: 'smtp:[d.test] by default-transport',
    because: 'a next hop in default_transport',
  },
  {
    mainCf: 'default_transport = smtp:[d.test]\nrelayhost = r.test',
    goes: 'smtp:[d.test] by default-transport',
    because: 'it wins over relayhost',
  },
  { mainCf: 'default_transport = uucp', goes: 'other uucp', because: 'another agent by default' },
  {
    domain: 'x.rel.test',
    mainCf: 'relay_domains = rel.test\nrelay_transport = lmtp:inet:h',
    goes: 'other lmtp',
    because: 'relay domains have a transport of their own',
  },
  {
    mainCf: 'relay_domains = rel.test\nrelay_transport = lmtp:inet:h',
    goes: 'smtp:a.test by recipient',
    because: 'others do not',
  },
])('$domain $mainCf $transport: $because', ({ domain, goes, because: _, ...parts }) => {
  expect(to(domain ?? 'a.test', parts)).toBe(goes);
});

test('a transport table that cannot be opened stops all mail', () => {
  const problem = {
    name: 'hash:/transport',
    kind: 'missing',
    because: 'open database /transport.db: No such file or directory',
  } as const;
  expect(routeDomain('a.test', routing({ transport: '', tableProblems: [problem] }))).toEqual({
    kind: 'table-broken',
    warning: 'transport_maps lookup failure',
    table: 'hash:/transport',
  });
});

test('every element that something names', () => {
  const named = namedNextHops(
    routing({
      transport: 'a.test smtp:[h.test]:25, i.test\nb.test lmtp:inet:h\nc.test :[j.test]',
      mainCf: 'relayhost = r.test\nsmtp_fallback_relay = [f.test]\ndefault_transport = smtp:d.test',
    }),
  );
  expect(named.map(({ text, via }) => `${text} ${via}`)).toEqual([
    '[h.test]:25 transport',
    'i.test transport',
    '[j.test] transport',
    'r.test relayhost',
    'd.test default-transport',
    '[f.test] fallback-relay',
  ]);
});

test('static: routes everything', () => {
  const bundle = bundleOf('', { mainCf: 'transport_maps = static:smtp:[s.test]' });
  expect(routeDomain('a.test', routingOf(bundle))).toMatchObject({ nextHop: '[s.test]', via: 'transport' });
});

test('master.cf says which services run smtp(8); without it all that is not known to be another', () => {
  expect(isSmtpTransport('slow', { smtpServices: [] })).toBe(true);
  expect(isSmtpTransport('dovecot-lmtp', { smtpServices: [] })).toBe(false);
  expect(isSmtpTransport('slow', { smtpServices: ['smtp', 'relay'] })).toBe(false);
  expect(isSmtpTransport('relay', { smtpServices: ['smtp', 'relay'] })).toBe(true);
});

test.each([
  { value: 'out:', transport: 'a.test smtp:b.test', services: ['out'], because: 'the hop is the one that it would have anyway' },
  { value: 'out:[h.test]', transport: 'a.test smtp:b.test', services: [], because: 'the hop is its own' },
  { value: 'out:[h.test]', transport: 'a.test :b.test', services: ['out'], because: 'the table puts its hop in place of it' },
  { value: 'out:[h.test]', transport: 'a.test :', services: [], because: 'the table leaves all as it is' },
  { value: 'smtp:', transport: 'a.test :b.test', services: [], because: 'it is the service of all others' },
  { value: 'lmtp:', transport: 'a.test :b.test', services: [], because: 'it is no smtp(8)' },
])('services of some senders, $value beside $transport: $because', ({ value, transport, services }) => {
  const mainCf = `sender_dependent_default_transport_maps = static:${value}`;
  expect(servicesOfSenders(routing({ transport, mainCf }))).toEqual(services);
});
