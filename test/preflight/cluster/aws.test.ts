import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHost, type Host } from '../../../agent/host.ts';
import type { ClusterCheck } from '../../../agent/model.ts';
import { auditCluster } from '../../../agent/preflight/cluster/audit-cluster.ts';
import { FakeCluster, node } from './fake-cluster.ts';

let directory = '';
let cluster: FakeCluster;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aws-'));
  cluster = await FakeCluster.open({ '/api/v1/nodes': [node('a1', { address: '10.0.3.7' }), node('a2', { address: '10.1.3.8' })] });
});
afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

/** A program `aws` that answers as EC2 does and writes down what it was asked. */
async function fakeAws(name: string, answers: Readonly<Record<string, object>>, after = ''): Promise<Host> {
  const bin = join(directory, name);
  await mkdir(bin);
  for (const [call, answer] of Object.entries(answers)) await writeFile(join(bin, call), JSON.stringify(answer));
  await writeFile(join(bin, 'aws'), `#!/bin/sh\nhere=$(dirname "$0")\necho "$* pager=[$AWS_PAGER]" >> "$here/calls"\n${after}\ncat "$here/$2"\n`);
  await chmod(join(bin, 'aws'), 0o755);
  return { ...openHost('/'), searchPath: ['/nonexistent', bin] };
}

const efa = { InterfaceType: 'efa', Groups: [{ GroupId: 'sg-0aaa' }] };
const instances = (interfaces: readonly object[]): object => ({
  Reservations: ['1', '2'].map((index) => ({ Instances: [{ InstanceId: `i-0${index.padStart(16, '0')}`, VpcId: 'vpc-1', NetworkInterfaces: interfaces }] })),
});
const vpcs = { Vpcs: [{ VpcId: 'vpc-1', CidrBlock: '10.0.0.0/16' }] };
const rule = (isEgress: boolean, more: object): object => ({ GroupId: 'sg-0aaa', IsEgress: isEgress, IpProtocol: '-1', ...more });
const itself = { ReferencedGroupInfo: { GroupId: 'sg-0aaa' } };

async function checks(host: Host): Promise<Readonly<Record<string, ClusterCheck>>> {
  const manifests = await auditCluster({ api: cluster.client(), server: 'https://api', namespace: undefined, awsHost: host }, undefined, new AbortController().signal);
  return Object.fromEntries((manifests.cluster?.checks ?? []).map((check) => [check.name, check]));
}

describe('security groups', () => {
  test('rules to the group itself, both ways; asked without a pager, in the region of the nodes', async () => {
    const host = await fakeAws('good', { 'describe-instances': instances([efa]), 'describe-vpcs': vpcs, 'describe-security-group-rules': { SecurityGroupRules: [rule(true, itself), rule(false, itself)] } });
    expect(await checks(host)).toMatchObject({ 'security-group-egress': { status: 'ok', found: 'protocol -1 to the own group: sg-0aaa (2 instances)' }, 'security-group-ingress': { status: 'ok' } });
    expect(await readFile(join(directory, 'good/calls'), 'utf8')).toBe(
      [
        'ec2 describe-instances --instance-ids i-00000000000000001 i-00000000000000002 --region us-east-1 --output json pager=[]',
        'ec2 describe-vpcs --vpc-ids vpc-1 --region us-east-1 --output json pager=[]',
        'ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0aaa --region us-east-1 --output json pager=[]\n',
      ].join('\n'),
    );
  });

  test('0.0.0.0/0 does not count, nor does all of TCP', async () => {
    const rules = [rule(true, { CidrIpv4: '0.0.0.0/0' }), { ...rule(false, itself), IpProtocol: 'tcp' }];
    const host = await fakeAws('open', { 'describe-instances': instances([efa]), 'describe-vpcs': vpcs, 'describe-security-group-rules': { SecurityGroupRules: rules } });
    expect(await checks(host)).toMatchObject({
      'security-group-egress': {
        status: 'failed',
        severity: 'critical',
        found: 'no egress rule of protocol -1 that names the group itself; there is one for addresses, which does not count for EFA',
        details: ['sg-0aaa (2 instances)'],
        fix: ['aws ec2 authorize-security-group-egress --region us-east-1 --group-id sg-0aaa --protocol -1 --source-group sg-0aaa'],
        rule: 'FabricOneWayTraffic',
      },
      'security-group-ingress': { status: 'failed', found: 'no ingress rule of protocol -1 that names the group itself' },
    });
  });

  test('rules between two groups of the same interfaces serve', async () => {
    const two = { InterfaceType: 'efa-only', Groups: [{ GroupId: 'sg-0aaa' }, { GroupId: 'sg-0bbb' }] };
    const other = { ReferencedGroupInfo: { GroupId: 'sg-0bbb' } };
    const host = await fakeAws('two', { 'describe-instances': instances([two]), 'describe-vpcs': vpcs, 'describe-security-group-rules': { SecurityGroupRules: [rule(true, other), rule(false, other)] } });
    expect(await checks(host)).toMatchObject({ 'security-group-egress': { status: 'ok' }, 'security-group-ingress': { status: 'ok' } });
  });

  test('without EFA interfaces there is nothing to judge', async () => {
    const host = await fakeAws('none', { 'describe-instances': instances([{ InterfaceType: 'interface', Groups: [] }]), 'describe-vpcs': vpcs });
    expect(await checks(host)).toMatchObject({ 'security-group-egress': { status: 'skipped', found: 'none of 2 instances has an EFA interface attached' } });
  });
});

test('nodes outside of the first block of their VPC', async () => {
  const host = await fakeAws('blocks', { 'describe-instances': instances([efa]), 'describe-vpcs': vpcs, 'describe-security-group-rules': {} });
  expect(await checks(host)).toMatchObject({ 'node-addresses': { status: 'failed', details: ['a2 10.1.3.8, outside of 10.0.0.0/16'], rule: 'EfaSecondaryCidr' } });
});

describe('what cannot be asked is not called healthy', () => {
  test('no program', async () => {
    const said = await checks({ ...openHost('/'), searchPath: ['/nonexistent'] });
    expect(said).toMatchObject({ 'security-group-egress': { status: 'unknown', found: 'no program aws on PATH; install the AWS CLI (https://docs.aws.amazon.com/cli/)' }, 'node-addresses': { status: 'unknown' } });
  });

  test('no permission', async () => {
    const host = await fakeAws('denied', {}, 'echo "An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation" >&2; exit 254');
    expect(await checks(host)).toMatchObject({ 'security-group-ingress': { status: 'unknown', found: expect.stringMatching(/describe-instances .*: exit code 254: An error occurred \(UnauthorizedOperation\)/) } });
  });

  test('an answer that is no JSON', async () => {
    const host = await fakeAws('text', { 'describe-vpcs': vpcs }, 'echo hello; exit 0');
    expect(await checks(host)).toMatchObject({ 'security-group-egress': { status: 'unknown', found: 'aws ec2 describe-instances: got "hello\\n", expected JSON' } });
  });
});
