import { listOf, objectOf, textOf, type JsonObject } from '../../parse/json-value.ts';
import type { DocumentObject } from '../manifest-object.ts';
import { CLAIMS, DAEMON_SETS, MAKERS, NODES, OTHERS, PODS, RESOURCE_SLICES, TRAIN_JOBS } from './kinds.ts';
import type { Lister, Unseen } from './lister.ts';
import { liveObject } from './live-object.ts';

/** What was listed of a cluster; undefined: could not be listed (`unseen` says why). */
export interface ClusterContents {
  readonly nodes: readonly DocumentObject[] | undefined;
  readonly daemonSets: readonly DocumentObject[] | undefined;
  /** Pods with GPUs, EFA or claims of devices that have not ended. */
  readonly pods: readonly DocumentObject[] | undefined;
  readonly claims: readonly DocumentObject[] | undefined;
  readonly resourceSlices: readonly DocumentObject[] | undefined;
  /** Kinds that make pods, without what has ended. */
  readonly makers: readonly DocumentObject[];
  /** TrainJobs and their runtimes. */
  readonly trainJobs: readonly DocumentObject[];
  readonly others: readonly DocumentObject[];
  readonly endedJobs: number;
  readonly unseen: readonly Unseen[];
}

/** Lists all that the audit looks at, the kinds side by side. */
export async function readContents(lister: Lister): Promise<ClusterContents> {
  let endedJobs = 0;
  const maker = (item: JsonObject): DocumentObject | undefined => {
    if (!hasEnded(item)) return liveObject(item);
    endedJobs += 1;
    return undefined;
  };
  const [nodes, daemonSets, pods, claims, resourceSlices, makers, trainJobs, others] = await Promise.all([
    lister.list(NODES, liveNode),
    lister.list(DAEMON_SETS, deviceSet, true),
    lister.list(PODS, (item) => (asksForDevices(item) && !isOver(item) ? liveObject(item) : undefined)),
    lister.list(CLAIMS, (item) => liveObject(item)),
    lister.list(RESOURCE_SLICES, (item) => liveObject(item)),
    Promise.all(MAKERS.map((kind) => lister.list(kind, maker))),
    Promise.all(TRAIN_JOBS.map((kind) => lister.list(kind, (item) => liveObject(item)))),
    Promise.all(OTHERS.map((kind) => lister.list(kind, (item) => liveObject(item)))),
  ]);
  const all = (lists: readonly (readonly DocumentObject[] | undefined)[]): readonly DocumentObject[] => lists.flatMap((list) => list ?? []);
  return { nodes, daemonSets, pods, claims, resourceSlices, makers: all(makers), trainJobs: all(trainJobs), others: all(others), endedJobs, unseen: lister.unseen };
}

/** Without the images on it and the managed fields, which are most of its size. */
function liveNode(item: JsonObject): DocumentObject {
  const { images: _images, ...status } = objectOf(item['status']);
  const { managedFields: _fields, ...metadata } = objectOf(item['metadata']);
  return liveObject({ ...item, metadata, status });
}

const DEVICE_SET = /device-plugin|dra-driver|dranet|kubelet-plugin/;

/** DaemonSets that bring devices to pods, by their name or an image. */
function deviceSet(item: JsonObject): DocumentObject | undefined {
  const spec = objectOf(objectOf(objectOf(item['spec'])['template'])['spec']);
  const images = listOf(spec['containers']).map((container) => textOf(objectOf(container)['image'], 1000) ?? '');
  const names = [textOf(objectOf(item['metadata'])['name']) ?? '', ...images];
  return names.some((name) => DEVICE_SET.test(name)) ? liveObject(item) : undefined;
}

/** Whether a container of the pod asks for GPUs or EFA, or the pod for a claim of devices. */
function asksForDevices(item: JsonObject): boolean {
  const spec = objectOf(item['spec']);
  if (listOf(spec['resourceClaims']).length > 0) return true;
  return listOf(spec['containers']).some((container) => {
    const resources = objectOf(objectOf(container)['resources']);
    return Object.keys({ ...objectOf(resources['requests']), ...objectOf(resources['limits']) }).some((name) => /^(nvidia\.com|vpc\.amazonaws\.com)\//.test(name));
  });
}

function isOver(item: JsonObject): boolean {
  const phase = objectOf(item['status'])['phase'];
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Of a Job, JobSet, RayJob, PyTorchJob, MPIJob: what is over costs no night any more. */
function hasEnded(item: JsonObject): boolean {
  const status = objectOf(item['status']);
  const conditions = listOf(status['conditions']).map(objectOf);
  const ended = /^(Complete|Completed|Failed|Succeeded)$/;
  return conditions.some(({ type, status: value }) => value === 'True' && ended.test(String(type))) || ended.test(textOf(status['jobDeploymentStatus']) ?? '');
}
