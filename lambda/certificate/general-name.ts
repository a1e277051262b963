/** GeneralName (RFC 5280 §4.2.1.6) as OpenSSL parses it: GENERAL_NAME in crypto/x509/v3_genn.c. */
import {
  CONSTRUCTED,
  type Element,
  inside,
  MalformedDer,
  objectIdentifier,
  oidOf,
  only,
  TAG,
} from './der.ts';
import { type DistinguishedName, readName } from './distinguished-name.ts';

export type GeneralName =
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly text: string }
  | { readonly kind: 'ip'; readonly bytes: readonly number[] }
  | { readonly kind: 'directory'; readonly name: DistinguishedName }
  /** An SmtpUTF8Mailbox (RFC 8398), as UTF-8 with one character per byte; null: of another type. */
  | { readonly kind: 'mailbox'; readonly text: string | null }
  /** otherName, registeredID and the like; `type` is what two of them must share to be compared. */
  | { readonly kind: 'other'; readonly type: string };

/** @throws MalformedDer */
export function generalName(element: Element): GeneralName {
  const text = () => stringOf(element).toString('latin1');
  switch (element.tag) {
    case 0x81:
    case 0xa1:
      return { kind: 'email', text: text() };
    case 0x82:
    case 0xa2:
      return { kind: 'dns', text: text() };
    case 0x86:
    case 0xa6:
      return { kind: 'uri', text: text() };
    case 0x87:
    case 0xa7:
      return { kind: 'ip', bytes: [...stringOf(element)] };
    case 0xa4:
      return { kind: 'directory', name: readName(only(element.body, TAG.sequence)) };
    case 0xa0:
      return otherName(element.body);
    case 0xa5:
      if (!/^(160,)?161$/.test(String(inside(element.body).map(({ tag }) => tag))))
        throw new MalformedDer('ediPartyName');
      return { kind: 'other', type: String(element.tag) };
    case 0xa3:
      return { kind: 'other', type: String(element.tag) };
    case 0x88:
      objectIdentifier(element.body);
      return { kind: 'other', type: String(element.tag) };
    default:
      throw new MalformedDer('general name');
  }
}

/** Its type, and a value of any kind in [0]. */
function otherName(body: Buffer): GeneralName {
  const [type, wrapped, ...more] = inside(body);
  if (wrapped?.tag !== 0xa0 || more.length > 0) throw new MalformedDer('otherName');
  const oid = oidOf(type);
  const value = only(wrapped.body);
  if (oid !== SMTP_UTF8_MAILBOX) return { kind: 'other', type: `other ${oid}` };
  const text = value.tag === TAG.utf8String ? value.body.toString('latin1') : null;
  return { kind: 'mailbox', text };
}

/** A string in pieces is not DER, but OpenSSL joins the pieces (asn1_collect). */
function stringOf({ tag, body }: Element, depth = 0): Buffer {
  if ((tag & CONSTRUCTED) === 0) return body;
  if (depth > MOST_NESTED) throw new MalformedDer('string in pieces of pieces');
  return Buffer.concat(inside(body).map((piece) => stringOf(piece, depth + 1)));
}

/** ASN1_MAX_STRING_NEST */
const MOST_NESTED = 5;
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';
