/**
 * CRL distribution points (RFC 5280 §4.2.1.13): the lists are not fetched, but OpenSSL takes a
 * certificate as malformed whose points it cannot parse (DIST_POINT in crypto/x509/v3_crld.c,
 * setup_dp in v3_purp.c).
 */
import {
  bits,
  CONSTRUCTED,
  type Element,
  inside,
  MalformedDer,
  only,
  sequenceOf,
  TAG,
} from './der.ts';
import { readAttribute } from './distinguished-name.ts';
import { generalName } from './general-name.ts';

/** @throws MalformedDer */
export function checkDistributionPoints(value: Buffer): void {
  sequenceOf(value).forEach(checkPoint);
}

/** A name, reasons and an issuer, in this order; one of the first and the last must be there. */
function checkPoint(point: Element): void {
  if (point.tag !== TAG.sequence) throw new MalformedDer('distribution point');
  const parts = inside(point.body);
  const name = parts[0]?.tag === NAME ? parts.shift() : undefined;
  if (name !== undefined) checkName(only(name.body));
  const reasons = isTagged(parts[0], REASONS) ? parts.shift() : undefined;
  if (reasons?.tag === REASONS) bits(reasons.body);
  const issuer = isTagged(parts[0], ISSUER) ? parts.shift() : undefined;
  const issuers = issuer === undefined ? [] : inside(issuer.body).map(generalName);
  if (parts.length > 0 || (name === undefined && issuers.length === 0))
    throw new MalformedDer('distribution point');
}

/** A list of names, or what is to be added to the issuer's. */
function checkName(name: Element): void {
  if (isTagged(name, FULL_NAME)) inside(name.body).forEach(generalName);
  else if (isTagged(name, RELATIVE_NAME)) inside(name.body).forEach(readAttribute);
  else throw new MalformedDer('name of a distribution point');
}

/** OpenSSL does not ask whether a list is constructed. */
const isTagged = (element: Element | undefined, tag: number): boolean =>
  element !== undefined && (element.tag & ~CONSTRUCTED) === tag;

const NAME = 0xa0;
const REASONS = 0x81;
const ISSUER = 0x82;
const FULL_NAME = 0x80;
const RELATIVE_NAME = 0x81;
