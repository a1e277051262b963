/** The recorded deliveries of real Postfix, as stored beside this file, and the texts that a run of ours would read for one of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorFileFromPem, type TrustAnchorFile, type TrustStore, trustStoreFromPem } from '../../lambda/certificate/anchors.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import type { RecordSet } from '../internet/dns-server.ts';
import type { Behaviour } from '../internet/smtp-script.ts';

export const VERSIONS = ['3.5.27', '3.7.11', '3.11.6'] as const;
export type RecordedVersion = (typeof VERSIONS)[number];

/** What one version did with the message. */
export interface RecordedDelivery {
  /** `none`: smtp(8) died at start. */
  readonly status: 'sent' | 'deferred' | 'bounced' | 'none';
  readonly dsn?: string;
  readonly text: string;
  /** Differs from run to run. */
  readonly unstable?: boolean;
  readonly walkVaries?: boolean;
  readonly walk?: readonly {
    readonly address: string;
    readonly word?: string;
    readonly sni?: string;
    readonly took?: 'tls' | 'plaintext';
  }[];
}

export interface RecordedDestination {
  /** The next hop as routed. */
  readonly destination: string;
  /** Where it differs from the next hop. */
  readonly recipient?: string;
  readonly mainCf?: readonly string[] | null;
  readonly policy: string | null;
  readonly mx: readonly { readonly preference: number; readonly host: string; readonly addresses: readonly string[] }[];
  readonly addresses?: readonly string[];
  readonly host?: string;
  readonly header?: string;
  readonly note?: string;
  readonly postfix: Readonly<Record<RecordedVersion, RecordedDelivery>>;
}

export interface RecordedServer {
  readonly behaviour: Behaviour;
  readonly chain: string | null;
  readonly port?: number;
  readonly sniChains?: Readonly<Record<string, string>>;
  readonly sniOnly?: boolean;
}

export interface Recording {
  readonly at: string;
  readonly mainCf: readonly string[];
  /** PEM. */
  readonly trustAnchors: string;
  readonly files: Readonly<Record<string, string>>;
  readonly destinations: readonly RecordedDestination[];
  /** By address. */
  readonly servers: Readonly<Record<string, RecordedServer>>;
  /** PEM as sent, leaf first. */
  readonly chains: Readonly<Record<string, string | readonly string[]>>;
  readonly dns?: readonly RecordSet[];
}

export function readRecording(name: 'deliveries' | 'settings' | 'dane'): Recording {
  return JSON.parse(readFileSync(join(import.meta.dirname, `postfix-${name}.json`), 'utf8')) as Recording;
}

/** The recipient's domain: what is to be judged. */
export const recipientOf = ({ recipient, destination }: RecordedDestination): string => recipient ?? destination;

/** Everything a run would have read: one main.cf and one table per destination. */
export function bundleFor(recording: Recording, destination: RecordedDestination, version: RecordedVersion): Bundle {
  const own = destination.mainCf ?? [];
  const routed = destination.recipient !== undefined && !own.some((line) => /^relayhost\b/.test(line));
  // With IPv6 alone, smtp(8) dies over an IPv4 address among its interfaces; the recorder knew that.
  const interfaces = own.some((line) => /^inet_protocols = ipv6$/.test(line)) ? 'loopback-only' : '127.0.0.1';
  const lines = [
    `inet_interfaces = ${interfaces}`,
    ...LAB_MAIN_CF,
    ...recording.mainCf,
    ...own,
    ...(destination.policy === null ? [] : ['smtp_tls_policy_maps = hash:tls_policy']),
    ...(routed ? ['transport_maps = hash:transport'] : []),
  ];
  const { settings } = readSettings(readMainCf(`${lines.join('\n')}\n`, version).parameters, version);
  return {
    settings,
    policyTables: destination.policy === null ? [] : [{ name: 'hash:tls_policy', text: `${destination.policy}\n` }],
    transportTables: routed
      ? [{ name: 'hash:transport', text: `${recipientOf(destination)} smtp:${destination.destination}\n` }]
      : [],
    problems: [],
    trust: trustOf(recording, lines, settings.caFile),
    anchorFiles: anchorFilesOf(recording),
    destinations: [recipientOf(destination)],
    assumed: [],
  };
}

/** What the recorder's instances had beyond the recorded lines. */
const LAB_MAIN_CF = ['inet_protocols = ipv4', 'myhostname = sender.test'] as const;

function trustOf(recording: Recording, lines: readonly string[], caFile: string | undefined): TrustStore {
  const named = lines.some((line) => /^smtp_tls_CAfile\b/.test(line));
  if (!named) return trustStoreFromPem(recording.trustAnchors, 'trustAnchors');
  if (caFile === undefined || caFile === '') return { kind: 'anchors', certificates: [], source: 'nothing' };
  const text = recording.files[caFile];
  return text === undefined ? { kind: 'engine-off', because: `${caFile} does not exist` } : trustStoreFromPem(text, caFile);
}

function anchorFilesOf(recording: Recording): Record<string, TrustAnchorFile> {
  const found = Object.entries(recording.files).map(([name, text]): [string, TrustAnchorFile] => [
    name,
    name.includes('0600') ? { kind: 'broken', because: `${name} is readable by root only` } : anchorFileFromPem(text),
  ]);
  return { 'missing.pem': { kind: 'broken', because: 'missing.pem does not exist' }, ...Object.fromEntries(found) };
}

/** Record sets of the whole recording; where it has none, those that its destinations imply. */
export function zoneOf({ dns, destinations }: Recording): readonly RecordSet[] {
  if (dns !== undefined) return dns;
  return destinations.flatMap(({ destination, mx, addresses }): RecordSet[] => [
    ...(mx.length === 0
      ? []
      : [
          {
            name: destination,
            type: 'MX' as const,
            data: mx.map(({ preference, host }) => `${preference} ${host === '' ? '.' : host}`),
          },
        ]),
    ...mx.filter(({ host }) => host !== '').map(({ host, addresses: own }) => ({ name: host, type: 'A' as const, data: own })),
    ...(addresses === undefined ? [] : [{ name: destination, type: 'A' as const, data: addresses }]),
  ]);
}
