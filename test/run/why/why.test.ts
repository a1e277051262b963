/** From a log and a policy to the answer: one row each. */
import { expect, test } from 'vitest';
import { lookCommand } from '../../../lambda/command/why/commands.ts';
import { whyText } from '../../../lambda/command/why/text.ts';
import { hostnameSentence, policySentence, whySentence } from '../../../lambda/command/why/words.ts';
import { openQueueTally } from '../../../lambda/log/queue.ts';
import { answersOf } from '../../../lambda/run/why/why.ts';
import { bareCommand } from '../../../lambda/text/own-command.ts';
import { reasonsWhere } from '../../../lambda/verdict/reason.ts';
import { ended, readLog, smtp } from '../../log/log.ts';
import { bundleOf } from '../../policy/bundle-of.ts';

const NOW = Date.UTC(2026, 10, 26);
const MX = 'mx.a.test[192.0.2.1]:25';
const TRUST = reasonsWhere(({ group }) => group === 'trust').join(' ');
const NOT_VERIFIED = 'deferred 4.7.5 Server certificate not verified';
const trusted = (peer = MX) => `Trusted TLS connection established to ${peer}: TLSv1.3 with cipher X (256/256 bits)`;
const unverified = (says: string, peer = MX) => `certificate verification failed for ${peer}: ${says}`;
const san = (name: string, peer = MX) => `${peer}: subjectAltName: ${name}`;

/** One session of one message to r@a.test. */
const session = (messages: readonly string[], end = NOT_VERIFIED, relay = MX) =>
  [...messages, ended('A1', 'r@a.test', end, relay)].map((message) => smtp('10:00:00', 1, message)).join('\n');

function answer(log: string, policy?: string, mainCf = '', version = '3.5') {
  const bundle = policy === undefined ? undefined : bundleOf(policy, { version, mainCf });
  return answersOf({ log: readLog(log), queue: undefined, bundle, now: NOW })[0];
}

test.each<{ policy: string | undefined; log: string; mainCf?: string; reasons: string; because: string }>([
  { policy: 'a.test secure', log: session([trusted()]), reasons: 'name-mismatch', because: 'a chain that is trusted' },
  {
    policy: 'a.test verify',
    log: session([unverified('num=62:hostname mismatch')]),
    reasons: `name-mismatch ${TRUST}`,
    because: 'OpenSSL has the number, and hides what else is wrong',
  },
  {
    policy: 'a.test secure',
    log: session([unverified('num=65:no matching DANE TLSA records')]),
    reasons: 'untrusted-issuer missing-intermediate self-signed',
    because: 'a file of anchors',
  },
  ...(['dane', 'secure'] as const).map((level) => ({
    policy: `a.test ${level}`,
    log: session([], 'deferred 4.3.0 server unavailable or unable to receive mail', 'none'),
    mainCf: 'smtp_dns_support_level = dnssec',
    reasons: level === 'dane' ? 'wrapper-mode-below-encrypt' : 'mx-not-in-pattern wrapper-mode-below-encrypt',
    because: 'no certificate was asked for yet',
  })),
  {
    policy: 'a.test fingerprint match=AA',
    log: session([unverified('num=65:no matching DANE TLSA records')]),
    reasons: 'digest-mismatch',
    because: 'the same number, of a digest',
  },
  {
    policy: 'a.test dane',
    log: session([unverified('num=65:no matching DANE TLSA records')]),
    mainCf: 'smtp_dns_support_level = dnssec',
    reasons: 'tlsa-mismatch',
    because: 'the same number, of TLSA records',
  },
  {
    policy: 'a.test fingerprint match=AA',
    log: session([unverified('self-signed certificate')]),
    reasons: 'digest-mismatch',
    because: 'at fingerprint nobody minds the issuer',
  },
  {
    policy: undefined,
    log: session([unverified('self-signed certificate')]),
    reasons: 'self-signed',
    because: 'without a policy the log alone tells',
  },
  {
    policy: 'a.test secure',
    log: session([unverified('untrusted issuer /CN=x')]),
    reasons: 'untrusted-issuer missing-intermediate bad-signature',
    because: 'OpenSSL does not tell them apart',
  },
  {
    policy: 'a.test encrypt',
    log: session([], 'deferred 4.7.4 TLS is required, but was not offered by host mx.a.test[192.0.2.1]'),
    reasons: 'starttls-not-offered ehlo-refused starttls-ignored',
    because: 'STARTTLS',
  },
  {
    policy: 'a.test encrypt',
    log: session([`SSL_connect error to ${MX}: lost connection`], 'deferred 4.7.5 Cannot start TLS: handshake failure'),
    reasons: 'handshake-failed',
    because: 'a handshake',
  },
  {
    policy: 'a.test encrypt x',
    log: session(
      [
        'warning: smtp_tls_policy_maps, next-hop destination "a.test": malformed attribute/value pair "x": missing \'=\' after attribute name',
      ],
      'deferred 4.7.5 client TLS configuration problem',
      'none',
    ),
    reasons: 'invalid-entry',
    because: 'our own entry',
  },
  {
    policy: 'a.test encrypt',
    log: session(
      ['warning: smtp_tls_policy_maps, next-hop destination "a.test": policy table lookup error'],
      'deferred 4.7.5 client TLS configuration problem',
      'none',
    ),
    reasons: 'table-unavailable',
    because: 'our own table',
  },
])('$because: $reasons', ({ policy, log, mainCf, reasons }) => {
  const found = answer(log, policy, mainCf);
  expect(found?.reasons.join(' ')).toBe(reasons);
  expect(found?.state).toBe('waits');
});

const names = [san('*.mail.test'), san('mail.test'), trusted('mx.mail.test[192.0.2.1]:25')].map((line) =>
  line.replaceAll('mx.a.test', 'mx.mail.test'),
);
const MAIL = 'mx.mail.test[192.0.2.1]:25';

test.each([
  {
    policy: 'a.test secure ciphers=high',
    log: session(names, NOT_VERIFIED, MAIL),
    line: 'a.test secure match=.mail.test ciphers=high',
    restsOn: 'dns',
    because: 'the wildcard that covers the host',
  },
  {
    policy: 'a.test secure match=old.test',
    log: session(names, NOT_VERIFIED, MAIL),
    line: 'a.test secure match=.mail.test',
    restsOn: 'dns',
    because: 'in place of the names that nobody presents',
  },
  {
    policy: '.test secure',
    log: session(names, NOT_VERIFIED, MAIL),
    line: 'a.test secure match=.mail.test',
    restsOn: 'dns',
    because: 'a line of its own beside a parent',
  },
  {
    policy: 'a.test secure match=b.test',
    log: session([san('in.a.test'), trusted()]),
    line: 'a.test secure match=in.a.test',
    restsOn: 'policy',
    because: 'a name of the domain itself',
  },
  { policy: 'a.test secure', log: session([trusted()]), line: undefined, restsOn: undefined, because: 'no name is logged' },
  {
    policy: 'a.test secure',
    log: session([san('elsewhere.example'), trusted()]),
    line: undefined,
    restsOn: undefined,
    because: 'a certificate for somebody else',
  },
  {
    policy: 'a.test secure',
    log: session([...names, unverified('self-signed certificate', MAIL)], NOT_VERIFIED, MAIL),
    line: undefined,
    restsOn: undefined,
    because: 'a chain that is not trusted',
  },
  { policy: undefined, log: session(names, NOT_VERIFIED, MAIL), line: undefined, restsOn: undefined, because: 'no policy' },
])('the line to use: $because', ({ policy, log, line, restsOn }) => {
  const { suggestion } = answer(log, policy) ?? {};
  expect(suggestion?.line).toBe(line);
  expect(suggestion?.restsOn).toBe(restsOn);
});

test('after mail was delivered to a verified host elsewhere, no line leads to strange ones', () => {
  const before = [
    trusted('mx.old.test[192.0.2.9]:25').replace('Trusted', 'Verified'),
    ended('B1', 'r@a.test', 'sent 2.0.0 250 ok', 'mx.old.test[192.0.2.9]:25'),
  ]
    .map((message) => smtp('09:00:00', 2, message))
    .join('\n');
  const found = answer(`${before}\n${session(names, NOT_VERIFIED, MAIL)}`, 'a.test secure match=old.test');
  expect(found?.suggestion).toBeNull();
  expect(found?.caution).toMatchObject({
    hosts: ['mx.mail.test'],
    formerHosts: ['mx.old.test'],
    command: 'postfix-tls-watch explain a.test --confirmed "who said so, and how"',
  });
});

test('what the queue has counts in place of what the log leaves open', () => {
  const tally = openQueueTally();
  const item = (id: string, recipients: readonly (readonly [string, string?])[]) =>
    tally.take(
      JSON.stringify({
        queue_name: 'deferred',
        queue_id: id,
        arrival_time: NOW / 1000 - 3600,
        message_size: 1,
        sender: 's@x.test',
        recipients: recipients.map(([address, delay_reason]) => ({ address, delay_reason })),
      }),
    );
  item('Q1', [
    ['r@a.test', 'Server certificate not verified'],
    ['s@a.test', 'Server certificate not verified'],
  ]);
  item('Q2', [['r@b.test', 'delivery temporarily suspended: Server certificate not trusted']]);
  item('Q3', [['r@c.test', 'connect to mx.c.test[192.0.2.1]:25: Connection refused'], ['s@c.test']]);
  tally.take('no message');
  const log = readLog(session([trusted()]));
  const queue = tally.report();
  const found = answersOf({ log, queue, bundle: undefined, now: NOW });
  expect(
    found.map(({ held, reasons, state, givenUpFrom }) => [
      held.domain,
      reasons[0],
      state,
      held.waiting.map(({ queueId }) => queueId),
      givenUpFrom,
    ]),
  ).toEqual([
    ['a.test', 'name-mismatch', 'waits', ['Q1'], NOW - 3_600_000 + 5 * 86_400_000],
    ['b.test', 'no-certificate', 'waits', ['Q2'], NOW - 3_600_000 + 5 * 86_400_000],
  ]);
  expect(queue).toMatchObject({ messages: 3, unreadable: 1, other: { connection: 1, untried: 1 } });
});

test('a queue of 10,000 messages is read whole', () => {
  const tally = openQueueTally();
  for (let i = 0; i < 10_000; i++)
    tally.take(
      JSON.stringify({
        queue_name: 'deferred',
        queue_id: `Q${i}`,
        arrival_time: NOW / 1000 - i,
        recipients: [{ address: `r@d${i % 100}.test`, delay_reason: 'Server certificate not verified' }],
      }),
    );
  const found = answersOf({ log: undefined, queue: tally.report(), bundle: undefined, now: NOW });
  expect(found).toHaveLength(100);
  expect(found.every(({ held }) => held.messages === 100 && held.waiting.length === 100)).toBe(true);
});

test('mail that is older than any can be is not said to wait', () => {
  const late = smtp('10:00:00', 9, 'x').replace('Nov 25', 'Nov 26');
  const first = session([trusted()]).replaceAll('Nov 25', 'Nov 10');
  expect(answer(`${first}\n${late}`)).toMatchObject({ state: 'over', held: { waiting: [], otherwise: 1 } });
});

test('a stranger writes neither lines nor colours: what he sent is made harmless', () => {
  const hostile = '\u001b[31mX\u202e http://evil.test/';
  const log = readLog(
    [san(hostile, MAIL), san('*.mail.test', MAIL), trusted(MAIL), ended('A1', `"${hostile}"@a.test`, NOT_VERIFIED, MAIL)]
      .map((message) => smtp('10:00:00', 1, message))
      .join('\n'),
  );
  const answers = answersOf({ log, queue: undefined, bundle: bundleOf('a.test secure', { version: '3.5' }), now: NOW });
  const text = whyText(
    {
      answers,
      log,
      sources: [`${hostile}.log`],
      queue: undefined,
      bundle: undefined,
      notes: [hostile],
      now: NOW,
      flags: {},
      own: bareCommand,
    },
    (_style, words) => words,
    100,
  );
  expect(text).toContain('\\u{1b}[31mX\\u{202e} http:[//]evil.test/');
  expect(text).not.toMatch(/[\u001b\u202e]|http:\/\//);
});

test('a relayhost that is refused for the mail of many domains is one answer', () => {
  const relay = 'gw.test[192.0.2.7]:587';
  const log = ['a.test', 'b.test', 'c.test']
    .map((domain, i) =>
      [smtp(`10:0${i}:00`, 1, trusted(relay)), smtp(`10:0${i}:00`, 1, ended(`A${i}`, `r@${domain}`, NOT_VERIFIED, relay))].join(
        '\n',
      ),
    )
    .join('\n');
  const bundle = bundleOf('[gw.test]:587 secure match=other.test', { mainCf: 'relayhost = [gw.test]:587', version: '3.5' });
  const answers = answersOf({ log: readLog(log), queue: undefined, bundle, now: NOW });
  expect(answers).toHaveLength(1);
  expect(answers[0]).toMatchObject({
    domains: ['a.test', 'b.test', 'c.test'],
    namesAsked: ['other.test'],
    held: { messages: 3, recipients: 3 },
  });
  expect(answersOf({ log: readLog(log), queue: undefined, bundle: undefined, now: NOW })).toHaveLength(3);
});

test('from 3.11 on the log tells the level, too', () => {
  const end = session([unverified('num=65:no matching DANE TLSA records')]).replace('dsn=', 'tls=!fingerprint, dsn=');
  expect(answer(end)?.reasons).toEqual(['digest-mismatch']);
});

test.each(['--store=/x', 'a b', '$(x)', '[192.0.2.1]', '\u001b'])(
  'a recipient domain %j that is no host name asks no table and makes no command',
  (domain) => {
    const log = readLog(
      [smtp('10:00:00', 1, trusted()), smtp('10:00:00', 1, ended('A1', `r@${domain}`, NOT_VERIFIED))].join('\n'),
    );
    const bundle = bundleOf('a.test secure', { version: '3.5' });
    const [found] = answersOf({ log, queue: undefined, bundle, now: NOW });
    expect(found?.asked).toBeUndefined();
    expect(found && lookCommand(found, bareCommand)).toBeNull();
  },
);

test('a policy that does not ask for it leaves the reasons as the log has them', () => {
  const found = answer(
    session([], 'deferred 4.7.5 Server certificate not trusted'),
    'b.test secure',
    'smtp_tls_security_level = may',
  );
  expect(found?.demand?.level).toBe('may');
  expect(found?.reasons).toEqual(reasonsWhere(({ fails }) => fails === 'not-trusted'));
  expect(found && policySentence(found)).toBe(
    'no entry applies, so that the global level counts; level may does not ask for this: the policy was changed since, or another one was in use',
  );
});

test.each([
  {
    policy: 'a.test secure',
    log: session([unverified('num=62:hostname mismatch')]),
    because: 'the chain is open',
    says: 'Secure wants a.test or a name below it, because DNS may not choose the name, and the certificate of mx.a.test has no such name; which it has is not in the log (Postfix up to 3.5 writes them at smtp_tls_loglevel 2, later ones never); whether its chain is trusted the log does not tell',
  },
  {
    policy: 'a.test secure match=hostname',
    log: session([san('b.test'), trusted()]),
    because: 'the name of the host',
    says: 'The chain is trusted, but secure wants mx.a.test and the certificate of mx.a.test offers b.test',
  },
  {
    policy: 'a.test fingerprint match=AA',
    log: session([unverified('num=65:no matching DANE TLSA records')]),
    because: 'a digest',
    says: 'At mx.a.test (192.0.2.1): neither certificate nor key has a digest that is listed (logged as "num=65:no matching DANE TLSA records")',
  },
  {
    policy: 'a.test secure',
    log: session([unverified('untrusted issuer /CN=x')]),
    because: 'an issuer',
    says: 'At mx.a.test (192.0.2.1): untrusted issuer /CN=x',
  },
  {
    policy: 'a.test encrypt',
    log: session([`SSL_connect error to ${MX}: lost connection`], 'deferred 4.7.5 Cannot start TLS: handshake failure'),
    because: 'a handshake',
    says: 'At mx.a.test (192.0.2.1): lost connection',
  },
])('why, in a sentence: $because', ({ policy, log, says }) => {
  const found = answer(log, policy);
  expect(found && whySentence(found)).toBe(says);
});

test.each([
  { log: session([san('mx.a.test'), trusted()]), says: /^They would deliver, but protect less: / },
  {
    log: session([san('b.test'), trusted()]),
    says: /^They would not deliver either: the certificate of mx\.a\.test does not have that name\. /,
  },
  { log: session([unverified('num=62:hostname mismatch')]), says: /^Whether they would deliver is not in the log: / },
])('whether verify or match=hostname would do: $says', ({ log, says }) => {
  const found = answer(log, 'a.test secure match=c.test');
  expect(found && hostnameSentence(found)).toMatch(says);
});
