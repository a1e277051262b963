/** Trust anchors as they gather in OpenSSL's store (by_file.c, by_dir.c). Pure. */
import type { PemObjects } from '../../certificate/anchors.ts';
import { readCertificates } from '../../certificate/certificate.ts';
import { explicitTrust, type TrustSetting } from '../../certificate/explicit-trust.ts';
import type { Base64Der } from '../../certificate/pem.ts';

/**
 * What OpenSSL's store comes to hold: files at once, and a directory only for names that nothing
 * before it has.
 */
export class Loaded {
  readonly #certificates = new Set<Base64Der>();
  readonly #settings = new Map<Base64Der, TrustSetting>();
  readonly #names = new Set<string>();

  add({ certificates, settings, byName }: Objects): void {
    const hidden = byName ? new Set(this.#names) : undefined;
    for (const certificate of readCertificates(certificates)) {
      const { der, names } = certificate;
      if (hidden?.has(names.subject.canonical)) continue;
      const setting = settings.get(der);
      if (setting !== undefined && !this.#certificates.has(der)) this.#settings.set(der, setting);
      this.#certificates.add(der);
      this.#names.add(names.subject.canonical);
    }
  }

  store() {
    return { certificates: [...this.#certificates], ...explicitTrust(this.#settings) };
  }
}

export interface Objects extends Pick<PemObjects, 'certificates' | 'settings'> {
  /** Looked up by name when it is needed. */
  readonly byName?: true;
}
