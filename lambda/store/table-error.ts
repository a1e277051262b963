/** What the SDK throws, as sentences that name the table and the next step. */

export type StoreErrorKind =
  | 'table-missing'
  | 'access-denied'
  | 'throttled'
  | 'unreachable'
  | 'no-region'
  | 'no-credentials'
  /** Another process, or another run, has what we need. */
  | 'held'
  /** What is stored cannot be read. */
  | 'damaged'
  /** An item above what any engine takes. */
  | 'too-large'
  /** On disk: there is no store in the directory. */
  | 'missing'
  /** On disk: a folder of release 0.1 is there instead. */
  | 'old-folder'
  /** On disk: the file is no database any more. */
  | 'corrupt'
  /** On disk: this user may not. */
  | 'forbidden'
  /** On disk: full, read-only, or failing. */
  | 'unwritable'
  | 'other';

/**
 * We or our table are at fault: nothing a mail server did. The message is for the reader as it
 * stands.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  constructor(kind: StoreErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.kind = kind;
  }
}

/** Whether this is DynamoDB's word for a condition that did not hold: an answer, not an error. */
export const isLostCondition = (error: unknown): boolean =>
  nameOf(error) === 'ConditionalCheckFailedException';

/** Turns what the SDK threw into ours. `title` is `table NAME`. */
export function storeError(
  error: unknown,
  title: string,
  { endpoint }: { readonly endpoint?: string },
): StoreError {
  if (error instanceof StoreError) return error;
  const name = nameOf(error);
  const told = oneLine(error instanceof Error ? error.message : String(error));
  const at = endpoint === undefined ? '' : ` at ${endpoint}`;
  const as = (kind: StoreErrorKind, text: string) =>
    new StoreError(kind, `${title}: ${text}`, error);

  if (name === 'ResourceNotFoundException')
    return as(
      'table-missing',
      `no such table${at}; check the name and the region, or deploy the stack that creates it`,
    );
  if (DENIED.has(name))
    return as(
      'access-denied',
      `AWS denied access: ${told}; check the credentials and their permissions`,
    );
  if (THROTTLED.has(name))
    return as('throttled', 'DynamoDB still throttles after repeated tries; try again later');
  if (name === 'CredentialsProviderError')
    return as(
      'no-credentials',
      `found no AWS credentials: ${told}; set AWS_PROFILE or AWS_ACCESS_KEY_ID`,
    );
  if (/region is missing/iu.test(told))
    return as('no-region', 'no AWS region is set; set AWS_REGION');
  const code = networkCode(error);
  if (code !== undefined)
    return as(
      'unreachable',
      `cannot reach DynamoDB${at} (${code}); check the network and the endpoint`,
    );
  return as('other', told === '' ? name : told);
}

const DENIED = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'MissingAuthenticationToken',
  'IncompleteSignatureException',
  'ExpiredTokenException',
  'KMSAccessDeniedException',
]);

const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'LimitExceededException',
]);

/**
 * ECONNREFUSED and its like, wherever the SDK or Node put it; an IPv4-and-IPv6 attempt is an
 * AggregateError.
 */
function networkCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause, errors, name } = error as {
    code?: unknown;
    cause?: unknown;
    errors?: unknown;
    name?: unknown;
  };
  if (typeof code === 'string' && /^E[A-Z_]{3,}$/u.test(code)) return code;
  if (name === 'TimeoutError') return 'ETIMEDOUT';
  if (Array.isArray(errors)) return networkCode(errors[0]);
  return networkCode(cause);
}

const nameOf = (error: unknown): string =>
  typeof error === 'object' &&
  error !== null &&
  typeof (error as { name?: unknown }).name === 'string'
    ? (error as { name: string }).name
    : '';

const oneLine = (text: string) =>
  text
    .replace(/[\u0000-\u001f\u007f]+/gu, ' ')
    .trim()
    .slice(0, 300);
