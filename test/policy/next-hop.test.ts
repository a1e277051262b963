import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextHopElements, parseNextHop } from '../../lambda/policy/next-hop.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';

const settings = defaultSettings('3.11');
const parse = (text: string) => parseNextHop(text, 'transport', settings);

test.each([
  { text: 'example.com', host: 'example.com', port: 25, mx: true, because: 'a domain has MX hosts' },
  { text: 'example.com:587', host: 'example.com', port: 587, mx: true, because: 'a port applies to all MX hosts' },
  { text: 'example.com:', host: 'example.com', port: 25, mx: true, because: 'an empty port is the default' },
  { text: '[mail.example.com]', host: 'mail.example.com', port: 25, mx: false, because: 'brackets switch MX off' },
  { text: '[mail.example.com]:587', host: 'mail.example.com', port: 587, mx: false, because: 'brackets and a port' },
  { text: '[mail.example.com]:', host: 'mail.example.com', port: 25, mx: false, because: 'brackets and an empty port' },
  { text: '[mail.example.com]:submission', host: 'mail.example.com', port: 587, mx: false, because: 'a service name' },
  { text: 'example.com:smtp', host: 'example.com', port: 25, mx: true, because: 'smtp is a service too' },
  { text: '[192.0.2.1]', host: '192.0.2.1', port: 25, mx: false, because: 'an address literal' },
  { text: '[IPv6:2001:db8::1]', host: '2001:db8::1', port: 25, mx: false, because: 'the prefix is taken off' },
  { text: '[ipv6:2001:db8::1]:2525', host: '2001:db8::1', port: 2525, mx: false, because: 'in any case' },
  { text: '[2001:db8::1]', host: '2001:db8::1', port: 25, mx: false, because: 'and may be missing' },
  { text: '192.0.2.1', host: '192.0.2.1', port: 25, mx: true, because: 'without brackets it is looked up as a domain' },
  { text: 'bücher.example', host: 'bücher.example', port: 25, mx: true, because: 'U-labels stay as routed' },
  { text: 'inet:smtp', host: 'inet', port: 25, mx: true, because: 'smtp(8) knows no inet: prefix, only lmtp(8) does' },
])('$text: $because', ({ text, host, port, mx }) => {
  expect(parse(text)).toEqual({ text, host, port, mx, via: 'transport' });
});

test.each([
  { text: '[mail.example.com', because: 'missing "]" in server description: [mail.example.com' },
  { text: '[mail.example.com]x', because: 'garbage after "]" in server description: [mail.example.com]x' },
  { text: '[IPv6:192.0.2.1]', because: 'malformed IPv6 address in server description: [IPv6:192.0.2.1]' },
  { text: '[]', because: 'valid hostname or network address required in server description: []' },
  { text: 'example.com.', because: 'valid hostname or network address required in server description: example.com.' },
  { text: '[host.]', because: 'valid hostname or network address required in server description: [host.]' },
  { text: '*', because: 'valid hostname or network address required in server description: *' },
  { text: 'example.com,', because: 'valid hostname or network address required in server description: example.com,' },
  { text: 'a b', because: 'valid hostname or network address required in server description: a b' },
  { text: ':25', because: 'missing host information in server description: :25' },
  { text: 'h:25x', because: 'garbage after numerical service in server description: h:25x' },
  { text: 'h:nowhere', because: 'unknown service: nowhere/tcp' },
  { text: 'h:constructor', because: 'unknown service: constructor/tcp' },
  { text: 'h:0', because: 'bad network port: 0 for destination: h:0' },
  { text: 'h:70000', because: 'bad network port: 70000 for destination: h:70000' },
  { text: '2001:db8::1', because: 'valid hostname or network address required in server description: 2001:db8::1' },
])('$text kills smtp(8)', ({ text, because }) => {
  expect(parse(text)).toEqual({ kind: 'malformed', because });
});

test('smtp_tcp_port and --smtp-port count where the text has no port', () => {
  expect(parseNextHop('a.test', 'recipient', { ...settings, tcpPort: 587 })).toMatchObject({ port: 587 });
  expect(parseNextHop('a.test:25', 'recipient', { ...settings, tcpPort: 587 })).toMatchObject({ port: 25 });
});

test('without DNS nothing has MX hosts', () => {
  expect(parseNextHop('a.test', 'recipient', { ...settings, dnsSupportLevel: 'disabled' })).toMatchObject({ mx: false });
});

test('lists of next hops exist from 3.5', () => {
  expect(nextHopElements('[a.test]:25, b.test', '3.5')).toEqual(['[a.test]:25', 'b.test']);
  expect(nextHopElements('[a.test]:25, b.test', '3.4')).toEqual(['[a.test]:25, b.test']);
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', '[', ']', ':', '1', 'IPv6:', ' ', 'ü', '-') }), (text) => {
      const found = parse(text);
      expect('kind' in found || (found.port > 0 && found.port < 65_536 && found.host !== '')).toBe(true);
    }),
  );
});
