import { describe, expect, test } from 'vitest';

import type { Imds } from '../../../agent/model.ts';
import { efaSecondaryCidr as rule } from '../../../rules/fabric/efa-secondary-cidr.ts';
import { addresses, efa, imds, imdsInterface, infiniband, judge, mlx5 } from '../fixtures.ts';

const fabric = infiniband([efa('rdmap16s0', {})]);
const BLOCKS = ['10.0.0.0/16', '10.1.0.0/16', '100.64.0.0/16'];
const inBlocks = (address: string, vpcCidrBlocks: readonly string[] = BLOCKS): Imds =>
  imds({ interfaces: [imdsInterface({ localIpv4s: [address], vpcCidrBlocks })] });

describe('silent', () => {
  test('on a node in the first block', () => {
    expect(judge(rule, { infiniband: fabric, imds: inBlocks('10.0.3.7') })).toEqual([]);
  });

  test('on a node in 100.64.0.0/10 that is its VPC\'s first block', () => {
    expect(judge(rule, { infiniband: fabric, imds: inBlocks('100.64.3.7', ['100.64.0.0/16']) })).toEqual([]);
  });

  test('on a node without EFA, wherever it lies', () => {
    expect(judge(rule, { infiniband: infiniband([]), imds: inBlocks('10.1.3.7') })).toEqual([]);
    expect(judge(rule, { infiniband: infiniband([mlx5('mlx5_0', {})]), addresses: addresses('100.64.3.7') })).toEqual([]);
  });

  test('on a node whose pods have addresses in a secondary block, which only its own address decides', () => {
    const primary = imdsInterface({ localIpv4s: ['10.1.9.9', '10.0.3.7'], vpcCidrBlocks: BLOCKS });
    const facts = imds({ interfaces: [primary] });
    expect(judge(rule, { infiniband: fabric, imds: facts, addresses: addresses('10.0.3.7') })).toEqual([]);
  });

  test('on the addresses of other interfaces than the primary', () => {
    const pods = imdsInterface({ mac: '02:00:00:00:00:01', localIpv4s: ['100.64.3.7'], vpcCidrBlocks: BLOCKS });
    const facts = imds({ interfaces: [pods, imdsInterface({ vpcCidrBlocks: BLOCKS })] });
    expect(judge(rule, { infiniband: fabric, imds: facts })).toEqual([]);
  });
});

describe('cannot tell', () => {
  test('without IMDS and outside 100.64.0.0/10', () => {
    expect(judge(rule, { infiniband: fabric, addresses: addresses('10.0.3.7') })).toEqual([
      { undecided: 'node', why: 'IMDS did not answer: which block of the VPC 10.0.3.7 lies in is not known', report: true, because: 'imds' },
    ]);
  });

  test('without any address', () => {
    expect(judge(rule, { infiniband: fabric })).toEqual([
      { undecided: 'node', why: 'neither IMDS nor the host gave an IPv4 address of this node', report: true, because: 'imds' },
    ]);
    expect(judge(rule, { infiniband: fabric, addresses: addresses('garbage') })).toHaveLength(1);
  });

  test('where IMDS lists no blocks, or none that holds the address', () => {
    expect(judge(rule, { infiniband: fabric, imds: inBlocks('10.0.3.7', []) })).toEqual([
      { undecided: 'node', why: 'IMDS listed no VPC blocks: which block of the VPC 10.0.3.7 lies in is not known', report: true, because: 'imds' },
    ]);
    expect(judge(rule, { infiniband: fabric, imds: inBlocks('192.168.3.7', ['10.0.0.0/16', 'nonsense']) })).toEqual([
      {
        undecided: 'node',
        why: "192.168.3.7 lies in none of the VPC's blocks that IMDS lists (10.0.0.0/16, nonsense)",
        report: true, because: 'imds',
      },
    ]);
  });
});

describe('reports', () => {
  test('a node in a secondary block', () => {
    expect(judge(rule, { infiniband: fabric, imds: inBlocks('10.1.3.7') })).toEqual([
      {
        subject: 'node',
        message: "the node's address 10.1.3.7 lies in 10.1.0.0/16, not in the VPC's first block 10.0.0.0/16",
        evidence: { address: '10.1.3.7', block: '10.1.0.0/16', firstBlock: '10.0.0.0/16' },
        causes: [
          {
            cause: 'secondary-cidr',
            likelihood: 'possible',
            why:
              "the node's address 10.1.3.7 lies in 10.1.0.0/16, not in the VPC's first block 10.0.0.0/16; that this stops " +
              'EFA was reported from production and is disputed',
            check: [
              'kubectl get nodes -o wide',
              "aws ec2 describe-vpcs --vpc-ids vpc-0000000000000000a --query 'Vpcs[].[CidrBlock,CidrBlockAssociationSet[].CidrBlock]' --output json",
            ],
            fix: [
              'aws ec2 describe-subnets --filters Name=vpc-id,Values=vpc-0000000000000000a ' +
                "Name=availability-zone,Values=us-west-2b --query 'Subnets[].[SubnetId,CidrBlock]' --output text",
            ],
          },
        ],
      },
    ]);
  });

  test('a node in 100.64.0.0/10 without IMDS, with a command that asks for the blocks', () => {
    const [found] = judge(rule, { infiniband: fabric, addresses: addresses('100.64.12.7') });
    expect(found).toEqual({
      subject: 'node',
      message:
        "the node's address 100.64.12.7 lies in 100.64.0.0/10, often a VPC's second block; IMDS did not tell the VPC's blocks",
      evidence: { address: '100.64.12.7', block: '100.64.0.0/10' },
      causes: [
        {
          cause: 'secondary-cidr',
          likelihood: 'possible',
          why:
            "the node's address 100.64.12.7 lies in 100.64.0.0/10, often a VPC's second block; that this stops EFA was " +
            'reported from production and is disputed',
          check: [
            'kubectl get nodes -o wide',
            'aws ec2 describe-vpcs --vpc-ids "$(aws ec2 describe-network-interfaces --filters ' +
              "Name=addresses.private-ip-address,Values=100.64.12.7 --query 'NetworkInterfaces[0].VpcId' --output text)\" " +
              "--query 'Vpcs[].[CidrBlock,CidrBlockAssociationSet[].CidrBlock]' --output json",
          ],
          fix: [],
        },
      ],
    });
  });
});
