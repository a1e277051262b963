/**
 * What the log of the mail host says of an entry, beside our own look. The log is a witness and no
 * judge: alone it opens nothing and ends nothing. Pure; times in epoch ms.
 */
import type { Reason } from '../../verdict/reason.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/** The last of each since the run before. */
export interface Testimony {
  readonly refused?: {
    readonly at: number;
    /** Those it can be. */
    readonly reasons: readonly Reason[];
    /** In Postfix's words. */
    readonly says: string;
  };
  readonly delivered?: { readonly at: number; readonly host: string };
}

export type Agreement =
  /** Mail was refused for what our look found, and none was delivered since. */
  | { readonly kind: 'same'; readonly refused: NonNullable<Testimony['refused']> }
  /** Mail was refused for something else. */
  | { readonly kind: 'other-reason'; readonly refused: NonNullable<Testimony['refused']> }
  /** Our look fails, and mail was delivered. */
  | { readonly kind: 'delivered'; readonly delivered: NonNullable<Testimony['delivered']> }
  /** Our look delivers, and mail was refused. */
  | { readonly kind: 'refused'; readonly refused: NonNullable<Testimony['refused']> };

/** Undefined where one of both says nothing, or the log that mail is delivered as we see it. */
export function agreementOf(
  testimony: Testimony | undefined,
  { verdict, reason }: Pick<EntryVerdict, 'verdict' | 'reason'>,
): Agreement | undefined {
  if (testimony === undefined) return undefined;
  const { delivered } = testimony;
  const isStale = (delivered?.at ?? 0) > (testimony.refused?.at ?? 0);
  const refused = isStale ? undefined : testimony.refused;
  switch (verdict) {
    case 'fail':
      if (refused === undefined)
        return delivered === undefined ? undefined : { kind: 'delivered', delivered };
      return reason !== null && refused.reasons.includes(reason)
        ? { kind: 'same', refused }
        : { kind: 'other-reason', refused };
    case 'pass':
    case 'degraded':
      return refused === undefined ? undefined : { kind: 'refused', refused };
    case 'undetermined':
    case 'unchecked':
      return undefined;
  }
}

/** Whether a deferral stands in for the second look: Postfix met what our look found. */
export const isConfirmedBy = (
  testimony: Testimony | undefined,
  verdict: Pick<EntryVerdict, 'verdict' | 'reason'>,
): boolean => agreementOf(testimony, verdict)?.kind === 'same';
