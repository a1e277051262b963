/**
 * The door to the web server that has a domain's MTA-STS policy (RFC 8461 §3.3).
 *
 * The name is resolved as every other here, and the connection is made to an address that was
 * looked at: none of our own networks, whatever is answered when it is asked again. Redirects are
 * not followed, and no more is read than a policy may have.
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { rootCertificates } from 'node:tls';
import { BOUNDS } from '../../limits.ts';
import { plain } from '../../text/strangers.ts';
import type { Dns } from '../dns-answer.ts';
import { barred } from '../special-purpose.ts';
import type { FetchedPolicy, FetchPolicy } from './find.ts';

export interface FetchOptions {
  readonly allowPrivateAddresses: boolean;
  /** For all of it, DNS left out. */
  readonly deadlineMs: number;
  /** PEM; the public authorities where absent, and never those of smtp_tls_CAfile. */
  readonly anchors?: readonly string[];
  /** 443 where absent. */
  readonly port?: number;
  readonly signal?: AbortSignal;
}

export function openPolicyFetch(options: FetchOptions): FetchPolicy {
  return async (domain, dns) => {
    const host = `mta-sts.${domain}`;
    const found = await addressesOf(host, dns, options.allowPrivateAddresses);
    if ('kind' in found) return found;
    const { deadlineMs } = options;
    const timer = AbortSignal.timeout(deadlineMs);
    const signal = options.signal === undefined ? timer : AbortSignal.any([timer, options.signal]);
    let last: FetchedPolicy = failed(`${host} has no address`);
    for (const [i, address] of found.addresses.entries()) {
      // The last address has all of the time that is left.
      const isLast = i === found.addresses.length - 1;
      const patience = isLast ? deadlineMs : deadlineMs / (found.addresses.length + 1);
      const answer = await ask(host, address, options, patience, signal);
      if (answer.kind !== 'no-connection') return answer.result;
      last = unreached(answer.result);
      if (signal.aborted) break;
    }
    return last;
  };
}

async function addressesOf(
  host: string,
  dns: Dns,
  allowPrivate: boolean,
): Promise<{ readonly addresses: readonly string[] } | FetchedPolicy> {
  const answers = await Promise.all([dns.query(host, 'A'), dns.query(host, 'AAAA')]);
  const all = answers.flatMap((answer) => (answer.kind === 'found' ? answer.records : []));
  const usable = all.filter((address) => allowPrivate || barred(address) === undefined);
  if (usable.length > 0) return { addresses: usable.slice(0, MOST_ADDRESSES) };
  const [shut] = all;
  if (shut !== undefined)
    return failed(`${shown(host)} leads to ${shut} (${barred(shut)}), which is not connected to`);
  const broken = answers.find((answer) => answer.kind === 'failed');
  return failed(
    broken?.kind === 'failed'
      ? `DNS gives no answer about the address of ${shown(host)} (${broken.failure})`
      : `${shown(host)} has no address`,
  );
}

type Asked =
  | { readonly kind: 'answered'; readonly result: FetchedPolicy }
  /** Another address may do better. */
  | { readonly kind: 'no-connection'; readonly result: FetchedPolicy };

function ask(
  host: string,
  address: string,
  { anchors = rootCertificates, port = 443 }: FetchOptions,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<Asked>();
  let connected = false;
  const settings: RequestOptions = {
    host: address,
    port,
    path: '/.well-known/mta-sts.txt',
    servername: host,
    headers: {
      host,
      accept: 'text/plain',
      'accept-encoding': 'identity',
      'user-agent': 'postfix-tls-watch',
    },
    agent: false,
    ca: [...anchors],
    minVersion: 'TLSv1.2',
    // Said aloud, so that no variable of the environment switches it off.
    rejectUnauthorized: true,
    checkServerIdentity: (_, { raw }) => nameProblem(host, raw),
    maxHeaderSize: 16_384,
  };
  const asking = request(settings);
  const end = (asked: Asked) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', tooLate);
    resolve(asked);
    asking.destroy();
  };
  const give = (result: FetchedPolicy) =>
    end({ kind: connected ? 'answered' : 'no-connection', result });
  const tooLate = () => give(failed(`${shown(host)} did not answer in time`));
  const timer = setTimeout(() => {
    if (!connected) tooLate();
  }, patienceMs);
  signal.addEventListener('abort', tooLate);
  if (signal.aborted) tooLate();
  asking.on('socket', (socket) => {
    socket.once('connect', () => {
      connected = true;
    });
  });
  asking.on('error', (error) => give(failureOf(host, error)));
  asking.on('response', (response) => {
    const refused = refusal(host, response);
    if (refused !== undefined) return give(refused);
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > BOUNDS.stsPolicyBytes) give(TOO_LONG);
    });
    response.on('error', (error) => give(failureOf(host, error)));
    response.on('end', () => give({ kind: 'text', text: Buffer.concat(chunks).toString('utf8') }));
  });
  asking.end();
  return promise;
}

/** Undefined where the body may be read. */
function refusal(
  host: string,
  { statusCode = 0, headers }: IncomingMessage,
): FetchedPolicy | undefined {
  if (statusCode >= 300 && statusCode < 400)
    return failed(
      `${shown(host)} answers with a redirect (${statusCode}), which no sender follows`,
    );
  if (statusCode !== 200) return failed(`${shown(host)} answers with status ${statusCode}`);
  const type = headers['content-type'];
  if (type === undefined)
    return unfit('the policy is sent without a media type, not as text/plain');
  if (type.split(';')[0]?.trim().toLowerCase() !== 'text/plain')
    return unfit(`the policy is sent as "${plain(type, 80)}", not as text/plain`);
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity')
    return unfit(
      `the policy is sent compressed ("${plain(encoding, 80)}"), which was not asked for`,
    );
  return Number(headers['content-length'] ?? 0) > BOUNDS.stsPolicyBytes ? TOO_LONG : undefined;
}

/** By subjectAltName alone, a star for one whole label (RFC 8461 §3.3). */
function nameProblem(host: string, der: Buffer): Error | undefined {
  const certificate = new X509Certificate(der);
  const matched = certificate.checkHost(host, { subject: 'never', partialWildcards: false });
  if (matched !== undefined) return undefined;
  return Object.assign(new Error('name'), { code: WRONG_NAME });
}

function failureOf(host: string, error: Error): FetchedPolicy {
  const code = 'code' in error ? plain(String(error.code), 80) : '';
  if (code === WRONG_NAME)
    return notBelieved(`the certificate of ${shown(host)} does not have that name`);
  if (NOT_BELIEVED.test(code))
    return notBelieved(`the certificate of ${shown(host)} is not believed (${code})`);
  if (code === 'HPE_HEADER_OVERFLOW') return failed(`${shown(host)} sends too many headers`);
  if (/^(?:ERR_SSL|EPROTO)/.test(code))
    return failed(`the TLS handshake with ${shown(host)} failed (${code})`);
  if (code.startsWith('HPE_')) return failed(`${shown(host)} does not answer as a web server`);
  return failed(`no connection with ${shown(host)} (${code === '' ? 'closed' : code})`);
}

const shown = (host: string) => plain(host, 260);

const failed = (because: string): FetchedPolicy => ({
  kind: 'failed',
  result: 'sts-policy-fetch-error',
  because,
});
const unreached = (result: FetchedPolicy): FetchedPolicy =>
  result.kind === 'failed' ? { ...result, unreached: true } : result;
const notBelieved = (because: string): FetchedPolicy => ({
  kind: 'failed',
  result: 'sts-webpki-invalid',
  because,
});
const unfit = (because: string): FetchedPolicy => ({ kind: 'unfit', because });

const TOO_LONG = unfit(`the policy has more than ${BOUNDS.stsPolicyBytes} bytes`);

/** What OpenSSL says of a chain, in Node's words; UNSPECIFIED where Node has no word for it. */
const NOT_BELIEVED =
  /CERT|SELF_SIGNED|VERIFY|ISSUER|^(?:INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|UNSPECIFIED)$/;
const WRONG_NAME = 'WRONG_NAME';
const MOST_ADDRESSES = 4;
