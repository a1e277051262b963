/**
 * Of the SDK what the store sends, by name: what is loaded as a whole at run time goes into the
 * bundle as a whole.
 */

export {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
export * from './dynamodb-read-sdk.ts';
