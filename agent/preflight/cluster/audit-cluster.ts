import type { Host } from '../../host.ts';
import type { ClusterCheck, KubernetesApi, Manifests } from '../../model.ts';
import { readAws, type AwsFacts } from './aws.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkSecurityGroups, notAsked } from './check-aws.ts';
import { checkClaims } from './check-claims.ts';
import { devicePluginChecks } from './check-device-plugins.ts';
import { few, passed, unseen, type CheckName } from './check.ts';
import { readContents, type ClusterContents } from './contents.ts';
import { CLAIMS, DAEMON_SETS, NODES, RESOURCE_SLICES } from './kinds.ts';
import { Lister } from './lister.ts';
import { deviceNodes, instanceIdOf, regionOf } from './node-facts.ts';
import { livePods, readLiveManifests } from './read-cluster.ts';

const LISTED: CheckName = { name: 'objects-listed', title: 'Everything that makes GPU pods could be listed', rule: undefined };
/** Kinds whose absence a check of their own tells. */
const TOLD_ELSEWHERE = [NODES, DAEMON_SETS, CLAIMS, RESOURCE_SLICES].map(({ resource }) => resource);

export interface ClusterAudit {
  readonly api: KubernetesApi;
  readonly server: string;
  readonly namespace: string | undefined;
  /** The door to the `aws` program; undefined where EC2 must not be asked. */
  readonly awsHost: Host | undefined;
}

/**
 * Reads a cluster, writes nothing. With `given` manifests these are what is judged, and the cluster what they are meant for;
 * without, what runs there. Rejects where the API server cannot be reached or refuses even to say what it knows.
 */
export async function auditCluster({ api, server, namespace, awsHost }: ClusterAudit, given: Manifests | undefined, signal: AbortSignal): Promise<Manifests> {
  const lister = await Lister.open(api, namespace, signal);
  const contents = await readContents(lister);
  const { aws, region } = await askAws(contents, awsHost);
  const manifests = given ? beside(given, contents) : readLiveManifests(contents);
  const checks: readonly ClusterCheck[] = [
    ...devicePluginChecks(contents),
    ...(aws === undefined ? notAsked() : checkSecurityGroups(aws, region)),
    checkAddresses(contents, aws),
    checkClaims(manifests, namespace ?? 'default', contents),
    ...(given ? [] : [checkListed(contents)]),
  ];
  return { ...manifests, cluster: { server, pods: given ? [] : livePods(contents), checks } };
}

/** Manifests of files in the company of the cluster's nodes. */
function beside(given: Manifests, { nodes = [] }: ClusterContents): Manifests {
  return { ...given, objects: [...given.objects, ...deviceNodes(nodes)] };
}

async function askAws({ nodes = [] }: ClusterContents, host: Host | undefined): Promise<{ readonly aws: AwsFacts | string | undefined; readonly region: string }> {
  if (!host) return { aws: undefined, region: '' };
  const known = deviceNodes(nodes).filter((node) => instanceIdOf(node) !== undefined && regionOf(node) !== undefined);
  const ids = known.flatMap((node) => instanceIdOf(node) ?? []);
  const region = known.map(regionOf)[0] ?? '';
  if (ids.length === 0) return { aws: 'no GPU node names an EC2 instance (spec.providerID, label topology.kubernetes.io/region)', region };
  try {
    return { aws: await readAws(host, ids, region), region };
  } catch (error) {
    return { aws: error instanceof Error ? error.message : String(error), region };
  }
}

function checkListed({ unseen: kinds }: ClusterContents): ClusterCheck {
  const missing = kinds.filter(({ kind }) => !TOLD_ELSEWHERE.includes(kind.resource)).map(({ why }) => why);
  return missing.length === 0 ? passed(LISTED, 'yes') : unseen(LISTED, few([...new Set(missing)], 8).join('; '));
}
