import { describe, expect, test } from 'vitest';

import { fabricOneWayTraffic as rule } from '../../../rules/fabric/one-way-traffic.ts';
import { efa, imds, imdsInterface, judge, mlx5, rxe } from '../fixtures.ts';
import { causeOf, COLUMNS, GROUP, groupsByRail, look, mac, one, rails, ranking, traffic } from './rails.ts';

const EGRESS = `aws ec2 authorize-security-group-egress --group-id ${GROUP} --protocol -1 --source-group ${GROUP}`;

describe('names the security groups', () => {
  const before = look(rails(0n, 0n));

  test('of the interface behind the silent port alone, where its GID leads to it', () => {
    const now = [...rails(5000n, 4000n).slice(0, 3), ...rails(500n, 0n).slice(3)];
    const found = one(judge(rule, look(now, groupsByRail(['sg-1'], ['sg-1'], ['sg-1'], ['sg-2'])), before));
    expect(ranking(found)?.[0]).toBe('security-group-egress possible');
    expect(causeOf(found, 'security-group-egress')?.why).toBe(
      'the security group sg-2 has no egress rule to itself (protocol -1); 0.0.0.0/0 does not count for EFA ' +
        '(but other EFA ports of this node receive: compare their groups)',
    );
    expect(causeOf(found, 'security-group-egress')?.fix).toEqual([
      'aws ec2 authorize-security-group-egress --group-id sg-2 --protocol -1 --source-group sg-2',
    ]);
  });

  test('last, when a port with the very same groups receives', () => {
    const now = [...rails(5000n, 4000n).slice(0, 3), ...rails(500n, 0n).slice(3)];
    const found = one(judge(rule, look(now, groupsByRail([GROUP], [GROUP], [GROUP], [GROUP])), before));
    expect(ranking(found)).toEqual([
      'peer-gone possible',
      'security-group-egress possible',
      'security-group-ingress possible',
      'other-zone-or-vpc possible',
    ]);
  });

  test('with one command for each of several', () => {
    const found = one(judge(rule, look(rails(500n, 0n, ['rdmap16s0']), groupsByRail(['sg-2', 'sg-1'])), before));
    const egress = causeOf(found, 'security-group-egress');
    expect(egress?.why).toBe(
      'none of the security groups sg-1, sg-2 has an egress rule to itself (protocol -1); 0.0.0.0/0 does not count for EFA',
    );
    expect(egress?.check).toEqual([
      `aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-1,sg-2 ${COLUMNS}`,
    ]);
    expect(egress?.fix).toEqual([
      'aws ec2 authorize-security-group-egress --group-id sg-1 --protocol -1 --source-group sg-1',
      'aws ec2 authorize-security-group-egress --group-id sg-2 --protocol -1 --source-group sg-2',
    ]);
  });

  test('of all interfaces when the GID leads to none', () => {
    const facts = imds({
      interfaces: [imdsInterface({ securityGroupIds: ['sg-1'] }), imdsInterface({ mac: mac(7), securityGroupIds: ['sg-2'] })],
    });
    const found = one(judge(rule, look([efa('efa_0', traffic(500n, 0n))], facts), look([efa('efa_0', traffic(0n, 0n))])));
    expect(causeOf(found, 'security-group-egress')?.fix).toHaveLength(2);
  });

  test('by a command that finds them, where IMDS is silent and the address is known', () => {
    const found = one(judge(rule, look(rails(500n, 0n), undefined, '10.0.3.7'), before));
    expect(ranking(found)).toEqual([
      'security-group-egress likely',
      'security-group-ingress possible',
      'secondary-cidr possible',
      'other-zone-or-vpc possible',
      'peer-gone possible',
    ]);
    const find =
      'SGS=$(aws ec2 describe-instances --filters Name=network-interface.addresses.private-ip-address,Values=10.0.3.7 ' +
      '--query \'Reservations[].Instances[].NetworkInterfaces[?starts_with(InterfaceType,`"efa"`)][].Groups[].GroupId\' ' +
      '--output text); echo $SGS';
    const egress = causeOf(found, 'security-group-egress');
    expect(egress?.why).toBe(
      'the security group of the EFA interfaces has no egress rule to itself (protocol -1); 0.0.0.0/0 does not count for EFA',
    );
    expect(egress?.check).toEqual([
      find,
      `aws ec2 describe-security-group-rules --filters "Name=group-id,Values=$(echo $SGS | tr ' \\t' ',,')" ${COLUMNS}`,
    ]);
    expect(egress?.fix).toEqual([
      find,
      'for SG in $(echo $SGS); do aws ec2 authorize-security-group-egress --group-id "$SG" --protocol -1 --source-group "$SG"; done',
    ]);
    expect(JSON.stringify(found.causes)).not.toContain('sg-');
  });

  test('by a command that finds them from the instance id, or from the host name where nothing else is known', () => {
    const facts = imds({ interfaces: [] });
    const byId = one(judge(rule, look(rails(500n, 0n), facts), before));
    expect(causeOf(byId, 'security-group-egress')?.fix[0]).toContain('describe-instances --instance-ids i-0123456789abcdef0 ');
    const byName = one(judge(rule, look(rails(500n, 0n)), before));
    expect(causeOf(byName, 'security-group-egress')?.fix[0]).toContain('"Name=private-dns-name,Values=$(hostname -f)"');
  });

  test('never with what is no group id: it would be pasted into a shell', () => {
    const found = one(judge(rule, look(rails(500n, 0n), groupsByRail(['sg-1;reboot', GROUP], [GROUP], [GROUP], [GROUP])), before));
    expect(causeOf(found, 'security-group-egress')?.fix).toEqual([EGRESS]);
  });
});

describe('ranks the causes', () => {
  const before = look(rails(0n, 0n));
  const secondary = imds({
    interfaces: [imdsInterface({ localIpv4s: ['10.1.3.7'], vpcCidrBlocks: ['10.0.0.0/16', '10.1.0.0/16'] })],
  });

  test('the secondary block first when the node lies in one', () => {
    const found = one(judge(rule, look(rails(500n, 0n), secondary), before));
    expect(ranking(found)).toEqual([
      'secondary-cidr likely',
      'security-group-egress possible',
      'security-group-ingress possible',
      'other-zone-or-vpc possible',
      'peer-gone possible',
    ]);
    expect(found.causes?.[0]).toEqual({
      cause: 'secondary-cidr',
      likelihood: 'likely',
      why:
        "the node's address 10.1.3.7 lies in 10.1.0.0/16, not in the VPC's first block 10.0.0.0/16; that this stops EFA " +
        'was reported from production and is disputed',
      check: [
        'kubectl get nodes -o wide',
        "aws ec2 describe-vpcs --vpc-ids vpc-0000000000000000a --query 'Vpcs[].[CidrBlock,CidrBlockAssociationSet[].CidrBlock]' --output json",
      ],
      fix: [
        'aws ec2 describe-subnets --filters Name=vpc-id,Values=vpc-0000000000000000a Name=availability-zone,Values=us-west-2b ' +
          "--query 'Subnets[].[SubnetId,CidrBlock]' --output text",
      ],
    });
  });

  test('the secondary block as possible without IMDS, in 100.64.0.0/10 only', () => {
    const found = one(judge(rule, look(rails(500n, 0n), undefined, '100.64.12.7'), before));
    expect(ranking(found)?.slice(0, 2)).toEqual(['secondary-cidr possible', 'security-group-egress possible']);
  });

  test('the secondary block before unresponsive peers, while nothing has ever come in', () => {
    const at = (sent: bigint) => [efa('rdmap16s0', { ...traffic(sent, 0n), unresponsive_remote_events: sent })];
    const found = one(judge(rule, look(at(500n), secondary), look(at(0n))));
    expect(ranking(found)?.slice(0, 3)).toEqual(['secondary-cidr likely', 'peer-gone possible', 'security-group-egress possible']);
  });

  test('not the secondary block when packets came in earlier', () => {
    const moved = look(rails(500n, 9n), secondary);
    const found = one(judge(rule, moved, look(rails(0n, 9n))));
    expect(ranking(found)?.slice(0, 2)).toEqual(['peer-gone possible', 'security-group-egress possible']);
  });

  test('the other zone first when address handles fail', () => {
    const failing = (count: bigint, sent: bigint) =>
      rails(sent, 0n).map((each) => ({ ...each, counters: { create_ah_err: count } }));
    const found = one(judge(rule, look(failing(15n, 500n), imds()), look(failing(12n, 0n))));
    expect(ranking(found)).toEqual([
      'other-zone-or-vpc likely',
      'security-group-egress possible',
      'security-group-ingress possible',
      'peer-gone possible',
    ]);
    expect(found.causes?.[0]?.why).toBe(
      'the peers are in another Availability Zone or VPC (this node: us-west-2b), and EFA crosses neither: create_ah_err rose by 12',
    );
  });

  test('the peers first when they became unresponsive, likely only if packets came in earlier', () => {
    const events = (sent: bigint, received: bigint, unresponsive: bigint) => [
      efa('rdmap16s0', { ...traffic(sent, received), unresponsive_remote_events: unresponsive }),
    ];
    const never = one(judge(rule, look(events(500n, 0n, 4n), imds()), look(events(0n, 0n, 1n))));
    expect(ranking(never)?.slice(0, 2)).toEqual(['peer-gone possible', 'security-group-egress possible']);
    const earlier = one(judge(rule, look(events(500n, 60n, 4n), imds()), look(events(0n, 60n, 1n))));
    expect(ranking(earlier)?.[0]).toBe('peer-gone likely');
    expect(earlier.causes?.[0]?.why).toBe(
      "the peers' processes or nodes are gone, so nobody answers; packets did come in earlier (60 in all); " +
        'unresponsive_remote_events rose by 3',
    );
  });
});

describe('reports other drivers', () => {
  test('soft-RoCE, with the causes of a network', () => {
    const found = one(
      judge(rule, look([rxe('rxe0', { sent_pkts: 400n, rcvd_pkts: 0n })]), look([rxe('rxe0', { sent_pkts: 0n, rcvd_pkts: 0n })])),
    );
    expect(found.subject).toBe('rxe0/1');
    expect(found.severity).toBe('critical');
    expect(found.evidence).toEqual({
      sent: 400n,
      received: 0n,
      receivedEver: 0n,
      seconds: 30,
      driver: 'none (a virtual device)',
      sentFile: 'hw_counters/sent_pkts',
      receivedFile: 'hw_counters/rcvd_pkts',
    });
    expect(ranking(found)).toEqual(['firewall likely', 'wrong-gid possible', 'peer-gone possible', 'no-answer-expected possible']);
    expect(causeOf(found, 'firewall')).toEqual({
      cause: 'firewall',
      likelihood: 'likely',
      why: 'a firewall on this node, on the peer or between them drops RoCE (UDP port 4791)',
      check: ['nft list ruleset', 'rdma link show rxe0/1', 'tcpdump -ni any -c 5 udp port 4791'],
      fix: ['iptables -I INPUT -p udp --dport 4791 -j ACCEPT', 'iptables -I OUTPUT -p udp --dport 4791 -j ACCEPT'],
    });
    expect(causeOf(found, 'peer-gone')?.check).toEqual([
      'rdma statistic show link rxe0/1',
      'rdma resource show qp link rxe0/1',
    ]);
  });

  test('InfiniBand, where no firewall stands between', () => {
    const traffic = (sent: bigint) => ({ port_xmit_packets: sent, port_rcv_packets: 0n });
    const found = one(judge(rule, look([mlx5('mlx5_0', traffic(400n))]), look([mlx5('mlx5_0', traffic(0n))])));
    expect(ranking(found)).toEqual([
      'subnet-manager likely',
      'wrong-gid possible',
      'peer-gone possible',
      'no-answer-expected possible',
    ]);
    expect(causeOf(found, 'subnet-manager')?.check).toEqual(['ibstat mlx5_0', 'sminfo -C mlx5_0']);
  });

  test('the peers first when packets came in earlier', () => {
    const at = (sent: bigint) => [rxe('rxe0', { sent_pkts: sent, rcvd_pkts: 1200n })];
    const found = one(judge(rule, look(at(400n)), look(at(0n))));
    expect(ranking(found)).toEqual([
      'peer-gone possible',
      'firewall possible',
      'wrong-gid possible',
      'no-answer-expected possible',
    ]);
  });

  test('and a node with both kinds gets both kinds of causes, each once', () => {
    const at = (sent: bigint) => [efa('efa_0', traffic(sent, 0n)), rxe('rxe0', { sent_pkts: sent, rcvd_pkts: 0n })];
    const found = one(judge(rule, look(at(400n), imds()), look(at(0n))));
    expect(found.message).toBe(
      'all 2 fabric ports that send received nothing: 800 packets sent in 30 s, 0 received ' +
        '(none has ever received one since its counters began)',
    );
    expect(found.causes?.map(({ cause }) => cause)).toEqual([
      'security-group-egress',
      'security-group-ingress',
      'other-zone-or-vpc',
      'peer-gone',
      'firewall',
      'wrong-gid',
      'no-answer-expected',
    ]);
  });
});
