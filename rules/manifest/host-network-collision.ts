import type { Judgement, ManifestWorkload, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { separation, type Separation } from './apart.ts';
import { faultAt, spotAt } from './place.ts';
import { portFaults } from './ray-ports.ts';

/** On the host's network pods share ports, address and resolver with their node and with one another. */
export const hostNetworkCollision = defineRule({
  name: 'HostNetworkCollision',
  title: 'Pods on the host network that can get in one another\'s way',
  severity: 'warning',
  page: 'rules/manifest/host-network-collision.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      const pods = workload.pods.filter(({ hostNetwork, role }) => hostNetwork && role !== 'submitter');
      // A DaemonSet has one pod a node, and its pods seldom look names up.
      if (pods.length === 0 || workload.object.kind === 'DaemonSet' || !isComputing(workload)) continue;
      for (const pod of pods) yield* resolver(workload, pod);
      yield* neighbours(workload, pods);
      for (const group of workload.ray?.groups ?? []) if (group.pod?.hostNetwork === true) yield* portFaults(group);
    }
  },
});

function isComputing({ purpose, ray, pods }: ManifestWorkload): boolean {
  return purpose !== 'other' || ray !== undefined || pods.some(({ containers }) => containers.some(({ gpus, efa }) => gpus !== 0 || efa !== 0));
}

/** `Default` and `None` are choices; what is not written becomes ClusterFirst, which on the host's network means the node's resolver. */
function* resolver({ ray, isMultiNode }: ManifestWorkload, pod: PodGroup): Iterable<Judgement> {
  const { dnsPolicy, object, specPath } = pod;
  const isChosen = dnsPolicy === 'ClusterFirstWithHostNet' || dnsPolicy === 'None' || (dnsPolicy === 'Default' && !ray) || /[${]/.test(dnsPolicy ?? '');
  if (isChosen) return;
  yield faultAt(spotAt(object, [...specPath, 'dnsPolicy']), {
    message: `${pods(pod)} use the host network with ${dnsPolicy === undefined ? 'no dnsPolicy' : `dnsPolicy ${dnsPolicy}`}: they ask the node's resolver, which knows no Services${ray ? ', so that workers do not find the head by its name' : ' and no pod names'}`,
    found: dnsPolicy === undefined ? 'no dnsPolicy (ClusterFirst, which falls back to Default on the host network)' : `dnsPolicy: ${dnsPolicy}`,
    expected: 'dnsPolicy: ClusterFirstWithHostNet',
    snippet: 'hostNetwork: true\ndnsPolicy: ClusterFirstWithHostNet',
    evidence: { dnsPolicy: dnsPolicy ?? 'ClusterFirst' },
    // A pod that works alone seldom asks for a Service.
    ...(!ray && isMultiNode === false && { severity: 'info' }),
  });
}

/** The first two pods that could meet on a node, told at the group that is to keep away. */
function* neighbours(workload: ManifestWorkload, hosts: readonly PodGroup[]): Iterable<Judgement> {
  const isRay = workload.ray !== undefined;
  const told = new Set<PodGroup>();
  for (const [index, a] of hosts.entries()) {
    for (const b of hosts.slice(index)) {
      if (told.has(b) || (a === b && (b.count?.max ?? 2) <= 1)) continue;
      const apart = separation(a, b, isRay);
      if (apart?.how === 'written' || !collide(workload)) continue;
      told.add(b);
      yield faultAt(spotAt(b.object, [...b.specPath, 'affinity', 'podAntiAffinity']), meeting(workload, a, b, apart));
    }
  }
}

/** Whether two of its pods on one node disturb one another; a batch of independent pods does not. */
function collide(workload: ManifestWorkload): boolean {
  return workload.ray !== undefined || startsRay(workload) || workload.isMultiNode === true || workload.engines.some(({ kind }) => kind === 'server');
}

function startsRay({ pods: groups }: ManifestWorkload): boolean {
  return groups.some(({ containers }) => containers.some(({ commands }) => commands.some(({ words }) => /(^|\/)ray$/.test(words[0]?.text ?? '') && words[1]?.text === 'start')));
}

function meeting(workload: ManifestWorkload, a: PodGroup, b: PodGroup, apart: Separation | undefined): Parameters<typeof faultAt>[1] {
  const who = a === b ? `two of the ${pods(b)}` : `${pods(a)} and ${pods(b)}`;
  const isRay = workload.ray !== undefined || startsRay(workload);
  const [key, value] = labelOf(workload, b);
  const why = isRay
    ? 'both Rays want 6379, 8265, 8080, 10001 and 52365 of the node, and Ray takes two raylets at one address for one'
    : workload.engines.some(({ kind }) => kind === 'server')
      ? 'both servers want the same port, and the second stops with "address already in use"'
      : 'they share ports, address and host name, and EFA has no path from one pod of a node to another';
  return {
    message: apart?.how === 'implied' ? `${who} share the host network and no anti-affinity keeps them apart, only ${apart.by}` : `${who} share the host network and may land on one node: ${why}`,
    found: 'no required podAntiAffinity that names these pods',
    expected: 'podAntiAffinity over kubernetes.io/hostname that is required',
    snippet: ['affinity:', '  podAntiAffinity:', '    requiredDuringSchedulingIgnoredDuringExecution:', '      - topologyKey: kubernetes.io/hostname', '        labelSelector:', ...(value === undefined ? ['          matchExpressions:', `            - { key: ${key}, operator: Exists }`] : ['          matchLabels:', `            ${key}: ${value}`])].join('\n'),
    evidence: { pods: [...new Set([a, b].map(({ name }) => name))] },
    ...(apart?.how === 'implied' && { severity: 'info' }),
  };
}

/** A label that is on all pods of the workload. Ray's own covers other Ray clusters on the node too. */
function labelOf({ ray, object }: ManifestWorkload, { labels }: PodGroup): readonly [string, string | undefined] {
  if (ray) return ['ray.io/node-type', undefined];
  const app = ['app', 'app.kubernetes.io/name'].find((key) => labels[key] !== undefined);
  if (app !== undefined) return [app, labels[app]];
  return object.kind === 'Job' ? ['batch.kubernetes.io/job-name', object.name] : ['app', object.name];
}

function pods({ name }: PodGroup): string {
  return name === '' ? 'pods' : `pods of ${name}`;
}
