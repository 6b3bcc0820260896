import type { Cause } from '../../agent/model.ts';
import { grouped } from '../words.ts';
import type { Ranked } from './efa-causes.ts';
import type { Sender } from './one-way-sender.ts';
import { hasReceivedBefore } from './one-way-sender.ts';

/** UDP destination port of RoCE v2 (IANA: roce). */
const ROCE_PORT = 4791;

/** Why ports of RoCE or InfiniBand devices send and receive nothing, most likely first. */
export function networkCauses(silent: readonly Sender[]): readonly Cause[] {
  const before = hasReceivedBefore(silent);
  const onInfiniband = silent.every(({ pair }) => pair.port.linkLayer === 'InfiniBand');
  const usual = onInfiniband ? [subnetManager(silent), wrongGid(silent)] : [firewall(silent), wrongGid(silent)];
  const causes = before ? [peerGone(silent), ...usual, oneSided(silent)] : [...usual, peerGone(silent), oneSided(silent)];
  return causes.map((cause, index) => ({ ...cause, likelihood: index === 0 && !before ? 'likely' : 'possible' }));
}

/** Seen on soft-RoCE: a healthy `ib_send_bw -c UC` sends for as long as it likes and its sender's rcvd_pkts stand still. */
function oneSided(silent: readonly Sender[]): Ranked {
  return {
    cause: 'no-answer-expected',
    why: 'the job sends one way over UC or UD queue pairs, which nobody acknowledges: then nothing is wrong',
    check: links(silent, 'rdma resource show qp link'),
    fix: [],
  };
}

function links(silent: readonly Sender[], command: string): readonly string[] {
  return silent.map(({ pair }) => `${command} ${pair.port.name}`);
}

function firewall(silent: readonly Sender[]): Ranked {
  const allow = (chain: string) => `iptables -I ${chain} -p udp --dport ${ROCE_PORT} -j ACCEPT`;
  return {
    cause: 'firewall',
    why: `a firewall on this node, on the peer or between them drops RoCE (UDP port ${ROCE_PORT})`,
    check: ['nft list ruleset', ...links(silent, 'rdma link show'), `tcpdump -ni any -c 5 udp port ${ROCE_PORT}`],
    fix: [allow('INPUT'), allow('OUTPUT')],
  };
}

function subnetManager(silent: readonly Sender[]): Ranked {
  return {
    cause: 'subnet-manager',
    why: 'no subnet manager routes to the peer, or the two are in different partitions',
    check: silent.flatMap(({ pair }) => [`ibstat ${pair.device.name}`, `sminfo -C ${pair.device.name}`]),
    fix: [],
  };
}

function wrongGid(silent: readonly Sender[]): Ranked {
  const devices = silent.map(({ pair }) => pair.device.name);
  return {
    cause: 'wrong-gid',
    why: 'the job uses a GID or a route that does not lead to the peer (NCCL_IB_GID_INDEX, routes of the interface behind it)',
    check: [...devices.map((name) => `ibv_devinfo -v -d ${name}`), ...links(silent, 'rdma link show'), 'ip route show'],
    fix: [],
  };
}

function peerGone(silent: readonly Sender[]): Ranked {
  const ever = silent.reduce((sum, sender) => sum + sender.receivedEver, 0n);
  const speaks = ever > 0n ? `; packets did come in earlier (${grouped(ever)} in all)` : '';
  return {
    cause: 'peer-gone',
    why: `the peers' processes or nodes are gone, so nobody answers${speaks}`,
    check: [...links(silent, 'rdma statistic show link'), ...links(silent, 'rdma resource show qp link')],
    fix: [],
  };
}
