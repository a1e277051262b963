/**
 * DynamoDB's client: loaded at the first request, so that a command that stores nothing starts
 * fast. Its tries are counted, and its exceptions become `StoreError`.
 */
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { retriesWithPauses } from './dynamodb-retries.ts';
import { isLostCondition, storeError } from './table-error.ts';

export interface DynamoDbOptions {
  readonly tableName: string;
  /** Default: what the SDK finds (AWS_ENDPOINT_URL_DYNAMODB, the region's own). */
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Tries of one request, the first included; default 8, and 16 while DynamoDB throttles. */
  readonly maxAttempts?: number;
  readonly requestTimeoutMs?: number;
}

export interface DynamoDbClient {
  /**
   * Sends one request.
   *
   * @throws StoreError, but for a lost condition, which is the SDK's own
   */
  readonly send: <T extends Answer>(call: Call<T>) => Promise<T>;
  /** Tries so far. */
  readonly requests: () => number;
  readonly close: () => void;
}

type Call<T> = (client: DynamoDBDocumentClient, sdk: Sdk) => Promise<T>;
interface Answer {
  readonly $metadata: { attempts?: number | undefined };
}
type Sdk = typeof import('./dynamodb-sdk.ts');

export function dynamoDbClient(options: DynamoDbOptions, title: string): DynamoDbClient {
  let opened: ReturnType<typeof load> | undefined;
  let requests = 0;
  return {
    async send(call) {
      opened ??= load(options);
      const { client, sdk } = await opened;
      try {
        const output = await call(client, sdk);
        requests += output.$metadata.attempts ?? 1;
        return output;
      } catch (error) {
        requests += attemptsOf(error);
        throw isLostCondition(error) ? error : storeError(error, title, options);
      }
    },
    requests: () => requests,
    close: () => {
      opened?.then(({ client }) => client.destroy()).catch(() => undefined);
    },
  };
}

async function load(options: DynamoDbOptions) {
  const sdk = await import('./dynamodb-sdk.ts');
  const { endpoint, region, credentials } = options;
  const config: DynamoDBClientConfig = {
    retryStrategy: retriesWithPauses(options.maxAttempts ?? 8, options.maxAttempts ?? 16),
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: options.requestTimeoutMs ?? 20_000,
      throwOnRequestTimeout: true,
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const client = sdk.DynamoDBDocumentClient.from(new sdk.DynamoDBClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return { client, sdk };
}

function attemptsOf(error: unknown): number {
  const metadata = (error as { $metadata?: { attempts?: number } } | undefined)?.$metadata;
  return metadata?.attempts ?? 1;
}
