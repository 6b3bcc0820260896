import type { ManifestObject } from '../model.ts';
import { mapAt, mapsAt, textAt, textsAt } from './values.ts';

/** What objects of the input say about one another. */
export interface Surroundings {
  /** A ConfigMap of this namespace; undefined where the input has none of that name. */
  configMap(name: string | undefined, namespace: string): ManifestObject | undefined;
  /** The device class that a ResourceClaim or its template asks for, by its name. */
  deviceClass(name: string | undefined): string | undefined;
}

export function surroundingsOf(objects: readonly ManifestObject[]): Surroundings {
  const configMaps = objects.filter(({ kind }) => kind === 'ConfigMap');
  const claims = objects.filter(({ kind }) => kind === 'ResourceClaimTemplate' || kind === 'ResourceClaim');
  return {
    configMap: (name, namespace) => configMaps.find((candidate) => candidate.name === name && candidate.namespace === namespace),
    deviceClass(name) {
      const claim = claims.find((candidate) => candidate.name === name);
      const spec = mapAt(claim?.value, 'spec');
      const devices = mapAt(claim?.kind === 'ResourceClaim' ? spec : mapAt(spec, 'spec'), 'devices');
      return mapsAt(devices, 'requests')
        .map(([, request]) => textAt(mapAt(request, 'exactly') ?? request, 'deviceClassName'))
        .find((found) => found !== undefined);
    },
  };
}

/** The texts of a ConfigMap, by key. */
export function configTexts(configMap: ManifestObject): Readonly<Record<string, string>> {
  return textsAt(configMap.value, 'data');
}
