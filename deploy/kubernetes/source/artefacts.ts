import { stringify } from 'yaml';
import type { Artefact } from '../../artefact.ts';
import { podSpec } from './daemon-set.ts';
import { POD_LOGS } from './agent-container.ts';
import { NAME } from './names.ts';
import { configMap, namespaceObject } from './access.ts';
import { objectFiles, presentFiles, type ObjectFile } from './objects.ts';
import { AGENT_ROLE, type RbacOptions } from './rbac.ts';
import { addedRules } from './roles.ts';
import { DEFAULTS, type Settings } from './settings.ts';
import { plain, plainMap, type PlainMap } from './tree.ts';
import { templateText } from './template-text.ts';

const HEAD = '# Written by npm run generate from deploy/kubernetes/source.\n';
const CHART = 'deploy/helm/railmedic';
const KUSTOMIZE = 'deploy/kustomize';
const API = 'kustomize.config.k8s.io';

/** install.yaml, the kustomize base with its components, and the templates of the chart. */
export function kubernetesArtefacts(): readonly Artefact[] {
  return [{ path: 'deploy/install.yaml', text: HEAD + documents(installObjects(DEFAULTS)) }, ...kustomizeArtefacts(), ...chartTemplates()];
}

export function installObjects(settings: Settings): readonly PlainMap[] {
  return [namespaceObject(settings), ...presentFiles(settings).flatMap(({ objects }) => objects)].map(plainMap);
}

function chartTemplates(): readonly Artefact[] {
  return objectFiles({ ...DEFAULTS, namespace: '{{ .Release.Namespace }}' }).map(({ name, objects, condition }) => {
    const text = objects.map((object) => templateText(object)).join('---\n');
    const whole = condition === undefined ? text : `{{- if ${condition.helm} }}\n${text}{{- end }}\n`;
    return { path: `${CHART}/templates/${name}.yaml`, text: HEAD + whole };
  });
}

function kustomizeArtefacts(): readonly Artefact[] {
  const base = presentFiles(DEFAULTS);
  const monitored = only('pod-monitor');
  const guarded = only('admission-policy');
  return [
    ...base.map((file) => objectFile(`${KUSTOMIZE}/base`, file)),
    { path: `${KUSTOMIZE}/base/namespace.yaml`, text: HEAD + documents([plainMap(namespaceObject(DEFAULTS))]) },
    kustomization(`${KUSTOMIZE}/base`, 'Kustomization', { namespace: DEFAULTS.namespace, resources: ['namespace.yaml', ...base.map(({ name }) => `${name}.yaml`)] }),
    ...podComponent('restricted', { ...DEFAULTS, mode: 'restricted' }),
    ...podComponent('privileged', { ...DEFAULTS, mode: 'privileged' }),
    ...resourceComponent('monitoring', monitored),
    ...resourceComponent('admission-policy', guarded),
    ...patchComponent('nvidia-runtime', daemonSetPatch({ runtimeClassName: 'nvidia' })),
    ...taintComponent(),
    ...podLogsComponent(),
  ];
}

function only(name: string): ObjectFile {
  const found = objectFiles({ ...DEFAULTS, admissionPolicy: true }).find((file) => file.name === name);
  if (found === undefined) throw new Error(`no objects are called ${name}`);
  return found;
}

function objectFile(directory: string, { name, objects }: ObjectFile): Artefact {
  return { path: `${directory}/${name}.yaml`, text: HEAD + documents(objects.map(plainMap)) };
}

/** The mode's pod in place of the base's. */
function podComponent(name: string, settings: Settings): readonly Artefact[] {
  return patchComponent(name, daemonSetPatch({ $patch: 'replace', ...plainMap(podSpec(settings)) }));
}

function daemonSetPatch(spec: PlainMap): PlainMap {
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: NAME, namespace: DEFAULTS.namespace }, spec: { template: { spec } } };
}

function patchComponent(name: string, patch: PlainMap): readonly Artefact[] {
  const directory = `${KUSTOMIZE}/components/${name}`;
  return [
    { path: `${directory}/patch.yaml`, text: HEAD + documents([patch]) },
    kustomization(directory, 'Component', { patches: [{ path: 'patch.yaml' }] }),
  ];
}

/** What it does and the right to do it. */
function taintComponent(): readonly Artefact[] {
  const config = { exporters: { kubernetes: { taint: true } } };
  const directory = `${KUSTOMIZE}/components/taint`;
  return [
    { path: `${directory}/config-map.yaml`, text: HEAD + documents([plainMap(configMap({ ...DEFAULTS, config }))]) },
    roleAdditions(directory, { taint: true }),
    kustomization(directory, 'Component', { patches: [{ path: 'config-map.yaml' }, ROLE_PATCH] }),
  ];
}

function podLogsComponent(): readonly Artefact[] {
  const directory = `${KUSTOMIZE}/components/pod-logs`;
  return [
    { path: `${directory}/patch.yaml`, text: HEAD + documents([daemonSetPatch({ containers: [{ name: NAME, env: [POD_LOGS] }] })]) },
    roleAdditions(directory, { podLogs: true }),
    kustomization(directory, 'Component', { patches: [{ path: 'patch.yaml' }, ROLE_PATCH] }),
  ];
}

const ROLE_PATCH = { path: 'role.yaml', target: { kind: 'ClusterRole', name: AGENT_ROLE } };

function roleAdditions(directory: string, options: RbacOptions): Artefact {
  const add = addedRules(options).map((rule) => ({ op: 'add', path: '/rules/-', value: plain(rule) ?? {} }));
  return { path: `${directory}/role.yaml`, text: HEAD + stringify(add) };
}

function resourceComponent(name: string, file: ObjectFile): readonly Artefact[] {
  const directory = `${KUSTOMIZE}/components/${name}`;
  return [objectFile(directory, file), kustomization(directory, 'Component', { resources: [`${file.name}.yaml`] })];
}

function kustomization(directory: string, kind: 'Kustomization' | 'Component', rest: PlainMap): Artefact {
  const apiVersion = kind === 'Component' ? `${API}/v1alpha1` : `${API}/v1beta1`;
  return { path: `${directory}/kustomization.yaml`, text: HEAD + documents([{ apiVersion, kind, ...rest }]) };
}

function documents(objects: readonly PlainMap[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}
