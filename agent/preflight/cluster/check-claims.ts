import type { ClusterCheck, ManifestObject, Manifests, ManifestWorkload } from '../../model.ts';
import { listOf, objectOf, textOf } from '../../parse/json-value.ts';
import type { DocumentObject } from '../manifest-object.ts';
import { failed, few, passed, skipped, unseen, type CheckName } from './check.ts';
import { whyNot } from './check-device-plugins.ts';
import type { ClusterContents } from './contents.ts';
import { CLAIMS } from './kinds.ts';
import { LIVE } from './live-object.ts';

const NAME: CheckName = { name: 'claims-bound', title: 'Persistent volume claims of GPU workloads exist and are bound', rule: undefined };

interface Use {
  readonly id: string;
  readonly claim: DocumentObject | undefined;
  readonly users: readonly string[];
}

/** The claims that audited workloads and their pods mount. `namespace`: of manifests that name none. */
export function checkClaims({ workloads, objects }: Manifests, namespace: string, contents: ClusterContents): ClusterCheck {
  const { claims, pods = [] } = contents;
  if (!claims) return unseen(NAME, whyNot(contents, CLAIMS.resource));
  // A claim that is applied together with its workload is not there yet.
  const own = new Set(objects.filter(({ kind, file }) => kind === CLAIMS.kind && file !== LIVE).map((object) => `${namespaceOf(object, namespace)}/${object.name}`));
  const uses = usesOf(workloads, namespace, claims).filter(({ id }) => !own.has(id));
  if (uses.length === 0) return skipped(NAME, 'no GPU workload mounts a claim');
  const mounted = new Set(pods.flatMap(claimsOfPod));
  const faults = uses.flatMap((use) => faultOf(use, mounted) ?? []);
  if (faults.length > 0) {
    const fix = [...new Set(faults.map(({ namespace }) => `kubectl get pvc,events -n ${namespace}`))];
    return failed(NAME, { severity: 'warning', found: `${faults.length} of ${uses.length} claims cannot be mounted`, details: few(faults.map(({ text }) => text)), fix });
  }
  const waiting = uses.filter(({ claim }) => phaseOf(claim) === 'Pending').map(({ id }) => id);
  const words = waiting.length === 0 ? '' : `; ${few(waiting, 3).join(', ')} waits for a first pod`;
  return passed(NAME, `${uses.length - waiting.length} of ${uses.length} claims are bound${words}`);
}

function namespaceOf({ value }: ManifestObject, standard: string): string {
  return textOf(objectOf(value['metadata'])['namespace']) ?? standard;
}

function usesOf(workloads: readonly ManifestWorkload[], namespace: string, claims: readonly DocumentObject[]): readonly Use[] {
  const users = new Map<string, Set<string>>();
  for (const { object, pods } of workloads) {
    for (const { volumes } of pods) {
      for (const { claim, type } of volumes) {
        // A claim made with the pod has its pod's name before it, and comes and goes with it.
        if (claim === undefined || type !== 'persistentVolumeClaim') continue;
        const id = `${namespaceOf(object, namespace)}/${claim}`;
        users.set(id, (users.get(id) ?? new Set()).add(object.id));
      }
    }
  }
  return [...users].map(([id, names]) => ({ id, claim: claims.find(({ namespace, name }) => `${namespace}/${name}` === id), users: [...names] }));
}

function claimsOfPod(pod: DocumentObject): readonly string[] {
  const volumes = listOf(pod.get(['spec', 'volumes'])).map(objectOf);
  return volumes.flatMap(({ persistentVolumeClaim }) => textOf(objectOf(persistentVolumeClaim)['claimName']) ?? []).map((claim) => `${pod.namespace}/${claim}`);
}

/** A pending claim that no pod mounts yet may wait for its first pod, as its storage class wishes. */
function faultOf({ id, claim, users }: Use, mounted: ReadonlySet<string>): { readonly namespace: string; readonly text: string } | undefined {
  const phase = phaseOf(claim);
  const namespace = id.split('/')[0] ?? '';
  const by = `mounted by ${few(users, 3).join(', ')}`;
  if (!claim) return { namespace, text: `claim ${id} does not exist; ${by}` };
  if (phase === 'Bound' || (phase === 'Pending' && !mounted.has(id))) return undefined;
  const storageClass = textOf(claim.get(['spec', 'storageClassName']));
  return { namespace, text: `claim ${id} is ${phase}${storageClass === undefined ? '' : ` (storage class ${storageClass})`}; ${by}` };
}

function phaseOf(claim: DocumentObject | undefined): string {
  return textOf(claim?.get(['status', 'phase'])) ?? 'of an unknown phase';
}
