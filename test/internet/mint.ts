/**
 * One certificate, minted as its options say.
 *
 * The structures come from @peculiar/asn1-x509, the signatures from node:crypto, because WebCrypto signs neither with
 * SHA-1 or MD5 nor with RSA keys of 512 bits.
 */
import { createHash, randomBytes, sign } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import type { Base64Der, CertificateOptions, KeyPair, NameAttributes, SignatureHash, Subtrees, Validity } from './authority.ts';

export type KeyUsageName = keyof typeof asn1.KeyUsageFlags;

/** Who signs. */
export interface Issuer {
  readonly subject: asn1.Name;
  readonly key: KeyPair;
  /** Undefined where the certificate signs itself. */
  readonly serial: Uint8Array | undefined;
}

/** The subject that the options ask for. */
export function nameOf(options: CertificateOptions): asn1.Name {
  if (options.subject !== undefined) return name(options.subject);
  const commonName = options.commonName === undefined ? options.dnsNames?.[0]?.slice(0, 64) : options.commonName;
  return name(commonName === undefined || commonName === null ? [] : [['CN', commonName]]);
}

/** Makes and signs a certificate for `key`. It knows no clock: whoever calls says from when to when. */
export function mint(options: CertificateOptions & Validity, key: KeyPair, issuer: Issuer, subject = nameOf(options)): Base64Der {
  const serial = options.serial ?? Uint8Array.of(0x40 | (randomByte() & 0x3f), ...randomBytes(15));
  const algorithm = signatureAlgorithm(issuer.key, options.signatureHash ?? 'sha256');
  const tbsCertificate = new asn1.TBSCertificate({
    version: options.version === 1 ? asn1.Version.v1 : asn1.Version.v3,
    serialNumber: arrayBuffer(serial),
    signature: algorithm,
    issuer: issuer.subject,
    validity: new asn1.Validity({
      notBefore: new Date(options.notBefore),
      notAfter: new Date(options.notAfter),
    }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(key), asn1.SubjectPublicKeyInfo),
    ...(options.version === 1 ? {} : { extensions: new asn1.Extensions(extensionsOf(options, key, issuer, serial)) }),
  });
  const tbs = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const hash = issuer.key.type === 'ed25519' ? null : (options.signatureHash ?? 'sha256');
  const signature = sign(hash, tbs, issuer.key.privateKey);
  const last = signature.length - 1;
  if (options.breakSignature) signature[last] = (signature[last] ?? 0) ^ 1;
  const certificate = new asn1.Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: arrayBuffer(signature),
  });
  return Buffer.from(AsnConvert.serialize(certificate)).toString('base64');
}

function extensionsOf(options: CertificateOptions, key: KeyPair, issuer: Issuer, serial: Uint8Array): asn1.Extension[] {
  const made: asn1.Extension[] = [];
  const add = (extnID: string, critical: boolean, value: unknown) =>
    made.push(new asn1.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) }));

  if (options.ca !== undefined && options.ca !== null) {
    const { pathLength } = options;
    const length = pathLength === undefined ? {} : { pathLenConstraint: pathLength };
    add(asn1.id_ce_basicConstraints, true, new asn1.BasicConstraints({ cA: options.ca, ...length }));
  }
  if (options.keyUsage) {
    const bits = options.keyUsage.reduce((sum, usage) => sum | asn1.KeyUsageFlags[usage], 0);
    add(asn1.id_ce_keyUsage, true, new asn1.KeyUsage(bits));
  }
  if (options.eku) add(asn1.id_ce_extKeyUsage, false, new asn1.ExtendedKeyUsage(options.eku.map((use) => PURPOSES[use] ?? use)));
  const names = alternativeNames(options);
  if (names.length > 0) add(asn1.id_ce_subjectAltName, false, new asn1.SubjectAlternativeName(names));
  if (options.nameConstraints) {
    const { permitted, excluded } = options.nameConstraints;
    add(
      asn1.id_ce_nameConstraints,
      true,
      new asn1.NameConstraints({
        ...(permitted === undefined ? {} : { permittedSubtrees: subtrees(permitted) }),
        ...(excluded === undefined ? {} : { excludedSubtrees: subtrees(excluded) }),
      }),
    );
  }
  const subjectKeyId = options.subjectKeyId === undefined ? keyId(key) : options.subjectKeyId;
  if (subjectKeyId) add(asn1.id_ce_subjectKeyIdentifier, false, new asn1.SubjectKeyIdentifier(arrayBuffer(subjectKeyId)));
  const authorityKeyId = options.authorityKeyId === undefined ? keyId(issuer.key) : options.authorityKeyId;
  const { authorityIssuerSerial } = options;
  if (authorityKeyId || authorityIssuerSerial) {
    const issuerSerial = authorityIssuerSerial === true ? (issuer.serial ?? serial) : authorityIssuerSerial;
    const identifier = new asn1.AuthorityKeyIdentifier({
      ...(authorityKeyId ? { keyIdentifier: new asn1.KeyIdentifier(arrayBuffer(authorityKeyId)) } : {}),
      ...(issuerSerial
        ? {
            authorityCertIssuer: [new asn1.GeneralName({ directoryName: issuer.subject })],
            authorityCertSerialNumber: arrayBuffer(issuerSerial),
          }
        : {}),
    });
    add(asn1.id_ce_authorityKeyIdentifier, false, identifier);
  }
  for (const { oid, critical = false, der } of options.extensions ?? []) {
    made.push(new asn1.Extension({ extnID: oid, critical, extnValue: new OctetString(der) }));
  }
  return made;
}

function alternativeNames(options: CertificateOptions): asn1.GeneralName[] {
  return [
    ...(options.dnsNames ?? []).map((dNSName) => new asn1.GeneralName({ dNSName })),
    ...(options.ipAddresses ?? []).map((iPAddress) => new asn1.GeneralName({ iPAddress })),
    ...(options.emailAddresses ?? []).map((rfc822Name) => new asn1.GeneralName({ rfc822Name })),
    ...(options.uris ?? []).map((uniformResourceIdentifier) => new asn1.GeneralName({ uniformResourceIdentifier })),
    ...(options.directoryNames ?? []).map((each) => new asn1.GeneralName({ directoryName: name(each) })),
  ];
}

function subtrees(names: Subtrees): asn1.GeneralSubtrees {
  const bases = alternativeNames({
    ...(names.dns ? { dnsNames: names.dns } : {}),
    ...(names.ip ? { ipAddresses: names.ip } : {}),
    ...(names.email ? { emailAddresses: names.email } : {}),
    ...(names.uri ? { uris: names.uri } : {}),
    ...(names.directory ? { directoryNames: names.directory } : {}),
  });
  return new asn1.GeneralSubtrees(bases.map((base) => new asn1.GeneralSubtree({ base })));
}

function name(attributes: NameAttributes): asn1.Name {
  const parts = attributes.map(([type, value]) => {
    const attribute = new asn1.AttributeTypeAndValue({
      type: ATTRIBUTES[type] ?? type,
      value: new asn1.AttributeValue(type === 'emailAddress' ? { ia5String: value } : { utf8String: value }),
    });
    return new asn1.RelativeDistinguishedName([attribute]);
  });
  return new asn1.Name(parts);
}

function signatureAlgorithm(signer: KeyPair, hash: SignatureHash): asn1.AlgorithmIdentifier {
  if (signer.type === 'ed25519') return new asn1.AlgorithmIdentifier({ algorithm: '1.3.101.112' });
  if (signer.type.startsWith('rsa')) return new asn1.AlgorithmIdentifier({ algorithm: RSA_WITH[hash], parameters: DER_NULL });
  const algorithm = ECDSA_WITH[hash];
  if (algorithm === undefined) throw new Error(`no ECDSA signature with ${hash}`);
  return new asn1.AlgorithmIdentifier({ algorithm });
}

export function serialOf(der: Base64Der): Uint8Array {
  return new Uint8Array(certificateOf(der).tbsCertificate.serialNumber);
}

export function subjectOf(der: Base64Der): asn1.Name {
  return certificateOf(der).tbsCertificate.subject;
}

const certificateOf = (der: Base64Der) => AsnConvert.parse(Buffer.from(der, 'base64'), asn1.Certificate);
const spkiOf = (key: KeyPair) => key.publicKey.export({ type: 'spki', format: 'der' });
const keyId = (key: KeyPair) => createHash('sha1').update(spkiOf(key)).digest();
const arrayBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
const randomByte = () => randomBytes(1)[0] ?? 0;

const DER_NULL = Uint8Array.of(5, 0).buffer;

const ATTRIBUTES: Record<string, string> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  serialNumber: '2.5.4.5',
  emailAddress: '1.2.840.113549.1.9.1',
  DC: '0.9.2342.19200300.100.1.25',
};

const PURPOSES: Record<string, string> = {
  serverAuth: asn1.id_kp_serverAuth,
  clientAuth: asn1.id_kp_clientAuth,
  codeSigning: asn1.id_kp_codeSigning,
  emailProtection: asn1.id_kp_emailProtection,
  timeStamping: asn1.id_kp_timeStamping,
  OCSPSigning: asn1.id_kp_OCSPSigning,
  anyExtendedKeyUsage: asn1.anyExtendedKeyUsage,
  nsSGC: '2.16.840.1.113730.4.1',
  msSGC: '1.3.6.1.4.1.311.10.3.3',
};

const RSA_WITH: Record<SignatureHash, string> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};

const ECDSA_WITH: Partial<Record<SignatureHash, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
