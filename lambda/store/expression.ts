/** Conditions, ranges and updates in DynamoDB's expression language. Pure. */
import type { Condition, Range } from './table.ts';

export interface Expression {
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

export function conditionExpression(condition: Condition | undefined): Expression {
  if (condition === undefined) return {};
  switch (condition.kind) {
    case 'absent':
      return condition.now === undefined
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : where('attribute_not_exists(pk) OR expiresAt <= :now', {
            ':now': Math.floor(condition.now / 1000),
          });
    case 'present':
      return { ConditionExpression: 'attribute_exists(pk)' };
    case 'rev':
      return where('rev = :rev', { ':rev': condition.rev });
    case 'not-newer':
      return where('attribute_not_exists(v) OR v <= :v', { ':v': condition.v });
  }
}

export function keyCondition(pk: string, { prefix, from, to }: Range) {
  const having = (expression: string, values: Record<string, unknown>) => ({
    KeyConditionExpression: `pk = :pk${expression}`,
    ExpressionAttributeValues: { ':pk': pk, ...values },
  });
  if (prefix !== undefined) return having(' AND begins_with(sk, :prefix)', { ':prefix': prefix });
  if (from !== undefined && to !== undefined)
    return having(' AND sk BETWEEN :from AND :to', { ':from': from, ':to': to });
  if (from !== undefined) return having(' AND sk >= :from', { ':from': from });
  if (to !== undefined) return having(' AND sk <= :to', { ':to': to });
  return having('', {});
}

/** Sets attributes. Names stand behind placeholders: many words are reserved. */
export function updateExpression(set: Readonly<Record<string, unknown>>, condition: Condition) {
  const { ConditionExpression, ExpressionAttributeValues = {} } = conditionExpression(condition);
  const names: Record<string, string> = {};
  const values = { ...ExpressionAttributeValues };
  const assignments = Object.entries(set).map(([name, value], i) => {
    names[`#n${i}`] = name;
    values[`:v${i}`] = value;
    return `#n${i} = :v${i}`;
  });
  return {
    UpdateExpression: `SET ${assignments.join(', ')}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ...(ConditionExpression === undefined ? {} : { ConditionExpression }),
  };
}

const where = (
  ConditionExpression: string,
  ExpressionAttributeValues: Record<string, unknown>,
): Expression => ({
  ConditionExpression,
  ExpressionAttributeValues,
});
