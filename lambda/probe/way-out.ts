/**
 * Whether anybody answers, by address family, while conversations are had: where port 25 is not
 * open yet, waiting for each time-out of a long table would take most of an hour and say nothing
 * more. Pure but for its own state.
 */
import { BOUNDS } from '../limits.ts';
import { type AddressFamily, familyOf } from '../postfix/hostname.ts';
import type { ProbeResult } from './result.ts';
import type { Ticket } from './waiting-line.ts';

type Met = Pick<Ticket, 'network' | 'owners'> & {
  readonly conversation: Pick<Ticket['conversation'], 'address'>;
};

export class WayOut {
  readonly #families = new Map<AddressFamily | undefined, Silence>();
  readonly #answered: readonly AddressFamily[];

  /** @param answered families in which somebody is known to answer */
  constructor(answered: readonly AddressFamily[] = []) {
    this.#answered = answered;
  }

  /** Counts a conversation that begins. */
  begin(met: Met): void {
    this.#of(met).underWay++;
  }

  /** Counts what it came to. */
  end(met: Met, result: ProbeResult): void {
    const silence = this.#of(met);
    silence.underWay--;
    if (isSilence(result)) {
      silence.timeOuts++;
      silence.networks.add(met.network);
      for (const owner of met.owners) silence.owners.add(owner);
    } else if (isAnswer(result)) silence.answered = true;
  }

  /** Whether no more is begun in its family for now. */
  isDoubtful(met: Pick<Met, 'conversation'>): boolean {
    const { answered, timeOuts, networks, owners } = this.#of(met);
    return (
      !answered &&
      timeOuts >= BOUNDS.silentConversations &&
      networks.size >= BOUNDS.silentNetworks &&
      // One stranger may have as many silent networks as he likes.
      owners.size >= BOUNDS.silentNextHops
    );
  }

  /** Whether the family is given up: it is in doubt, and the last under way kept silent too. */
  isGivenUp(met: Pick<Met, 'conversation'>): boolean {
    return this.isDoubtful(met) && this.#of(met).underWay === 0;
  }

  #of({ conversation }: Pick<Met, 'conversation'>): Silence {
    const family = familyOf(conversation.address);
    const known = this.#families.get(family);
    if (known !== undefined) return known;
    const silence = {
      answered: family !== undefined && this.#answered.includes(family),
      underWay: 0,
      timeOuts: 0,
      networks: new Set<string>(),
      owners: new Set<string>(),
    };
    this.#families.set(family, silence);
    return silence;
  }
}

interface Silence {
  answered: boolean;
  underWay: number;
  timeOuts: number;
  readonly networks: Set<string>;
  readonly owners: Set<string>;
}

const GIVEN_UP = 'nobody answered in this address family, and it was given up in this run';

/** What comes of a conversation of a family that was given up. */
export const NO_WAY_OUT: ProbeResult = {
  kind: 'unseen',
  phase: 'connect',
  reason: 'no-way-out',
  detail: GIVEN_UP,
};

/** Whether somebody was not asked since their family was given up. */
export const wasGivenUp = (result: ProbeResult | undefined): boolean =>
  result?.kind === 'unseen' && result.reason === 'no-way-out' && result.detail === GIVEN_UP;

const isSilence = (result: ProbeResult): boolean =>
  result.kind === 'unseen' && result.phase === 'connect' && result.reason === 'timed-out';

/** Families in which somebody answered. */
export function answeredIn(
  had: Iterable<{
    readonly conversation: Pick<Ticket['conversation'], 'address'>;
    readonly result: ProbeResult;
  }>,
): AddressFamily[] {
  const families = new Set<AddressFamily>();
  for (const { conversation, result } of had) {
    const family = familyOf(conversation.address);
    if (family !== undefined && isAnswer(result)) families.add(family);
  }
  return [...families];
}

/** Something came back from the other side, be it a refusal. */
function isAnswer(result: ProbeResult): boolean {
  if (result.kind !== 'unseen' || result.phase !== 'connect') return true;
  return result.reason === 'refused' || result.reason === 'connection-lost';
}
