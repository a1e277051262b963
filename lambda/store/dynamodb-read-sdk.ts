/** Of the SDK what reads single partitions, by name; dynamodb-sdk.ts has the rest. */
export { DynamoDBClient } from '@aws-sdk/client-dynamodb';
export { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
