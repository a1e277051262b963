/**
 * What `doctor` finds: one precondition of what a daily run promises each, whether it is met, and
 * the cure where it is not. Pure.
 */

/** In the order in which they are printed. */
export const GROUPS = [
  'postfix',
  'trust',
  'dns',
  'way-out',
  'clock',
  'store',
  'channels',
  'schedule',
] as const;

export type Group = (typeof GROUPS)[number];

export const STATES = ['ok', 'warning', 'failure'] as const;

/** `failure`: a promise cannot be kept; `warning`: it is kept less well, or may soon not be. */
export type State = (typeof STATES)[number];

export interface Finding {
  readonly group: Group;
  readonly state: State;
  /** One clause, lower case but for names, no full stop. */
  readonly says: string;
  /** What to do; null where all is well. */
  readonly cure: string | null;
}

export const ok = (group: Group, says: string): Finding => ({
  group,
  state: 'ok',
  says,
  cure: null,
});

export const warning = (group: Group, says: string, cure: string): Finding => ({
  group,
  state: 'warning',
  says,
  cure,
});

export const failure = (group: Group, says: string, cure: string): Finding => ({
  group,
  state: 'failure',
  says,
  cure,
});

/**
 * An error sentence of ours, which ends with the next step: behind its last semicolon, or what it
 * says to give.
 */
export function ofError(
  group: Group,
  message: string,
  otherwise: string,
  state: 'warning' | 'failure' = 'failure',
): Finding {
  const [, says = message, cure = otherwise] = /^(.*)(?:; |: (?=give ))(.*)$/s.exec(message) ?? [];
  return { group, state, says, cure };
}

/** By the convention of the monitoring plugins: 2 a failure, 1 a warning, 0 all is well. */
export function doctorCode(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ state }) => state === 'failure')) return 2;
  return findings.some(({ state }) => state === 'warning') ? 1 : 0;
}
