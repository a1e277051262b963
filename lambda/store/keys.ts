/**
 * What is stored, and under which key: one table, partition `pk`, sort key `sk`, TTL attribute
 * `expiresAt`.
 *
 * Every item is `{ pk, sk, v, rev, value, expiresAt? }`. Keys begin with the policy's name and, for
 * what was seen, hold the vantage: several MTAs and vantage points share a table and are compared
 * within themselves. Certificates alone are shared by all. `EXAMPLES` has one item of each kind; a
 * test holds them to the codec.
 *
 *     POLICY/policy                    head                  which version is in use
 *     POLICY/policy#VERSION            manifest | PART#000 …
 *     POLICY/now#VANTAGE#x             entry#ID | host#KEY   the latest
 *     POLICY/history#VANTAGE#entry#ID  DATE#RUN              what an entry became
 *     POLICY/history#VANTAGE#host#KEY  DATE#RUN              what a host presented
 *     POLICY/history#VANTAGE#2026-11#x DATE#entry#ID | DATE#host#KEY
 *     cert#SHA256                      cert                  DER
 *     POLICY/incident#VANTAGE          ID
 *     POLICY/mute                      KEY or incident id
 *     POLICY/confirmation              ID
 *     POLICY/run#VANTAGE               RUN                   scheduled time, or start#manual
 *     POLICY/tellings#VANTAGE#RUN      part#000 … | message#000 …   what was about to be told
 *     POLICY/owed#VANTAGE              CHANNEL               what it did not take
 *     POLICY/mail#VANTAGE              sent#000 | place#000  where mail went, by the log; where to read on
 *     POLICY/sts#VANTAGE               DOMAIN                its MTA-STS policy, and what was told of it
 *     POLICY/lease#VANTAGE             lease
 *
 * The head is flipped last, on condition of its `rev`; a superseded version expires. Versions and
 * tellings are gzipped in chunks. The latest stands in 16 shards, where x is the first hex digit of
 * sha256(name). History is stored a second time by month, to be read by date, in as many shards, so
 * that the first run of a large table does not write all of it to one partition; releases up to
 * 0.1.0 wrote without the shard. A certificate's expiry is renewed so that it outlives what refers to it. An incident is kept for 14 days after
 * its end. What is seen of candidates (`watch --observe`) stands under `POLICY~observed`, in the same
 * layout.
 *
 * A name of more than 900 bytes stands in a key as `sha256:…` (DynamoDB allows 1,024 bytes in a
 * sort key); values hold it whole.
 */
import { createHash } from 'node:crypto';
import type { Key, Table, TableReader } from './table.ts';
import { StoreError } from './table-error.ts';

/** Whose items. */
export interface Space {
  /** `--policy`, default `default`. */
  readonly policy: string;
  /** `--vantage`, default host name or function name. */
  readonly vantage: string;
}

/** An open table, and whose items in it. */
export interface Store {
  readonly table: Table;
  readonly space: Space;
}

/** The same of a table that is only read. */
export interface Reader {
  readonly table: TableReader;
  readonly space: Space;
}

/**
 * Makes a space of two names.
 *
 * @throws StoreError where a name has characters that keys do not take.
 */
export function spaceOf(policy: string, vantage: string): Space {
  for (const [flag, name] of [
    ['--policy', policy],
    ['--vantage', vantage],
  ] as const) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u.test(name))
      throw new StoreError(
        'other',
        `${flag} "${name}": must be up to 100 letters, digits, dots, hyphens and underscores`,
      );
  }
  return { policy, vantage };
}

/**
 * Shards of the latest: small enough to read two at a time, few enough to read all of them in each
 * run.
 */
export const SHARDS: readonly string[] = [...'0123456789abcdef'];

export const keys = {
  policyHead: ({ policy }: Space): Key => ({ pk: `${policy}/policy`, sk: 'head' }),
  policyVersion: ({ policy }: Space, version: string): string => `${policy}/policy#${version}`,
  nowShard: ({ policy, vantage }: Space, shard: string): string =>
    `${policy}/now#${vantage}#${shard}`,
  entry: (space: Space, id: string): Key => ({
    pk: keys.nowShard(space, shardOf(id)),
    sk: `entry#${keyName(id)}`,
  }),
  host: (space: Space, host: string): Key => ({
    pk: keys.nowShard(space, shardOf(host)),
    sk: `host#${keyName(host)}`,
  }),
  historyOf: ({ policy, vantage }: Space, grain: Grain, name: string): string =>
    `${policy}/history#${vantage}#${grain}#${keyName(name)}`,
  historyMonth: (space: Space, at: number, name: string): string =>
    `${monthOf(space, at)}#${shardOf(name)}`,
  /** Every partition of a month; the first is that of releases up to 0.1.0. */
  historyMonths: (space: Space, at: number): readonly string[] => [
    monthOf(space, at),
    ...SHARDS.map((shard) => `${monthOf(space, at)}#${shard}`),
  ],
  certificate: (sha256: string): Key => ({ pk: `cert#${sha256}`, sk: 'cert' }),
  incidents: ({ policy, vantage }: Space): string => `${policy}/incident#${vantage}`,
  mutes: ({ policy }: Space): string => `${policy}/mute`,
  confirmations: ({ policy }: Space): string => `${policy}/confirmation`,
  runs: ({ policy, vantage }: Space): string => `${policy}/run#${vantage}`,
  tellings: ({ policy, vantage }: Space, runId: string): string =>
    `${policy}/tellings#${vantage}#${runId}`,
  owedOf: ({ policy, vantage }: Space): string => `${policy}/owed#${vantage}`,
  owed: (space: Space, channel: string): Key => ({
    pk: keys.owedOf(space),
    sk: keyName(channel),
  }),
  mail: ({ policy, vantage }: Space): string => `${policy}/mail#${vantage}`,
  stsPolicies: ({ policy, vantage }: Space): string => `${policy}/sts#${vantage}`,
  stsPolicy: (space: Space, domain: string): Key => ({
    pk: keys.stsPolicies(space),
    sk: keyName(domain),
  }),
  lease: ({ policy, vantage }: Space): Key => ({ pk: `${policy}/lease#${vantage}`, sk: 'lease' }),
};

const monthOf = ({ policy, vantage }: Space, at: number): string =>
  `${policy}/history#${vantage}#${new Date(at).toISOString().slice(0, 7)}`;

/** What an entry became, or what a host presented. */
export type Grain = 'entry' | 'host';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const shardOf = (name: string): string => sha256(name).slice(0, 1);

/** A name as part of a key, within DynamoDB's bounds. */
export const keyName = (name: string): string =>
  Buffer.byteLength(name) > NAME_BYTES ? `sha256:${sha256(name)}` : name;
const NAME_BYTES = 900;
