/** What others answer, before it is shown: a server may repeat what it was sent. Pure. */

/** Each secret, and its base64, becomes an ellipsis. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap((secret) => [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')])
    .filter((secret) => secret.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '…'), text);
}

/** Shorter ones are in every text. */
const SHORTEST = 4;
