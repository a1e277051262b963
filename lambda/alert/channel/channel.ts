/** The type of every channel: one way to tell people, such as SNS or a hook. */
import type { Alert } from '../message/describe.ts';
import type { Mail } from '../message/mail.ts';

export interface Channel {
  /**
   * What is owed to it is kept under this name, and people read it: the same in every run, never
   * shared by two channels, and never a secret.
   */
  readonly name: string;
  /** There is one channel of a kind at most, so that one of another name takes its place. */
  readonly kind: string;
  /**
   * The address of a mail that the Postfix of this host delivers, which may be the one that is
   * watched.
   */
  readonly recipient?: string;
  /**
   * Tells one message. What fails outside is `untold` and never thrown. The same message may be
   * told again.
   */
  readonly tell: (mail: Mail, alert: Alert) => Promise<Delivery>;
  /**
   * Whether it would take a message now, tried without telling one: undefined, or why not. Absent:
   * that cannot be known before. Never throws for what fails outside.
   */
  readonly ready?: () => Promise<string | undefined>;
}

export type Delivery =
  | {
      readonly kind: 'told';
      readonly messageId?: string;
      /** Why it may never arrive: it counts only where another channel took it, too. */
      readonly doubt?: string;
    }
  | { readonly kind: 'untold'; readonly because: string };

/** `patient`: what fails for the moment is tried again within seconds; `once`: somebody is waiting. */
export type Tries = 'patient' | 'once';

/** One that is set up wrongly: it tells nothing and says why, and the others are told all the same. */
export const unusable = (
  { kind, name }: Pick<Channel, 'kind' | 'name'>,
  because: string,
): Channel => ({
  kind,
  name,
  tell: async () => ({ kind: 'untold', because: `${name}: ${because}` }),
  ready: async () => `${name}: ${because}`,
});
