/**
 * Flags → the place where things are kept: as named, or looked up in the outputs of a deployed
 * environment.
 */
import { OUTPUTS, stackName } from '../config.ts';
import { readOutputs, type StoreFlags } from '../local-doors.ts';
import { UsageError } from '../usage-error.ts';

export interface PlaceFlags {
  readonly store?: string;
  readonly policy?: string;
  readonly vantage?: string;
  readonly env?: string;
  readonly outputs?: string;
}

export interface Place extends StoreFlags {
  /** The environment's topics, where one was named. */
  readonly topic?: string;
  readonly chatTopic?: string;
}

/**
 * A place that is named counts before the environment's: its table restored under another name,
 * say.
 *
 * @throws UsageError where the environment is not in the outputs
 */
export async function placeOf(flags: PlaceFlags): Promise<Place> {
  const { store, vantage, env } = flags;
  const policy = flags.policy ?? DEFAULT_POLICY;
  if (env === undefined) {
    if (flags.outputs !== undefined)
      throw new UsageError('--outputs says nothing without --env, the name of an environment');
    return {
      policy,
      ...(store === undefined ? {} : { store }),
      ...(vantage === undefined ? {} : { vantage }),
    };
  }
  const path = flags.outputs ?? 'cdk-outputs.json';
  const stacks = await readOutputs(path);
  const outputs = stacks[stackName(env)];
  if (outputs === undefined) {
    const known = Object.keys(stacks).flatMap((name) =>
      name.startsWith(stackName('')) ? name.slice(stackName('').length) : [],
    );
    const hint = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
    throw new UsageError(`--env ${env}: no environment of that name in ${path}, ${hint}`);
  }
  const table = outputs[OUTPUTS.table];
  if (table === undefined && store === undefined)
    throw new UsageError(
      `--env ${env}: ${path} names no table; deploy again, so that its outputs are complete`,
    );
  return {
    store: store ?? `dynamodb:${table}`,
    policy: flags.policy ?? outputs[OUTPUTS.policy] ?? DEFAULT_POLICY,
    vantage: vantage ?? outputs[OUTPUTS.vantage] ?? FUNCTION_VANTAGE,
    ...optional('region', outputs[OUTPUTS.region]),
    ...optional('topic', outputs[OUTPUTS.topic]),
    ...optional('chatTopic', outputs[OUTPUTS.chatTopic]),
  };
}

const optional = <K extends string>(name: K, value: string | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [name in K]?: string };

const DEFAULT_POLICY = 'default';
/** The vantage of a function (infra/function.ts); a mail host has its own name. */
const FUNCTION_VANTAGE = 'function';
