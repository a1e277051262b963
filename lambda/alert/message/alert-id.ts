/**
 * A name for what a message tells, so that whoever gets it twice can see that it is the same: the
 * Message-ID of a mail, the transaction of a chat server. Pure.
 *
 * It is made of the news and not of the run: an incident, since when it is open, when it was last
 * told, and who is in it how. What no channel took and the next run tells anew has the same name,
 * as long as nothing else came about; a reminder has another one than the message before it.
 */
import { createHash } from 'node:crypto';
import { day } from '../../text/dates.ts';
import type { AlertInput } from './input.ts';

/** 32 hexadecimal digits. */
export function alertId({ decision, bundle, vantage, now, sts }: AlertInput): string {
  const told = decision.items.map(({ incident, kind, news, members, ended }) => [
    incident.id,
    incident.openedAt,
    incident.told?.at ?? null,
    kind,
    news,
    members.map(({ id, standing, from }) => [id, standing, from ?? null]),
    ended.map(({ id }) => id),
  ]);
  const policies = (sts?.items ?? []).flatMap(({ findings }) => findings.map(({ id }) => id));
  const tables = bundle.policyTables.map(({ name }) => name);
  // A baseline without news, or a gap, is told on one day.
  const isBare = told.length === 0 && policies.length === 0;
  return digest([
    vantage.name,
    tables,
    isBare ? day(now) : told,
    ...(policies.length === 0 ? [] : [policies]),
  ]);
}

/** Of a message as it is kept: one that an earlier release kept has no name yet. */
export function idOf({
  id,
  at,
  subject,
}: {
  readonly id?: string;
  readonly at: number;
  readonly subject: string;
}): string {
  return id ?? digest([at, subject]);
}

const digest = (of: unknown) =>
  createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 32);
