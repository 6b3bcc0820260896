import { errnoOf, type Host, type Program } from '../../host.ts';
import { listOf, numberOf, objectOf, textOf, type JsonObject } from '../../parse/json-value.ts';

/** An EC2 instance, as far as EFA is concerned. */
export interface Ec2Instance {
  readonly id: string;
  readonly vpc: string;
  readonly address: string | undefined;
  /** Security groups of its EFA interfaces; of all interfaces where it has none. */
  readonly groups: readonly string[];
  readonly efaInterfaces: number;
}
export interface Vpc {
  readonly id: string;
  readonly firstBlock: string;
}
export interface GroupRule {
  readonly group: string;
  readonly isEgress: boolean;
  /** `-1`: all protocols. */
  readonly protocol: string;
  /** The group at the other end; undefined for a CIDR or a prefix list. */
  readonly peer: string | undefined;
}
export interface AwsFacts {
  readonly instances: readonly Ec2Instance[];
  readonly vpcs: readonly Vpc[];
  readonly rules: readonly GroupRule[];
}

/** Instances a call: EC2 answers at most 1 000, and a command line must stay short. */
const BATCH = 200;
const SECONDS = 60;
const MAX_BYTES = 64 << 20;

/**
 * What EC2 says of the nodes: by the `aws` program on PATH, with whatever credentials it finds, three read-only calls
 * (ec2:DescribeInstances, DescribeVpcs, DescribeSecurityGroupRules). Rejects where there is no such program, or it fails.
 */
export async function readAws(host: Host, instanceIds: readonly string[], region: string): Promise<AwsFacts> {
  const program = await locate(host);
  const ask = (words: readonly string[]): Promise<JsonObject> => call(host, program, ['ec2', ...words, '--region', region, '--output', 'json']);
  const instances: Ec2Instance[] = [];
  for (let begin = 0; begin < instanceIds.length; begin += BATCH) {
    const answer = await ask(['describe-instances', '--instance-ids', ...instanceIds.slice(begin, begin + BATCH)]);
    instances.push(...listOf(answer['Reservations']).flatMap((reservation) => listOf(objectOf(reservation)['Instances']).map(instanceOf)));
  }
  const vpcIds = unique(instances.map(({ vpc }) => vpc));
  const groups = unique(instances.flatMap(({ groups: own }) => own));
  const vpcs = vpcIds.length === 0 ? {} : await ask(['describe-vpcs', '--vpc-ids', ...vpcIds]);
  const rules = groups.length === 0 ? {} : await ask(['describe-security-group-rules', '--filters', `Name=group-id,Values=${groups.join(',')}`]);
  return {
    instances,
    vpcs: listOf(vpcs['Vpcs']).map(objectOf).map((vpc) => ({ id: textOf(vpc['VpcId']) ?? '', firstBlock: textOf(vpc['CidrBlock']) ?? '' })),
    rules: listOf(rules['SecurityGroupRules']).map(ruleOf),
  };
}

async function locate(host: Host): Promise<Program> {
  for (const directory of host.searchPath) {
    try {
      return await host.program({ from: 'here', path: `${directory}/aws` });
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error))) throw error;
    }
  }
  throw new Error('no program aws on PATH; install the AWS CLI (https://docs.aws.amazon.com/cli/)');
}

/** Never through a pager, which would wait for a key. */
async function call(host: Host, { path, ...surroundings }: Program, args: readonly string[]): Promise<JsonObject> {
  const env = { ...surroundings.env, AWS_PAGER: '' };
  const { stdout } = await host.run(path, args, { ...surroundings, env, timeoutSeconds: SECONDS, maxBytes: MAX_BYTES });
  try {
    return objectOf(JSON.parse(stdout));
  } catch (cause) {
    throw new Error(`aws ${args.slice(0, 2).join(' ')}: got ${JSON.stringify(stdout.slice(0, 60))}, expected JSON`, { cause });
  }
}

function instanceOf(value: unknown): Ec2Instance {
  const instance = objectOf(value);
  const interfaces = listOf(instance['NetworkInterfaces']).map(objectOf);
  // `efa` has an address of its own, `efa-only` has none.
  const efa = interfaces.filter(({ InterfaceType }) => InterfaceType === 'efa' || InterfaceType === 'efa-only');
  const main = interfaces.find(({ Attachment }) => numberOf(objectOf(Attachment)['DeviceIndex']) === 0 && (numberOf(objectOf(Attachment)['NetworkCardIndex']) ?? 0) === 0);
  return {
    id: textOf(instance['InstanceId']) ?? '',
    vpc: textOf(instance['VpcId']) ?? '',
    address: textOf(instance['PrivateIpAddress']) ?? textOf(main?.['PrivateIpAddress']),
    groups: unique((efa.length > 0 ? efa : interfaces).flatMap(({ Groups }) => listOf(Groups).flatMap((group) => textOf(objectOf(group)['GroupId']) ?? []))),
    efaInterfaces: efa.length,
  };
}

function ruleOf(value: unknown): GroupRule {
  const rule = objectOf(value);
  return {
    group: textOf(rule['GroupId']) ?? '',
    isEgress: rule['IsEgress'] === true,
    protocol: textOf(rule['IpProtocol']) ?? '',
    peer: textOf(objectOf(rule['ReferencedGroupInfo'])['GroupId']),
  };
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== ''))].toSorted();
}
