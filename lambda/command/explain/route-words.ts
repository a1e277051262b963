/** Where mail of one destination goes, and what is asked of it there, in a sentence each. Pure. */
import type { Bundle } from '../../policy/bundle.ts';
import type { Hop } from '../../policy/destinations.ts';
import { printMatch } from '../../policy/match-pattern.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

export function routeSentence(verdict: Pick<EntryVerdict, 'nextHop' | 'service'>): string {
  const { nextHop, service } = verdict;
  if (nextHop === null) return 'none';
  const why = {
    recipient: 'the domain itself, since no transport or relayhost says otherwise',
    transport: 'from the transport table',
    relayhost: 'relayhost',
    sender: 'from the table of relayhosts or transports by sender',
    'fallback-relay': 'smtp_fallback_relay',
    'default-transport': 'default_transport',
  }[nextHop.via];
  return (
    `${nextHop.text} (${why}), port ${nextHop.port}, ` +
    `${nextHop.mx ? 'by its MX records' : 'without MX lookup'}` +
    (service === undefined ? '' : `, delivered by the service ${service}`)
  );
}

export function demandSentence(hop: Hop, bundle: Bundle): string {
  const { demand } = hop;
  if (demand.kind === 'broken') return `nothing that Postfix understands: ${demand.warning}`;
  const from = demand.entry === undefined ? ' (the global level)' : '';
  const names = demand.match.map(printMatch);
  const parts = [`level ${demand.level}${from}`];
  if (names.length > 0)
    parts.push(`match ${names.join(':')}${demand.matchFrom === 'main.cf' ? ' (by default)' : ''}`);
  if (demand.level === 'fingerprint')
    parts.push(
      `${demand.digests.length} ${demand.digestAlgorithm} ` +
        `${demand.digests.length === 1 ? 'digest' : 'digests'}`,
    );
  if (demand.anchors.kind === 'files')
    parts.push(`anchors from ${demand.anchors.paths.join(', ')}`);
  if (demand.level !== 'none') parts.push(`ciphers ${demand.cipherGrade}`);
  if (hop.nextHop.port !== bundle.settings.tcpPort) parts.push(`port ${hop.nextHop.port}`);
  return parts.join(', ');
}
