/** The line to use instead: the fewest names that last, and never more than the certificates claim. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { EntryVerdict, Suggestion } from '../../lambda/verdict/verdict.ts';
import { type Authority, type CertificateOptions, createAuthority, selfSigned } from '../internet/authority.ts';
import { judgeScene, noTls, presents, type Scene, unseen } from './scene.ts';

let root: Authority;
beforeAll(async () => {
  root = await createAuthority('Root');
});

/** Hosts with the names each presents: `mx1.p.net = *.p.net p.net | mx2.p.net = …`; a host without names is dead. */
async function judged(policy: string, text: string, more: Partial<Scene> = {}): Promise<EntryVerdict> {
  const hosts = await Promise.all(
    text.split(' | ').map(async (one, i) => {
      const [host = '', names] = one.split(' = ');
      const options: CertificateOptions = { commonName: null, dnsNames: names?.split(' ') ?? [] };
      const result = names === undefined ? unseen('refused') : presents((await root.issue(options)).chain);
      return { host, preference: i, gives: [result] };
    }),
  );
  return judgeScene({ policy, trust: [root.certificate.der], hosts, ...more });
}

const suggested = async (policy: string, text: string, more?: Partial<Scene>): Promise<Suggestion | null> =>
  (await judged(policy, text, more)).suggestion;

const line = async (policy: string, text: string, more?: Partial<Scene>) => (await suggested(policy, text, more))?.line ?? null;

const FASTMAIL = '*.messagingengine.com messagingengine.com a.example b.example c.example d.example';

describe('the names', () => {
  test.each([
    {
      policy: 'fastmail.fm secure ciphers=high',
      hosts: `in1-smtp.messagingengine.com = ${FASTMAIL} | in2-smtp.messagingengine.com = ${FASTMAIL}`,
      line: 'fastmail.fm secure match=.messagingengine.com ciphers=high',
      because: 'a wildcard gives its base',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx.p.net = mx.p.net',
      line: 'k.com secure match=mx.p.net',
      because: 'one name alone stays itself',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.p.net = mx1.p.net | mx2.p.net = mx2.p.net',
      line: 'k.com secure match=.p.net',
      because: 'two of one provider collapse',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.in.p.net = mx1.in.p.net | mx2.in.p.net = mx2.in.p.net',
      line: 'k.com secure match=.in.p.net',
      because: 'to what they share',
    },
    {
      policy: 'k.com secure',
      hosts: 'in.l.p.net = in.l.p.net | alt1.in.l.p.net = alt1.in.l.p.net',
      line: 'k.com secure match=.l.p.net',
      because: 'a name is not below itself',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx.p.net = mx.p.net | p.net = p.net',
      line: 'k.com secure match=mx.p.net:p.net',
      because: 'never above the registrable domain',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.p.co.uk = mx1.p.co.uk | mx2.q.co.uk = mx2.q.co.uk',
      line: 'k.com secure match=mx1.p.co.uk:mx2.q.co.uk',
      because: 'nor a public suffix',
    },
    {
      policy: 'k.com secure',
      hosts: 'a.github.io = a.github.io | b.github.io = b.github.io',
      line: 'k.com secure match=a.github.io:b.github.io',
      because: 'nor a private one',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.a.p.net = *.a.p.net | mx1.b.p.net = *.b.p.net',
      line: 'k.com secure match=.a.p.net:.b.p.net',
      because: 'never above the base of a wildcard',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.p.net = mx1.p.net *.cust.p.net | mx2.p.net = mx2.p.net',
      line: 'k.com secure match=mx1.p.net:mx2.p.net',
      because: 'not even of one that is not needed',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.p.net = mx1.p.net | mx.q.net = mx.q.net',
      line: 'k.com secure match=mx1.p.net:mx.q.net',
      because: 'two providers are two names',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx.p.net = www.p.net mx.p.net p.net',
      line: 'k.com secure match=mx.p.net',
      because: 'of several the host itself',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx.p.net = mx.p.net *.p.net',
      line: 'k.com secure match=.p.net',
      because: 'or the wildcard that covers it',
    },
    {
      policy: 'k.com secure',
      hosts: 'a.mx.p.net = *.p.net',
      line: 'k.com secure match=.p.net',
      because: 'a wildcard that covers it not, but the dot does',
    },
    { policy: 'k.com secure', hosts: 'mx.p.net = web.p.net', line: 'k.com secure match=web.p.net', because: 'the same provider' },
    {
      policy: 'k.com verify',
      hosts: 'mx.p.net = k.com other.q.net',
      line: 'k.com verify match=k.com',
      because: 'the next hop itself, before all',
    },
    { policy: 'k.com secure', hosts: 'MX.P.NET = MX.P.NET', line: 'k.com secure match=mx.p.net', because: 'in lower case' },
    {
      policy: 'k.com secure',
      hosts: 'mx1.p.net = mx1.p.net | mx2.p.net = mx2.p.net | mx.k.com = mx.k.com',
      line: 'k.com secure match=dot-nexthop:.p.net',
      because: 'patterns that others need stay',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.p.net = mx1.p.net | mx.k.com = k.com',
      line: 'k.com secure match=nexthop:mx1.p.net',
      because: 'and only those',
    },
    {
      policy: 'k.com secure match=hostname',
      hosts: 'mx1.p.net = web.p.net | mx2.p.net = mx2.p.net',
      line: 'k.com secure match=.p.net',
      because: 'hostname goes, whatever it serves: the MX record would choose the name',
    },
    {
      policy: 'k.com secure match=hostname:nexthop',
      hosts: 'mx1.p.net = web.p.net | mx.q.net | mx.k.com = k.com',
      line: 'k.com secure match=nexthop:web.p.net:mx.q.net',
      because: 'a host that is silent today keeps its own name',
    },
    {
      policy: 'k.com secure match=hostname:.q.net',
      hosts: 'mx1.p.net = web.p.net | mx.q.net',
      line: 'k.com secure match=.q.net:web.p.net',
      because: 'unless a pattern names it',
    },
    {
      policy: 'k.com verify match=hostname',
      hosts: 'mx1.p.net = web.p.net | mx2.p.net = mx2.p.net',
      line: 'k.com verify match=hostname:web.p.net',
      because: 'at verify it may stay',
    },
    {
      policy: 'k.com secure match=.old.net:gone.net',
      hosts: 'mx1.new.net = *.new.net | mx.old.net',
      line: 'k.com secure match=.old.net:.new.net',
      because: 'a host that is silent today keeps its pattern',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.new.net = *.new.net | mx.k.com',
      line: 'k.com secure match=dot-nexthop:.new.net',
      because: 'one of the domain itself, too',
    },
    {
      policy: 'k.com secure match=mx.in.new.net',
      hosts: 'mx1.new.net = *.new.net | mx.in.new.net',
      line: 'k.com secure match=.new.net',
      because: 'and none where the new one has it',
    },
    {
      policy: 'k.com secure',
      hosts: 'mx1.p.net = *.p.net mx.q.net | mx.q.net = mx.q.net',
      line: 'k.com secure match=mx.q.net',
      because: 'one name that all present is enough',
    },
    {
      policy: 'k.com secure match=.old.net',
      hosts: 'mx1.new.net = *.new.net',
      line: 'k.com secure match=.new.net',
      because: 'what nobody needs goes',
    },
    {
      policy: 'k.com secure match=p.net',
      hosts: 'mx1.p.net = mx1.p.net',
      line: 'k.com secure match=mx1.p.net',
      because: 'a forgotten dot',
    },
    {
      policy: 'k.com secure match=mx.p.net:192.0.2.1',
      hosts: 'mx.p.net = mx.p.net',
      line: 'k.com secure match=mx.p.net',
      because: 'an address that can never match',
    },
    {
      policy: '[192.0.2.9] secure',
      hosts: '192.0.2.9 = mx.p.net',
      line: '[192.0.2.9] secure match=mx.p.net',
      because: 'an address gives no name, its certificate does',
    },
    { policy: '[mx.p.net]:587 secure', hosts: 'mx.p.net = *.p.net', line: null, because: 'what passes needs none' },
    {
      policy: 'bücher.example verify',
      hosts: 'mx.p.net = mail.xn--bcher-kva.example',
      line: 'bücher.example verify match=mail.xn--bcher-kva.example',
      because: 'U-labels are one and the same',
    },
  ])('$hosts: $line, $because', async ({ policy, hosts, line: expected }) => {
    const told = await suggested(policy, hosts);
    expect(told?.line ?? null).toBe(expected);
    // The line itself, in the table, does what was promised.
    if (told !== null) expect((await judged(told.line, hosts)).verdict).toBe(told.verdict);
  });
});

describe('the rest of the line', () => {
  const hosts = 'mx.p.net = mx.p.net';
  test.each([
    {
      policy: 'k.com secure ciphers=high protocols=>=TLSv1.2',
      line: 'k.com secure match=mx.p.net ciphers=high protocols=>=TLSv1.2',
      because: 'other attributes stay in order',
    },
    {
      policy: 'k.com secure ciphers=high match=.old.net exclude=MD5',
      line: 'k.com secure ciphers=high match=mx.p.net exclude=MD5',
      because: 'match stays in its place',
    },
    {
      policy: 'k.com secure match=a.net ciphers=high match=b.net',
      line: 'k.com secure match=mx.p.net ciphers=high',
      because: 'several become one',
    },
    {
      policy: 'k.com SECURE,Match=a.net,ciphers=high',
      line: 'k.com SECURE match=mx.p.net ciphers=high',
      because: 'commas become blanks',
    },
    {
      policy: 'k.com secure { match = a.net } ciphers=high',
      line: 'k.com secure match=mx.p.net ciphers=high',
      because: 'braces are read',
    },
  ])('$policy: $because', async ({ policy, line: expected }) => {
    expect(await line(policy, hosts)).toBe(expected);
  });

  test('below a parent entry it is a line of its own', async () => {
    expect(await line('.k.com secure ciphers=high', hosts, { of: 'a.k.com', destinations: ['a.k.com'] })).toBe(
      'a.k.com secure match=mx.p.net ciphers=high',
    );
  });

  test('without an entry it is a new one', async () => {
    const mainCf = ['smtp_tls_security_level = secure'];
    expect(await line('other.com may', hosts, { of: 'k.com', destinations: ['k.com'], mainCf })).toBe(
      'k.com secure match=mx.p.net',
    );
  });
});

describe('what it rests on', () => {
  test('names of a provider rest on DNS', async () => {
    expect(await suggested('k.com secure', 'mx1.p.net = *.p.net')).toEqual({
      line: 'k.com secure match=.p.net',
      restsOn: 'dns',
      because:
        'its names were found through DNS, which is not signed here: check that mail for k.com is meant to go to p.net, ' +
        'in their documentation or with k.com',
      verdict: 'pass',
    });
  });

  test('names that a provider documents are told with the page, and still rest on DNS', async () => {
    const microsoft = 'k-com.mail.protection.outlook.com = mail.protection.outlook.com *.mail.protection.outlook.com';
    expect(await suggested('k.com secure', microsoft)).toEqual({
      line: 'k.com secure match=.mail.protection.outlook.com',
      restsOn: 'dns',
      because:
        'its names were found through DNS, which is not signed here, and are as Microsoft 365 documents ' +
        '(https://learn.microsoft.com/en-us/purview/enhancing-mail-flow-with-mta-sts, read 2026-11-28): check with k.com ' +
        'that its mail is meant to go to Microsoft 365',
      verdict: 'pass',
    });
  });

  test('beside names that nobody documents they count for nothing', async () => {
    expect(await suggested('k.com secure', 'mxa.mailgun.org = mxa.mailgun.org | mx.p.net = mx.p.net')).toMatchObject({
      because: expect.stringContaining('is meant to go to mailgun.org and p.net, in their documentation or with k.com'),
    });
  });

  test('nor where the line takes more than they document', async () => {
    expect(await suggested('k.com secure', 'mxa.mailgun.org = *.mailgun.org')).toMatchObject({
      line: 'k.com secure match=.mailgun.org',
      because: expect.stringContaining('in their documentation or with k.com'),
    });
  });

  test('names of the next hop itself do not', async () => {
    expect(await suggested('k.com verify', 'mx.p.net = mail.k.com')).toEqual({
      line: 'k.com verify match=mail.k.com',
      restsOn: 'policy',
      because: 'it asks for names of k.com alone, whatever DNS says',
      verdict: 'pass',
    });
  });

  test('a server that policy names by address is for somebody to vouch for, too', async () => {
    expect(await suggested('[192.0.2.9] secure', '192.0.2.9 = mx.p.net')).toMatchObject({
      restsOn: 'dns',
      because: 'it asks for what 192.0.2.9 presents today: check that p.net is who you mean',
    });
  });

  test('it may leave the entry degraded, where something else is wrong as well', async () => {
    const chain = (await root.issue({ dnsNames: ['mx1.p.net'] })).chain;
    const hosts = [
      { host: 'mx1.p.net', preference: 1, gives: [presents(chain)] },
      { host: 'mx2.p.net', preference: 2, gives: [noTls('not-offered')] },
    ];
    expect(judgeScene({ policy: 'k.com secure', trust: [root.certificate.der], hosts }).suggestion).toMatchObject({
      line: 'k.com secure match=mx1.p.net',
      verdict: 'degraded',
    });
  });
});

describe('no line', () => {
  test('for the sake of hostname alone, where something else is wrong', async () => {
    const { chain } = await root.issue({ dnsNames: ['mx1.p.net'] });
    const hosts = [
      { host: 'mx1.p.net', preference: 1, gives: [presents(chain)] },
      { host: 'mx2.p.net', preference: 2, gives: [noTls('not-offered')] },
    ];
    const verdict = judgeScene({ policy: 'k.com secure match=hostname', trust: [root.certificate.der], hosts });
    expect(verdict).toMatchObject({ verdict: 'degraded', reason: 'starttls-not-offered', suggestion: null });
  });

  test.each([
    { policy: 'k.com secure', hosts: 'mx.p.net = mx.evil.example', because: 'a certificate for others altogether' },
    { policy: 'k.com secure', hosts: 'mx1.p.net = mx1.p.net | mx2.p.net = mx.evil.example', because: 'or one of two such' },
    { policy: 'k.com secure', hosts: 'mx.p.net = *.net', because: 'a wildcard for a public suffix' },
    { policy: 'k.com secure', hosts: 'mx.p.net = bad:name.p.net', because: 'what is no host name' },
    { policy: 'k.com secure', hosts: 'mx.p.net = .p.net', because: 'nor this' },
    { policy: 'k.com secure', hosts: 'mx.p.net', because: 'nothing was seen' },
    { policy: 'k.com secure', hosts: 'mx.k.com = mx.k.com', because: 'all is well' },
    { policy: 'k.com secure match=mx.p.net tafile=/missing.pem', hosts: 'mx.q.net = mx.q.net', because: 'a broken entry' },
    { policy: 'k.com encrypt', hosts: 'mx.p.net = mx.p.net', because: 'no name is asked' },
    {
      policy: 'k.com secure policy_type=sts mx_host_pattern=mx.p.net match=k.com',
      hosts: 'mx.p.net = q.net',
      because: 'the match list gives way to MTA-STS',
    },
  ])('$policy, $hosts: $because', async ({ policy, hosts }) => {
    expect(await line(policy, hosts)).toBeNull();
  });

  test('of an untrusted chain', async () => {
    const { chain } = await selfSigned({ dnsNames: ['mx.p.net'] });
    const hosts = [{ host: 'mx.p.net', gives: [presents(chain)] }];
    expect(judgeScene({ policy: 'k.com secure', trust: [root.certificate.der], hosts }).suggestion).toBeNull();
  });
});
