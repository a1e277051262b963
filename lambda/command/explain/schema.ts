/** The shape of `explain --json`. */
import * as v from 'valibot';
import { entrySchema, runSchema, vantageSchema } from '../check/verdict-schema.ts';
import { nameSourcesSchema } from './source-schema.ts';
import { stsAnswerSchema } from './sts-answer-schema.ts';

export const explainSchema = v.strictObject({
  version: v.literal(1),
  run: runSchema,
  vantage: vantageSchema,
  /** What is asked of the next hop, in a sentence. */
  demand: v.string(),
  route: v.string(),
  /** Why `verify` and `match=hostname` are no cure here. */
  hostnameAdvice: v.nullable(v.string()),
  /** The answer to "can I have secure without a match list?" */
  withoutMatchList: v.nullable(v.string()),
  /** That a name that is sent (SNI) would help, to a version that cannot send one. */
  servernameAdvice: v.nullable(v.string()),
  /** Who may be believed about the hosts; null where mail does not go by MX records. */
  nameSources: v.nullable(nameSourcesSchema),
  /** Of an entry that a daemon for MTA-STS gave. */
  stsAnswer: v.nullable(stsAnswerSchema),
  postTlsFinger: v.nullable(v.string()),
  entry: entrySchema,
});

export type ExplainDocument = v.InferOutput<typeof explainSchema>;
