/**
 * The way out to port 25: none, the operator's own subnets, or a small VPC behind one NAT gateway
 * with a fixed address.
 *
 * AWS lifts the port-25 restriction for one address, and the PTR record names that address; both
 * take days. So the address is a resource of its own, it outlives the stack where `keep` says so,
 * and an existing one can be named instead.
 */
import { CfnOutput, RemovalPolicy, Tags, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import {
  CfnEIP,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  NatProvider,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { CheckedEnvironment } from './environments.ts';
import { tableActions } from './permissions.ts';

/** Where the function stands; undefined is outside any VPC. */
export interface Placement {
  readonly vpc: IVpc;
  readonly vpcSubnets: SubnetSelection;
  readonly securityGroups: SecurityGroup[];
}

export interface WayOut {
  readonly table: ITable;
  /** One that exists, or that the app makes; absent where the environment says how. */
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
}

/** Undefined for a mail host, and for a function that stands outside any VPC. */
export function buildWayOut(
  scope: Construct,
  environment: CheckedEnvironment,
  { table, vpc, vpcSubnets }: WayOut,
): Placement | undefined {
  if (environment.runner === 'mail-host') return undefined;
  if (vpc !== undefined) return placedIn(scope, vpc, vpcSubnets);
  if (environment.egress !== 'nat-gateway') return undefined;
  const made = ownVpc(scope, elasticIp(scope, environment), environment.zone);
  const endpoint = made.addGatewayEndpoint('Table', {
    service: GatewayVpcEndpointAwsService.DYNAMODB,
  });
  endpoint.addToPolicy(
    new PolicyStatement({
      principals: [new AnyPrincipal()],
      actions: [...tableActions()],
      resources: [table.tableArn],
    }),
  );
  return placedIn(scope, made);
}

const placedIn = (
  scope: Construct,
  vpc: IVpc,
  vpcSubnets: SubnetSelection = { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
): Placement => ({ vpc, vpcSubnets, securityGroups: [securityGroup(scope, vpc)] });

/** The allocation id of the one address that mail servers see. */
function elasticIp(
  scope: Construct,
  environment: Extract<CheckedEnvironment, { egress: 'nat-gateway' }>,
): string {
  if (environment.elasticIp !== undefined) {
    new CfnOutput(scope, 'ElasticIpAllocation', { value: environment.elasticIp });
    return environment.elasticIp;
  }
  const address = new CfnEIP(scope, 'ElasticIp', { domain: 'vpc' });
  // A first deploy that rolls back leaves none behind: nothing has asked for port 25 with it yet.
  address.applyRemovalPolicy(
    environment.keep ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  );
  Tags.of(address).add('Name', `tls-watch-${environment.name}`);
  new CfnOutput(scope, 'ElasticIpAddress', {
    value: address.attrPublicIp,
    description:
      'Ask AWS to lift the port-25 restriction for this address, and give it a PTR record that ' +
      'matches the EHLO name',
  });
  new CfnOutput(scope, 'ElasticIpAllocation', {
    value: address.attrAllocationId,
    description: 'Name it as elasticIp when the stack is made again',
  });
  return address.attrAllocationId;
}

function ownVpc(scope: Construct, allocation: string, zone: string | undefined): Vpc {
  const vpc = new Vpc(scope, 'Vpc', {
    ipAddresses: IpAddresses.cidr('10.25.0.0/24'),
    // One zone: while it is down runs are missed, which raises "run missed"; a second NAT gateway
    // would double the bill.
    ...(zone === undefined ? { maxAzs: 1 } : { availabilityZones: [zone] }),
    natGateways: 1,
    natGatewayProvider: NatProvider.gateway({ eipAllocationIds: [allocation] }),
    subnetConfiguration: [
      { name: 'Out', subnetType: SubnetType.PUBLIC, cidrMask: 28, mapPublicIpOnLaunch: false },
      { name: 'Watch', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 26 },
    ],
    // Emptying the default group takes a second function with rights over security groups, and
    // nothing here joins that group.
    restrictDefaultSecurityGroup: false,
  });
  Validations.of(vpc).acknowledge({
    id: 'AwsSolutions-VPC7',
    reason:
      'every conversation that leaves is already in the log and the run record, by address, port ' +
      'and ending',
  });
  if (zone !== undefined)
    Validations.of(vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'the environment names its zone, since some take no NAT gateway',
    });
  return vpc;
}

/**
 * Nothing inbound. Outbound TCP to any port, because a policy may name any, and DNS to a resolver
 * outside the VPC.
 */
function securityGroup(scope: Construct, vpc: IVpc): SecurityGroup {
  const group = new SecurityGroup(scope, 'WatchSecurityGroup', {
    vpc,
    description: 'TLS watch: mail servers, DNS and AWS outward, nothing inward',
    allowAllOutbound: false,
  });
  group.addEgressRule(Peer.anyIpv4(), Port.allTcp(), 'mail servers, DNS and AWS');
  group.addEgressRule(Peer.anyIpv4(), Port.udp(53), 'DNS');
  return group;
}
