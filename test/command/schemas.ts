/**
 * The published JSON Schemas, one per command's `--json`, and that of what a webhook gets. `npm run schemas` writes them beside the code that they describe;
 * schemas.test.ts holds the files to this.
 */
import { writeFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { webhookSchema } from '../../lambda/alert/channel/webhook/document-schema.ts';
import { checkSchema } from '../../lambda/command/check/verdict-schema.ts';
import { diffSchema } from '../../lambda/command/diff/schema.ts';
import { doctorSchema } from '../../lambda/command/doctor/schema.ts';
import { explainSchema } from '../../lambda/command/explain/schema.ts';
import { historySchema } from '../../lambda/command/history/schema.ts';
import { lintSchema } from '../../lambda/command/lint/schema.ts';
import { policyStatusSchema } from '../../lambda/command/policy/status-schema.ts';
import { statusSchema } from '../../lambda/command/status/schema.ts';
import { suggestSchema } from '../../lambda/command/suggest/schema.ts';
import { watchSchema } from '../../lambda/command/watch/schema.ts';
import { whatIfSchema } from '../../lambda/command/what-if/schema.ts';
import { whySchema } from '../../lambda/command/why/schema.ts';

export const PUBLISHED: Readonly<Record<string, GenericSchema>> = {
  check: checkSchema,
  diff: diffSchema,
  doctor: doctorSchema,
  explain: explainSchema,
  history: historySchema,
  lint: lintSchema,
  'policy-status': policyStatusSchema,
  status: statusSchema,
  suggest: suggestSchema,
  watch: watchSchema,
  webhook: webhookSchema,
  'what-if': whatIfSchema,
  why: whySchema,
};

/** The folder of a schema, where it is not named as the command, or is none of a command's. */
const FOLDER: Readonly<Record<string, string>> = { 'policy-status': 'policy', webhook: '../alert/channel/webhook' };

export const schemaFile = (command: string): URL =>
  new URL(`../../lambda/command/${FOLDER[command] ?? command}/${command}.schema.json`, import.meta.url);

export function schemaText(command: string, schema: GenericSchema): string {
  const title = command === 'webhook' ? 'what watch --webhook sends' : `${command} --json`;
  const described = { title: `postfix-tls-watch ${title}`, ...toJsonSchema(schema, { errorMode: 'ignore' }) };
  return `${JSON.stringify(described, null, 2)}\n`;
}

if (import.meta.main) {
  for (const [command, schema] of Object.entries(PUBLISHED)) writeFileSync(schemaFile(command), schemaText(command, schema));
}
