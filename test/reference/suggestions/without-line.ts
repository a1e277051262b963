/** Failing destinations that get no line, and why: nothing that is presented may be believed. */
import { type Draw, type Failing, hostOf, type Maker } from './failing.ts';

const own = async (draw: Draw, flaw: Parameters<Draw['authorities']['present']>[0], names = [`mx.${draw.provider}`]) =>
  draw.authorities.present(flaw, { dnsNames: names });

const secure = ({ domain }: Draw) => `${domain} secure\n`;

/** One host of the provider, that presents this. */
async function presenting(draw: Draw, flaw: Parameters<typeof own>[1], expects: Failing['expects'], names?: string[]) {
  return { hosts: [hostOf(draw, `mx.${draw.provider}`, 10, [await own(draw, flaw, names)])], policy: secure(draw), expects };
}

/** Of whoever answers in the place of another; valid, for names of its own. */
const INTERCEPTOR = 'mx.interceptor.example';

export const WITHOUT_LINE: Readonly<Record<string, Maker>> = {
  'self-signed': (draw) => presenting(draw, 'self-signed', 'self-signed'),
  'unknown root': (draw) => presenting(draw, 'unknown root', 'untrusted-issuer'),
  'intermediate missing': (draw) => presenting(draw, 'intermediate missing', 'missing-intermediate'),
  expired: (draw) => presenting(draw, 'expired', 'expired'),
  'for others altogether': (draw) => presenting(draw, 'none', 'name-mismatch', ['shop.elsewhere.net', '*.elsewhere.org']),
  'one of two for others': async (draw) => ({
    hosts: [
      hostOf(draw, `mx1.${draw.provider}`, 10, [await draw.trusted([`mx1.${draw.provider}`])]),
      hostOf(draw, `mx2.${draw.provider}`, 10, [await draw.trusted(['shop.elsewhere.net'])]),
    ],
    policy: secure(draw),
    expects: 'name-mismatch',
  }),
  'wildcard of a public suffix': async (draw) => ({
    hosts: [hostOf(draw, `mx.p${draw.number}.co.uk`, 10, [await draw.trusted(['*.co.uk', '*.uk'])])],
    policy: secure(draw),
    expects: 'name-mismatch',
  }),
  'no STARTTLS': async (draw) => ({
    hosts: [hostOf(draw, `mx.${draw.provider}`, 10, [await draw.trusted([`mx.${draw.provider}`])], { behaviour: 'nostarttls' })],
    policy: secure(draw),
    expects: 'starttls-not-offered',
  }),
  'handshake breaks': async (draw) => ({
    hosts: [hostOf(draw, `mx.${draw.provider}`, 10, [await draw.trusted([`mx.${draw.provider}`])], { behaviour: 'tls12' })],
    policy: `${draw.domain} secure protocols=>=TLSv1.3\n`,
    expects: 'handshake-failed',
  }),
  'broken entry': async (draw) => ({
    hosts: [hostOf(draw, `mx.${draw.provider}`, 10, [await draw.trusted([`mx.${draw.provider}`])])],
    policy: `${draw.domain} ${draw.random.pick(['sekure', 'secure match=', 'secure unknown=1'])}\n`,
    expects: 'invalid-entry',
  }),
  'pin of nobody': async (draw) => ({
    ...(await presenting(draw, 'self-signed', 'digest-mismatch')),
    policy: `${draw.domain} fingerprint match=${Array(32).fill('AB').join(':')}\n`,
  }),
  'interceptor behind the right name': (draw) => presenting(draw, 'none', 'name-mismatch', [INTERCEPTOR]),
  'interceptor behind the right name, self-signed': (draw) => presenting(draw, 'self-signed', 'self-signed', [INTERCEPTOR]),
  'interceptor by a forged MX': async (draw) => ({
    hosts: [
      hostOf(draw, INTERCEPTOR.replace('mx', `mx${draw.number}`), 10, [await own(draw, 'none', ['*.interceptor.example'])]),
    ],
    policy: secure(draw),
    expects: 'name-mismatch',
    remembers: { hosts: [`mx.${draw.provider}`], domains: [draw.provider] },
  }),
  'interceptor beside the right host': async (draw) => ({
    hosts: [
      hostOf(draw, `mx1.${draw.provider}`, 10, [await draw.trusted([`*.${draw.provider}`])]),
      hostOf(draw, INTERCEPTOR.replace('mx', `mx${draw.number}`), 10, [await own(draw, 'none', ['*.interceptor.example'])]),
    ],
    policy: secure(draw),
    expects: 'name-mismatch',
    remembers: { hosts: [`mx1.${draw.provider}`], domains: [draw.provider] },
  }),
};
