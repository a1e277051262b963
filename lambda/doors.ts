/** Configuration → real doors to the world. The only file that imports the doors the scheduled function uses, too. */
import { hostname } from 'node:os';
import { DEFAULTS } from './limits.ts';
import type { Bundle } from './policy/bundle.ts';
import { openProbe } from './probe/connection.ts';
import type { PaceOptions } from './probe/pace.ts';
import { openDns } from './route/dns.ts';
import type { CheckDoors } from './run/check.ts';

/** How to look at the world; every absent value has its default in limits.ts. */
export interface WorldConfig {
  /** `ip` or `ip:port`; none: the system's resolvers. */
  readonly resolvers?: readonly string[];
  readonly helo?: string;
  readonly allowPrivateAddresses?: boolean;
  /** Each step of a conversation, the greeting included. */
  readonly stepTimeoutMs?: number;
}

export function openWorld(config: WorldConfig, bundle: Bundle): CheckDoors {
  return {
    dns: openDns({
      ...(config.resolvers === undefined ? {} : { servers: config.resolvers }),
      timeoutMs: DEFAULTS.dnsTimeoutMs,
      tries: DEFAULTS.dnsTries,
      concurrency: DEFAULTS.dnsConcurrency,
    }),
    probe: openProbe({
      heloName: config.helo ?? bundle.settings.heloName ?? bundle.settings.myhostname ?? hostname(),
      greetingTimeoutMs: config.stepTimeoutMs ?? DEFAULTS.greetingTimeoutMs,
      stepTimeoutMs: config.stepTimeoutMs ?? DEFAULTS.stepTimeoutMs,
      anchors: bundle.trust.kind === 'anchors' ? bundle.trust.certificates : [],
      allowPrivateAddresses: config.allowPrivateAddresses ?? false,
    }),
  };
}

export interface PaceConfig {
  readonly concurrency?: number;
  readonly perNetwork?: number;
  /** Epoch ms at which probing ends; what is left is `not-attempted`. */
  readonly stopAt: number;
}

export function paceFor(config: PaceConfig): PaceOptions {
  return {
    concurrency: config.concurrency ?? DEFAULTS.concurrency,
    perAddress: DEFAULTS.perAddress,
    perNetwork: config.perNetwork ?? DEFAULTS.perNetwork,
    restAfter421Ms: DEFAULTS.restAfter421Ms,
    stopAt: config.stopAt,
  };
}
