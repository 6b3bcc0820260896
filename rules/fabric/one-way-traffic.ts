import type { Cause, InfinibandDevice, InfinibandPort, Symptom } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { packetRise, packets, type PortPair, portPairs, undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { networkCauses } from './network-causes.ts';
import { efaCauses } from './one-way-causes.ts';
import type { Evidence, Sender } from './one-way-sender.ts';
import { hasReceivedBefore } from './one-way-sender.ts';

/**
 * A port that sends and receives nothing: what a security group without a rule to itself looks like on EFA. Whether tx_pkts
 * counts what the node's own group drops on the way out is not documented and, as far as is known, was never measured.
 */
export const fabricOneWayTraffic = defineRule({
  name: 'FabricOneWayTraffic',
  title: 'A fabric port sends and receives nothing',
  severity: 'critical',
  page: 'rules/fabric/one-way-traffic.md',
  needs: ['infiniband'],
  uses: ['imds', 'addresses'],
  // 100 packets: a handful of unanswered connection attempts is no traffic yet.
  settings: { windowSeconds: 30, packets: 100 },
  *check(now, before, seconds, settings) {
    const pairs = portPairs(now.infiniband, before?.infiniband);
    const senders = pairs.flatMap((pair) => sender(pair, Math.max(1, settings.packets)));
    const silent = senders.filter((candidate) => candidate.received === 0n).toSorted(byName);
    const answered = senders.filter((candidate) => candidate.received > 0n);
    const evidence = { silent, answered, imds: now.imds, addresses: now.addresses };
    if (silent.length > 1 && answered.length === 0) yield wholeNode(evidence, seconds);
    else for (const one of silent) yield onePort(one, evidence, seconds);

    const blind = pairs.filter((pair) => packetRise(pair) === undefined);
    for (const pair of blind) yield undecided(pair.port.name, whyBlind(pair));
    for (const name of now.infiniband.vanished) yield undecided(`${name}/1`, 'the device is gone');
    const unseen = [...blind.filter(countsPackets).map(({ port }) => port.name), ...now.infiniband.vanished];
    if (senders.length === 0 && unseen.length > 0) yield undecided('node', `not compared: ${unseen.join(', ')}`);
  },
});

function sender(pair: PortPair, threshold: number): readonly Sender[] {
  const rise = packetRise(pair);
  const receivedEver = packets(pair.port)?.received;
  if (!rise || receivedEver === undefined || Number(rise.sent) < threshold) return [];
  return [{ pair, ...rise, receivedEver }];
}

function onePort(one: Sender, evidence: Evidence, seconds: number): Symptom {
  const { port } = one.pair;
  const counters = packets(port);
  return {
    subject: port.name,
    message: `sent ${grouped(one.sent)} packets in ${grouped(seconds)} s, received 0 (${history(one)})`,
    severity: one.receivedEver === 0n ? 'critical' : 'warning',
    evidence: {
      sent: one.sent,
      received: one.received,
      receivedEver: one.receivedEver,
      seconds,
      driver: driverOf(one),
      ...(counters && { sentFile: counters.sentFile, receivedFile: counters.receivedFile }),
    },
    causes: causesOf({ ...evidence, silent: [one] }),
  };
}

function wholeNode(evidence: Evidence, seconds: number): Symptom {
  const { silent } = evidence;
  const [kind, ports] = silent.every(isEfa) ? ['EFA device', 'EFA ports'] : ['fabric port', 'fabric ports'];
  const sent = silent.reduce((sum, one) => sum + one.sent, 0n);
  const moved = silent.filter((one) => one.receivedEver > 0n).length;
  const past = moved === 0 ? 'none has ever received one since its counters began' : `${moved} had received some before`;
  return {
    subject: 'node',
    title: `Every ${kind} that sends receives nothing`,
    message:
      `all ${silent.length} ${ports} that send received nothing: ${grouped(sent)} packets sent in ${grouped(seconds)} s, ` +
      `0 received (${past})`,
    severity: hasReceivedBefore(silent) ? 'warning' : 'critical',
    evidence: {
      ports: silent.map((one) => `${one.pair.port.name} sent ${grouped(one.sent)}, received 0 (${history(one)})`),
      sent,
      received: 0n,
      seconds,
      drivers: Array.from(new Set(silent.map(driverOf))),
    },
    causes: causesOf(evidence),
  };
}

function history(one: Sender): string {
  if (one.receivedEver === 0n) return 'never received one since its counters began';
  return `had received ${grouped(one.receivedEver)} before`;
}

/** `rdmap16s0/1` before `rdmap144s0/1`. */
function byName(one: Sender, other: Sender): number {
  return one.pair.port.name.localeCompare(other.pair.port.name, 'en', { numeric: true });
}

function isEfa({ pair }: Sender): boolean {
  return pair.device.isEfa;
}

function driverOf({ pair }: Sender): string {
  return pair.device.driver ?? (pair.device.isEfa ? 'not named' : 'none (a virtual device)');
}

/** EFA's causes are its security groups and its reach, those of the others the network's; a node can have both. */
function causesOf(evidence: Evidence): readonly Cause[] {
  const efa = evidence.silent.filter(isEfa);
  const others = evidence.silent.filter((one) => !isEfa(one));
  const causes = efa.length > 0 ? efaCauses({ ...evidence, silent: efa, answered: evidence.answered.filter(isEfa) }) : [];
  const network = others.length > 0 ? networkCauses(others) : [];
  return [...causes, ...network.filter(({ cause }) => !causes.some((known) => known.cause === cause))];
}

/** False for a port whose driver has no such counters, from which nothing will ever be known. */
function countsPackets({ device, port }: PortPair): boolean {
  return packets(port) !== undefined || device.silence !== undefined || unreadableFile(device, port) !== undefined;
}

function unreadableFile(device: InfinibandDevice, port: InfinibandPort): readonly [string, string] | undefined {
  return Object.entries(device.unreadable).find(([file]) => file.startsWith(`ports/${port.port}/`));
}

function whyBlind({ device, port }: PortPair): string {
  if (device.silence !== undefined) return `${device.name} does not answer: ${device.silence}`;
  if (packets(port)) return 'its packets could not be compared: first look, or its counters have begun anew';
  const failed = unreadableFile(device, port);
  return failed ? `cannot read ${failed[0]} (${failed[1]})` : 'its driver counts no packets';
}
