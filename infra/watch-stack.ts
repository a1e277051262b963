/** The stack of one environment of ours: the construct, and what is a stack's to say. */
import { DefaultStackSynthesizer, Fn, Stack, Tags, Validations } from 'aws-cdk-lib';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { type IManagedPolicy, ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { stackName } from '../lambda/config.ts';
import type { CheckedEnvironment } from './environments.ts';
import { TlsWatch } from './tls-watch.ts';

export class WatchStack extends Stack {
  constructor(scope: Construct, environment: CheckedEnvironment) {
    const { account, region, qualifier, tags, permissionsBoundary, restoredTable, ...record } =
      environment;
    super(scope, stackName(record.name), {
      description: `${PURPOSE} (${record.name})`,
      ...(qualifier === undefined
        ? {}
        : { synthesizer: new DefaultStackSynthesizer({ qualifier }) }),
      terminationProtection: record.keep,
      ...(account === undefined ? {} : { env: { account, region } }),
    });
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
    if (permissionsBoundary !== undefined)
      PermissionsBoundary.of(this).apply(boundary(this, permissionsBoundary));
    // `Default` is no part of a logical id: what was deployed before keeps its.
    new TlsWatch(this, 'Default', {
      ...record,
      ...existingVpc(this, environment),
      ...(restoredTable === undefined
        ? {}
        : { table: TableV2.fromTableName(this, 'Table', restoredTable) }),
    });
  }

  /** The first zones of the region, never looked up: a look-up needs credentials at synth. */
  override get availabilityZones(): string[] {
    return [Fn.select(0, Fn.getAzs()), Fn.select(1, Fn.getAzs())];
  }
}

/** The VPC that a record names by its ids, in the place of those ids. */
function existingVpc(
  scope: Construct,
  environment: CheckedEnvironment,
): { readonly vpc: IVpc | undefined } {
  if (environment.runner !== 'function' || environment.egress !== 'vpc-existing')
    return { vpc: undefined };
  const { id, zones, subnets } = environment.vpc;
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId: id,
    availabilityZones: zones,
    privateSubnetIds: subnets,
  });
  Validations.of(vpc).acknowledge({
    id: 'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
    reason: 'no route of an existing VPC is touched, so its route tables need not be known',
  });
  return { vpc };
}

function boundary(scope: Construct, policy: string): IManagedPolicy {
  return policy.startsWith('arn:')
    ? ManagedPolicy.fromManagedPolicyArn(scope, 'Boundary', policy)
    : ManagedPolicy.fromManagedPolicyName(scope, 'Boundary', policy);
}

const PURPOSE = 'Watches whether the Postfix TLS policy still delivers mail';
