import { parseQuantity } from '../parse/quantity.ts';
import type { FieldPath, ManifestObject, PodGroup, Volume, YamlMap } from '../model.ts';
import { readContainers } from './containers.ts';
import type { FoundTemplate } from './find-templates.ts';
import type { Surroundings } from './surroundings.ts';
import { listAt, mapAt, mapsAt, textAt, textsAt } from './values.ts';

const INSTANCE_TYPE = /^(node\.kubernetes\.io|beta\.kubernetes\.io)\/instance-type$/;

/** What rules ask about the pods of one template. */
export function readPodGroup(object: ManifestObject, found: FoundTemplate, around: Surroundings): PodGroup {
  const { spec, specPath, metadata } = found;
  const volumes = readVolumes(object, spec, specPath);
  const pod = { object, spec, specPath, volumes };
  return {
    object,
    path: found.path,
    specPath,
    name: found.name,
    role: found.role,
    count: found.count,
    // Who takes a bare list of containers adds what it likes: runtimes, sidecars, volumes.
    isPartial: found.isBare === true,
    labels: textsAt(metadata, 'labels'),
    annotations: textsAt(metadata, 'annotations'),
    hostNetwork: spec['hostNetwork'] === true,
    dnsPolicy: textAt(spec, 'dnsPolicy'),
    restartPolicy: textAt(spec, 'restartPolicy'),
    instanceTypes: instanceTypes(spec),
    antiAffinity: antiAffinity(spec),
    nodeSelector: textsAt(spec, 'nodeSelector'),
    deviceClasses: mapsAt(spec, 'resourceClaims').map(([, claim]) => around.deviceClass(textAt(claim, 'resourceClaimTemplateName') ?? textAt(claim, 'resourceClaimName')) ?? '?'),
    volumes,
    containers: readContainers(pod, 'containers', around),
    initContainers: readContainers(pod, 'initContainers', around),
  };
}

function readVolumes(object: ManifestObject, spec: YamlMap, specPath: FieldPath): readonly Volume[] {
  return mapsAt(spec, 'volumes').map(([index, volume]) => {
    const path = [...specPath, 'volumes', index];
    const type = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
    const source = mapAt(volume, type);
    // A claim made with the pod is as persistent as one that stands alone, for as long as the pod lives.
    const ephemeral = mapAt(volume, 'ephemeral') && textAt(volume, 'name');
    return {
      object,
      path,
      position: object.at(path),
      name: textAt(volume, 'name') ?? '',
      type,
      medium: textAt(source, 'medium'),
      sizeLimitBytes: parseQuantity(source?.['sizeLimit']),
      claim: textAt(source, 'claimName') ?? ephemeral,
      hostPath: type === 'hostPath' ? textAt(source, 'path') : undefined,
      source: textAt(source, 'name') ?? textAt(source, 'secretName'),
    };
  });
}

/** Of the node selector and of required affinity; terms of an affinity are alternatives. */
function instanceTypes(spec: YamlMap): readonly string[] {
  const selected = Object.entries(textsAt(spec, 'nodeSelector')).flatMap(([key, value]) => (INSTANCE_TYPE.test(key) ? [value] : []));
  const required = mapAt(mapAt(mapAt(spec, 'affinity'), 'nodeAffinity'), 'requiredDuringSchedulingIgnoredDuringExecution');
  const admitted = mapsAt(required, 'nodeSelectorTerms').flatMap(([, term]) =>
    mapsAt(term, 'matchExpressions').flatMap(([, { key, operator, ...rest }]) =>
      typeof key === 'string' && INSTANCE_TYPE.test(key) && operator === 'In' ? listAt(rest, 'values').filter((value) => typeof value === 'string') : [],
    ),
  );
  return [...new Set(selected.length > 0 ? selected : admitted)];
}

function antiAffinity(spec: YamlMap): readonly YamlMap[] {
  const terms = mapAt(mapAt(spec, 'affinity'), 'podAntiAffinity');
  return mapsAt(terms, 'requiredDuringSchedulingIgnoredDuringExecution').map(([, term]) => term);
}
