import type { YamlMap, YamlValue } from '../model.ts';

export function isMap(value: YamlValue | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entry(map: YamlMap | undefined, key: string): YamlValue | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

/** The map at a key; undefined where there is none or something else stands there. */
export function mapAt(map: YamlMap | undefined, key: string): YamlMap | undefined {
  const value = entry(map, key);
  return isMap(value) ? value : undefined;
}

/** The items at a key that are maps, each with its index; none where no list stands there. */
export function mapsAt(map: YamlMap | undefined, key: string): readonly (readonly [number, YamlMap])[] {
  const value = entry(map, key);
  if (!Array.isArray(value)) return [];
  return (value as readonly YamlValue[]).flatMap((item, index) => (isMap(item) ? [[index, item] as const] : []));
}

export function listAt(map: YamlMap | undefined, key: string): readonly YamlValue[] {
  const value = entry(map, key);
  return Array.isArray(value) ? (value as readonly YamlValue[]) : [];
}

export function textAt(map: YamlMap | undefined, key: string): string | undefined {
  const value = entry(map, key);
  return typeof value === 'string' ? value : undefined;
}

/** Numbers written as text count: people quote them. */
export function numberAt(map: YamlMap | undefined, key: string): number | undefined {
  const value = entry(map, key);
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** A map of texts, as labels and annotations are; what is no text is shown as JSON. */
export function textsAt(map: YamlMap | undefined, key: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(mapAt(map, key) ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
}
