/**
 * Conditions and ranges, and how DynamoDB's expression language says them, updates included. Pure.
 */

/** What must hold of the stored item for a write to happen. */
export type Condition =
  /**
   * No such item, or, where `now` (epoch ms) is given, one that expired and was not removed yet.
   */
  | { readonly kind: 'absent'; readonly now?: number }
  | { readonly kind: 'present' }
  /** The item is the one that was read. */
  | { readonly kind: 'rev'; readonly rev: number }
  /** There is none, or one that this product version or an older one wrote. */
  | { readonly kind: 'not-newer'; readonly v: number };

/** Part of a partition, by sort key; `from` and `to` are inclusive and exclude `prefix`. */
export interface Range {
  readonly prefix?: string;
  readonly from?: string;
  readonly to?: string;
  readonly newestFirst?: boolean;
  /** Items in all, over all pages. */
  readonly limit?: number;
}

/** Whether a condition holds of what is stored, for an engine without such a language. */
export function holds(condition: Condition | undefined, item: Attributes | undefined): boolean {
  if (condition === undefined) return true;
  switch (condition.kind) {
    case 'absent':
      return item === undefined || (condition.now !== undefined && expired(item, condition.now));
    case 'present':
      return item !== undefined;
    case 'rev':
      return item?.rev === condition.rev;
    case 'not-newer':
      return typeof item?.v !== 'number' || item.v <= condition.v;
  }
}

type Attributes = Readonly<Record<string, unknown>>;

const expired = ({ expiresAt }: Attributes, now: number): boolean =>
  typeof expiresAt === 'number' && expiresAt <= Math.floor(now / 1000);

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
