/** The fields of a certificate before any meaning, and its dates (RFC 5280 §4.1). */
import { type Element, encode, first, inside, MalformedDer, TAG } from './der.ts';

/** The fields of a TBSCertificate. @throws MalformedDer */
export function partsOf(bytes: Buffer) {
  const whole = first(bytes, TAG.sequence);
  const [tbs, algorithm] = inside(whole.body);
  if (tbs === undefined || algorithm === undefined) throw new MalformedDer('certificate');
  const fields = inside(tbs.body);
  const version = fields[0]?.tag === 0xa0 ? (fields.shift()?.body[2] ?? 0) + 1 : 1;
  const [serial, signature, issuer, validity, subject, spki, ...rest] = fields;
  if (!serial || !signature || !issuer || !validity || !subject || !spki)
    throw new MalformedDer('certificate');
  return { whole, version, serial, signature, issuer, validity, subject, spki, rest };
}

/**
 * UTCTime `YYMMDDHHMMSSZ` or GeneralizedTime `YYYYMMDDHHMMSSZ` and nothing else, of a day and time
 * that exist (X509_cmp_time).
 */
export function readDate({ tag, body }: Element): number {
  const text = body.toString('latin1');
  const full = tag === TAG.utcTime ? `${text.slice(0, 2) < '50' ? '20' : '19'}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  if (parts === null || (tag !== TAG.utcTime && tag !== TAG.generalizedTime)) return Number.NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map(Number);
  const time = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  time.setUTCFullYear(year, month - 1, day);
  const exists =
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return exists ? time.getTime() : Number.NaN;
}

/**
 * The same certificate with a date of full length in place of each shorter one; undefined where
 * there is none. @throws MalformedDer
 */
export function withFullDates(bytes: Buffer): Buffer | undefined {
  const [tbs, ...signed] = inside(first(bytes, TAG.sequence).body);
  const { validity } = partsOf(bytes);
  const dates = inside(validity.body);
  if (tbs === undefined || !dates.some(isShort)) return undefined;
  const filled = dates.map((one) => (isShort(one) ? encode(TAG.utcTime, ANY_DATE) : one.whole));
  const fields = inside(tbs.body).map((field) =>
    field.whole.byteOffset === validity.whole.byteOffset
      ? encode(TAG.sequence, Buffer.concat(filled))
      : field.whole,
  );
  const parts = [encode(TAG.sequence, Buffer.concat(fields)), ...signed.map(({ whole }) => whole)];
  return encode(TAG.sequence, Buffer.concat(parts));
}

const isShort = ({ tag, body }: Element): boolean =>
  (tag === TAG.utcTime && body.length < ANY_DATE.length) ||
  (tag === TAG.generalizedTime && body.length < ANY_DATE.length + 2);

const ANY_DATE = Buffer.from('000101000000Z');
