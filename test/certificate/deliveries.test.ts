/**
 * Trust alone, against the recorded deliveries of real Postfix: whoever got the mail at verify or secure was trusted, and
 * Postfix 3.5 says `not trusted` where the chain was at fault and `not verified` where the name was.
 */
import { expect, test } from 'vitest';
import { anchorFileFromPem, parsePem } from '../../lambda/certificate/anchors.ts';
import { judgePath } from '../../lambda/certificate/trust/path.ts';
import { type RecordedDestination, type RecordedVersion, type Recording, readRecording, VERSIONS } from '../cases/recorded.ts';

const recording = readRecording('deliveries');

test.each(VERSIONS)('Postfix %s trusted the chains we trust', (version) => {
  const compared = recording.destinations.flatMap((destination) => {
    const chain = chainSpokenOf(recording, destination, version);
    const said = whatItSaid(destination, version);
    if (chain === undefined || said === undefined) return [];
    return [{ destination: destination.destination, said, ours: judge(recording, destination, version, chain) }];
  });
  expect(compared.filter(({ said, ours }) => said !== ours)).toEqual([]);
  expect(compared.length).toBeGreaterThan(40);
  if (version === '3.5.27') expect(compared.filter(({ said }) => said === 'untrusted').length).toBeGreaterThan(8);
});

/** The chain Postfix speaks of: of the only address where it delivered, else of the last of those it walks. */
function chainSpokenOf(
  { servers, chains }: Recording,
  { policy, mx, postfix }: RecordedDestination,
  version: RecordedVersion,
): string | undefined {
  if (policy === null || !/^\S+\s+(secure|verify)\b/.test(policy)) return undefined;
  const addresses = mx.toSorted((a, b) => a.preference - b.preference).flatMap((host) => host.addresses);
  if (addresses.length > (postfix[version].status === 'sent' ? 1 : 5)) return undefined;
  const server = servers[addresses.at(-1) ?? ''];
  if (server?.chain === null || server?.chain === undefined) return undefined;
  return [chains[server.chain] ?? []].flat().join('\n');
}

function whatItSaid({ postfix }: RecordedDestination, version: RecordedVersion): 'trusted' | 'untrusted' | undefined {
  const { status, text } = postfix[version];
  if (status === 'sent') return 'trusted';
  if (version !== '3.5.27') return undefined;
  return text === 'Server certificate not trusted'
    ? 'untrusted'
    : text === 'Server certificate not verified'
      ? 'trusted'
      : undefined;
}

function judge(
  { at, trustAnchors, files }: Recording,
  { policy }: RecordedDestination,
  version: string,
  chainPem: string,
): string {
  const named = [...(policy ?? '').matchAll(/\btafile=(\S+)/g)].map(([, file]) => anchorFileFromPem(files[file ?? ''] ?? ''));
  const store = { certificates: parsePem(trustAnchors).certificates, publicKeys: [] };
  const anchors = {
    certificates: named.flatMap((file) => (file.kind === 'anchors' ? file.certificates : [])),
    publicKeys: named.flatMap((file) => (file.kind === 'anchors' ? file.publicKeys : [])),
  };
  const { kind } = judgePath({
    chain: parsePem(chainPem).certificates,
    anchors: named.length > 0 ? anchors : store,
    anchorKind: named.length > 0 ? 'files' : 'store',
    at: Date.parse(at),
    version,
    verifyDepth: 9,
    securityLevel: 1,
  });
  return kind;
}
