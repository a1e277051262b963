/** A way to tell people: what every channel is to the run. */
import type { Alert } from '../message/describe.ts';
import type { Mail } from '../message/mail.ts';

/** Never throws for what is wrong outside. A message may be told twice, so repeating is safe. */
export type Channel = (mail: Mail, alert: Alert) => Promise<Delivery>;

export type Delivery =
  | { readonly kind: 'told'; readonly messageId?: string }
  | { readonly kind: 'untold'; readonly because: string };
