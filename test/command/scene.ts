/** The founding domains on a private internet, with files, a store and an environment of their own, for commands run as processes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { type FoundingDomains, foundingDomains } from '../internet/founding-domains.ts';
import { type Internet, startInternet } from '../internet/internet.ts';
import { type Ran, runCommand } from './run-command.ts';
import { PUBLISHED, schemaText } from './schemas.ts';

export interface Scene extends FoundingDomains {
  readonly internet: Internet;
  readonly dir: string;
  /** Path of the table, as the question had it. */
  readonly table: string;
  /** What every command needs that reads a policy: trust anchors and the port of this internet. */
  readonly bundleFlags: readonly string[];
  /** What every command needs that keeps something. */
  readonly storeFlags: readonly string[];
  /** Runs a command; what it notes of its own goes into a folder of the scene. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** `watch`, trusting the first look. */
  watch(...more: readonly string[]): Promise<Ran>;
  /** The same with an environment. */
  watchWith(env: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

export async function startScene(): Promise<Scene> {
  const internet = await startInternet();
  const founding = await foundingDomains(internet);
  const dir = mkdtempSync(join(tmpdir(), 'scene-'));
  const table = join(dir, 'tls_policy');
  writeFileSync(table, founding.policy);
  writeFileSync(join(dir, 'ca.pem'), founding.anchors);
  const bundleFlags = ['--ca-file', join(dir, 'ca.pem'), '--smtp-port', String(internet.smtpPort)];
  const storeFlags = ['--store', join(dir, 'store')];
  const run: Scene['run'] = (args, env = {}) =>
    runCommand(args, { STATE_DIRECTORY: join(dir, 'state'), SUDO_USER: 'alice', ...CLOCK_AT_NOON, ...env });
  const watchWith: Scene['watchWith'] = (env, ...more) =>
    run(
      ['watch', table, '--confirm-after', '0', ...storeFlags, ...internet.flags, '--ca-file', join(dir, 'ca.pem'), ...more],
      env,
    );
  return {
    ...founding,
    internet,
    dir,
    table,
    bundleFlags,
    storeFlags,
    run,
    watch: (...more) => watchWith({}, ...more),
    watchWith,
    close: async () => {
      await internet.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const began = Date.now();
const SHIFT_MS = new Date(began).setUTCHours(12, 0, 0, 0) - began;
/** What gives a command the clock of a scene. */
export const CLOCK_AT_NOON = {
  CLOCK_SHIFT_MS: String(SHIFT_MS),
  NODE_OPTIONS: `--import=${new URL('noon-clock.ts', import.meta.url).href}`,
};

/** The clock of a scene's commands, in ms: noon (UTC) when the tests of a file begin. */
export const sceneNow = (): number => Date.now() + SHIFT_MS;

/** Output with what differs from run to run and from machine to machine replaced. */
export function stable(text: string, { dir, internet }: Scene): string {
  return text
    .replaceAll(dir, 'DIR')
    .replaceAll(new RegExp(`\\b${hostname().replaceAll('.', '\\.')}\\b`, 'g'), 'HERE')
    .replaceAll(`:${internet.smtpPort}`, ':PORT')
    .replaceAll(/[A-Z][a-z]{2}\s+\d{4}-\d{2}-\d{2}\s+\d{2}:\d{2}Z/g, 'WHEN')
    .replaceAll(/[A-Z][a-z]{2}\s+\d{4}-\d{2}-\d{2}/g, 'DAY')
    .replaceAll(/version [0-9a-f]{12}\b/g, 'version VERSION')
    .replaceAll(/(--expect|shown here is)\s+[0-9a-f]{12}\b/g, '$1 VERSION')
    .replaceAll(/\b(\S+-(?:name-mismatch|expired|not-judged))-[0-9a-f]{6}\b/g, '$1-ID');
}

/** Words of a text in one line: where it was wrapped depends on the length of names. */
export const unwrapped = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** What the published schema finds wrong with a document; nothing, where all is well. */
export function problemsOf(command: string, document: unknown): unknown[] {
  const schema = PUBLISHED[command];
  if (schema === undefined) throw new Error(`no schema for ${command}`);
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': true } });
  const validate = ajv.compile(JSON.parse(schemaText(command, schema)));
  validate(document);
  return validate.errors ?? [];
}
