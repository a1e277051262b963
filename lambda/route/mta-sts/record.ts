/**
 * The TXT record that announces an MTA-STS policy (RFC 8461 §3.1). Pure.
 *
 * A sender takes anything but one well-formed record for none at all; here the two are told apart,
 * since the owner of the domain would want to know.
 */
import { BOUNDS } from '../../limits.ts';
import { plain } from '../../text/strangers.ts';

export type StsRecord =
  | { readonly kind: 'announced'; readonly id: string }
  | { readonly kind: 'none' }
  /** A clause for people, already neutral. */
  | { readonly kind: 'invalid'; readonly because: string };

/** @param texts the TXT records of `_mta-sts.DOMAIN`, the strings of each put together */
export function readStsRecord(texts: readonly string[]): StsRecord {
  const records = texts.filter((text) => text.startsWith('v=STSv1;'));
  const [record] = records;
  if (record === undefined) return { kind: 'none' };
  if (records.length > 1)
    return {
      kind: 'invalid',
      because: `${records.length} records begin with v=STSv1; where one must be the only one`,
    };
  if (record.length > BOUNDS.stsRecordChars)
    return { kind: 'invalid', because: `the record has ${record.length} characters` };
  return readFields(record);
}

function readFields(record: string): StsRecord {
  const fields = record.split(/[ \t]*;[ \t]*/).slice(1);
  if (fields.at(-1) === '') fields.pop();
  const wrong = fields.find((field) => !FIELD.test(field));
  if (wrong !== undefined)
    return { kind: 'invalid', because: `"${plain(wrong, 80)}" in the record is not name=value` };
  const ids = fields.filter((field) => field.startsWith('id='));
  const id = ids[0]?.slice('id='.length);
  if (id === undefined) return { kind: 'invalid', because: 'the record has no id' };
  if (!/^[A-Za-z0-9]{1,32}$/.test(id))
    return {
      kind: 'invalid',
      because: `id "${plain(id, 80)}" in the record is not 1 to 32 letters and digits`,
    };
  return { kind: 'announced', id };
}

/** sts-extension; an id has a rule of its own. */
const FIELD = /^(?:id=.*|[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+)$/;
