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

/** Of an SDK with the commands that are to be sent. */
export interface DynamoDbClient<out Sdk> {
  /**
   * Sends one request.
   *
   * @throws StoreError, but for a lost condition, which is the SDK's own
   */
  readonly send: <T extends Answer>(call: Call<T, Sdk>) => Promise<T>;
  /** Tries so far. */
  readonly requests: () => number;
  readonly close: () => void;
}

type Call<T, Sdk> = (client: DynamoDBDocumentClient, sdk: Sdk) => Promise<T>;
interface Answer {
  readonly $metadata: { attempts?: number | undefined };
}
type LeastSdk = Pick<
  typeof import('./dynamodb-read-sdk.ts'),
  'DynamoDBClient' | 'DynamoDBDocumentClient'
>;

/** @param loadSdk called at the first request, once */
export function dynamoDbClient<Sdk extends LeastSdk>(
  options: DynamoDbOptions,
  title: string,
  loadSdk: () => Promise<Sdk>,
): DynamoDbClient<Sdk> {
  let opened: ReturnType<typeof load<Sdk>> | undefined;
  let requests = 0;
  return {
    async send(call) {
      opened ??= load(options, loadSdk);
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

async function load<Sdk extends LeastSdk>(options: DynamoDbOptions, loadSdk: () => Promise<Sdk>) {
  const sdk = await loadSdk();
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
