import type { YamlMap, YamlValue } from '../../agent/model.ts';

/** The map that stands there; undefined where something else does. */
export function mapOf(value: YamlValue | undefined): YamlMap | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as YamlMap) : undefined;
}

/** The items of the list that stands there; none where something else does. */
export function listOf(value: YamlValue | undefined): readonly YamlValue[] {
  return Array.isArray(value) ? (value as readonly YamlValue[]) : [];
}
