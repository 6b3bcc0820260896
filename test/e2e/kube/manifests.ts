import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { installObjects } from '../../../deploy/kubernetes/source/artefacts.ts';
import { DEFAULTS, type Settings } from '../../../deploy/kubernetes/source/settings.ts';
import { quickConfig } from './quick-config.ts';

const INSTALL = resolve(import.meta.dirname, '../../../deploy/install.yaml');

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}
interface Container {
  readonly name: string;
  imagePullPolicy: string;
  readonly env?: { readonly name: string; readonly value: string }[];
}
interface DaemonSet extends Manifest {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[]; readonly volumes: { readonly name: string; hostPath?: { path: string } }[] } } };
}
interface ConfigMap extends Manifest {
  data: Record<string, string>;
}

/** deploy/install.yaml as it is. */
export function installManifests(): readonly Manifest[] {
  return parseAllDocuments(readFileSync(INSTALL, 'utf8')).map((document) => document.toJS() as Manifest);
}

/** Its namespace, ServiceAccount and roles. */
export function rightsOfTheAgent(): readonly Manifest[] {
  return installManifests().filter(({ kind }) => ['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role'].includes(kind));
}

/** What a person chooses of the settings here. */
export type Choice = Pick<Settings, 'mode'> & Partial<Pick<Settings, 'podLogs' | 'extraEnv' | 'extraVolumes' | 'extraVolumeMounts'>>;

/** What is applied for another choice; a test of deploy/ holds that it equals the kustomize components and the chart. */
export function manifestsOf(settings: Choice): readonly Manifest[] {
  if (settings.mode === 'default' && Object.keys(settings).length === 1) return installManifests();
  return installObjects({ ...DEFAULTS, ...settings }) as unknown as readonly Manifest[];
}

/**
 * All that differs in the lab: the image is imported and cannot be pulled; this machine has no EFA, so /sys is a tree of plain
 * files, and whatever answers at EC2's metadata address is not EC2; the agent's state lies with the scene's files; the rules'
 * windows are short.
 */
export function forTheLab(manifests: readonly Manifest[], root: string, state: string): readonly Manifest[] {
  return manifests.map((manifest) => {
    const own = structuredClone(manifest);
    if (isDaemonSet(own)) {
      for (const container of own.spec.template.spec.containers) {
        container.imagePullPolicy = 'Never';
        container.env?.push({ name: 'RAILMEDIC_NO_IMDS', value: 'true' });
      }
      for (const { name, hostPath } of own.spec.template.spec.volumes) {
        if (hostPath && name === 'sys') hostPath.path = join(root, 'sys');
        if (hostPath && name === 'state') hostPath.path = state;
      }
    }
    if (isConfigMap(own)) own.data = { 'config.yaml': quickConfig() };
    return own;
  });
}

function isDaemonSet(manifest: Manifest): manifest is DaemonSet {
  return manifest.kind === 'DaemonSet';
}

function isConfigMap(manifest: Manifest): manifest is ConfigMap {
  return manifest.kind === 'ConfigMap';
}
