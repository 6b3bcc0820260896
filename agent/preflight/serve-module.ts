import type { Container, ManifestObject, PodGroup, VllmEngine } from '../model.ts';
import { DocumentObject } from './manifest-object.ts';
import { asksForGpus } from './multi-node.ts';
import { moduleEngine } from './python-engine.ts';
import { configTexts, type Surroundings } from './surroundings.ts';

interface Host {
  readonly pod: PodGroup;
  readonly container: Container;
}

interface Module extends Host {
  readonly configMap: ManifestObject;
  readonly key: string;
}

/** Engines that modules of ConfigMaps build which Ray Serve imports by `import_path`; mounted somewhere they need not be named by any command. */
export function serveModuleEngines(object: ManifestObject, pods: readonly PodGroup[], around: Surroundings): readonly VllmEngine[] {
  const applications = object.get(['spec', 'serveConfigV2', 'applications']);
  const files = (Array.isArray(applications) ? applications : []).flatMap((_, index) => {
    const importPath = object.get(['spec', 'serveConfigV2', 'applications', index, 'import_path']);
    return typeof importPath === 'string' ? fileOf(importPath) : [];
  });
  const hosts = pods.filter(({ role }) => role !== 'submitter').flatMap((pod) => pod.containers.map((container) => ({ pod, container })));
  return [...new Set(files)].flatMap((file) => engineOf(hosts.flatMap((host) => moduleIn(host, file, around) ?? [])) ?? []);
}

/** `a.b:app` and `a.b.app` are both a/b.py. */
function fileOf(importPath: string): string {
  return `${importPath.replace(/(:.*|\.[^.]*)$/, '').replaceAll('.', '/')}.py`;
}

function moduleIn(host: Host, file: string, around: Surroundings): Module | undefined {
  for (const { mountPath, subPath, volume } of host.container.mounts) {
    const configMap = volume?.type === 'configMap' ? around.configMap(volume.source, host.container.object.namespace) : undefined;
    if (!configMap) continue;
    const keys = subPath === undefined ? Object.keys(configTexts(configMap)) : [subPath];
    const key = keys.find((candidate) => `${mountPath}${subPath === undefined ? `/${candidate}` : ''}`.endsWith(`/${file}`));
    if (key !== undefined && key in configTexts(configMap)) return { ...host, configMap, key };
  }
  return undefined;
}

/** Where it runs is known where only one container with GPUs has it. */
function engineOf(modules: readonly Module[]): VllmEngine | undefined {
  const withGpus = modules.filter(({ pod, container }) => asksForGpus(pod) && container.gpus !== 0);
  const [first] = withGpus.length > 0 ? withGpus : modules;
  if (!first) return undefined;
  const { configMap: object, key, container } = first;
  const path = ['data', key];
  const text = configTexts(object)[key] ?? '';
  const engine = moduleEngine({ object, path, text, at: (line) => (object instanceof DocumentObject ? object.inside(path, line) : object.at(path)) }, container.environment);
  const host = withGpus.length === 1 ? { pod: first.pod, container } : { pod: undefined, container: undefined };
  return engine && { ...engine, ...host };
}
