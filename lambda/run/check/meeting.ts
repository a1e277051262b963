/**
 * Whom next hops lead to: as the route of each becomes known, its contacts, and the conversations
 * that are to be had there in this run. Pure but for its own state.
 */
import { byName } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { clientOf, routeKey } from '../../policy/service.ts';
import { USUAL_HELLO } from '../../policy/settings.ts';
import { type Contact, sharedContacts } from '../../probe/contact.ts';
import type { Conversation } from '../../probe/conversation.ts';
import { conversationsInTurn, type Turn } from '../../probe/turn.ts';
import type { Wish } from '../../probe/waiting-line.ts';
import type { Found } from '../../route/dane-route.ts';

/** A conversation to be had, and for whom. Plain JSON. */
export interface Wanted {
  readonly conversation: Conversation;
  readonly wish: Wish;
}

/** Whom all that were found lead to. */
export interface Met {
  /** By hop of the destinations. */
  readonly contacts: ReadonlyMap<Hop, readonly Contact[]>;
  /** Of control hosts. */
  readonly controls: readonly Contact[];
  /** By the key of the next hop, where not all of its addresses had their turn. */
  readonly turns: Readonly<Record<string, Turn>>;
}

export interface MeetingOptions {
  /** Which addresses have their turn (probe/turn). */
  readonly turn: number;
  /** Ids of those that were asked the last time and kept silent: they come last. */
  readonly unseen?: ReadonlySet<string> | undefined;
  /** Told whom each hop leads to. */
  readonly onMet?: ((contacts: readonly Contact[]) => void) | undefined;
}

export class Meeting {
  /** Of control hosts, then of the destinations. */
  readonly hops: readonly Hop[];
  readonly #bundle: Bundle;
  readonly #options: MeetingOptions;
  readonly #control: readonly Hop[];
  readonly #isControl: ReadonlySet<Hop>;
  readonly #byKey: ReadonlyMap<string, readonly Hop[]>;
  readonly #late: ReadonlySet<string>;
  readonly #contacts = new Map<Hop, readonly Contact[]>();
  readonly #turns = byName<Turn>();
  readonly #controlContacts: ReturnType<typeof sharedContacts>;
  readonly #contactsOf: ReturnType<typeof sharedContacts>;

  /** @param plan in the order in which they are to be looked at */
  constructor(
    plan: readonly Destination[],
    control: readonly Hop[],
    bundle: Bundle,
    options: MeetingOptions,
  ) {
    this.hops = [...control, ...plan.flatMap((one) => one.hops)];
    this.#bundle = bundle;
    this.#options = options;
    this.#control = control;
    this.#isControl = new Set(control);
    this.#byKey = Map.groupBy(this.hops, routeKey);
    this.#late = lateKeys(plan, options.unseen);
    // What our own settings hide is no matter to a control host: its handshake is the proof.
    const { library, replyFilter, discardEhloMaps, ...usual } = bundle.settings;
    const open = { ...usual, discardEhloKeywords: [], hello: USUAL_HELLO };
    this.#controlContacts = sharedContacts(() => open);
    this.#contactsOf = sharedContacts((hop) => this.#settingsOf(hop));
  }

  /** What is wanted of one next hop, by its key, as soon as all is known of it. */
  meet(key: string, found: Found): Wanted[] {
    const wanted = new Map<string, Conversation>();
    for (const hop of this.#byKey.get(key) ?? []) {
      const met = (this.#isControl.has(hop) ? this.#controlContacts : this.#contactsOf)(hop, found);
      this.#contacts.set(hop, met);
      this.#options.onMet?.(met);
      const own = conversationsInTurn(met, this.#settingsOf(hop), this.#options.turn);
      if (own.turn !== undefined) this.#turns[key] = own.turn;
      for (const conversation of own.conversations) wanted.set(conversation.id, conversation);
    }
    const wish = { owner: key, late: this.#late.has(key) };
    return [...wanted.values()].map((conversation) => ({ conversation, wish }));
  }

  /** Nobody is met any more. */
  end(): Met {
    const controls = this.#control.flatMap((hop) => this.#contacts.get(hop) ?? []);
    for (const hop of this.#control) this.#contacts.delete(hop);
    return { contacts: this.#contacts, controls, turns: this.#turns };
  }

  #settingsOf(hop: Hop): Bundle['settings'] {
    return clientOf(this.#bundle, hop.service).settings;
  }
}

/** Next hops that lead to nothing but entries of which nothing was seen the last time. */
function lateKeys(
  plan: readonly Destination[],
  unseen: ReadonlySet<string> = new Set(),
): ReadonlySet<string> {
  const keysOf = (wanted: boolean) =>
    plan.flatMap(({ id, hops }) => (unseen.has(id) === wanted ? hops.map(routeKey) : []));
  const others = new Set(keysOf(false));
  return new Set(keysOf(true).filter((key) => !others.has(key)));
}
