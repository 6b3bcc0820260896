import type { Position, YamlMap } from '../../model.ts';
import { objectOf, textOf, type JsonObject } from '../../parse/json-value.ts';
import type { YamlTree } from '../../parse/yaml-tree.ts';
import { DocumentObject } from '../manifest-object.ts';

/** Stands where a file stands in findings of manifests. */
export const LIVE = 'cluster';
/** Lines count from 1: an object of the cluster has none. */
const NOWHERE: Position = { line: 0, column: 0 };

/** An object as the API server gives it, for the same readers that read manifests. */
export function liveObject(value: JsonObject, label?: string): DocumentObject {
  const map = value as YamlMap;
  const tree: YamlTree = { value: map, at: () => NOWHERE, inside: () => NOWHERE };
  return new DocumentObject(LIVE, tree, [], map, label);
}

export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** The object that made this one and keeps it as it is. */
export function controllerOf({ value }: Pick<DocumentObject, 'value'>): Owner | undefined {
  const references = objectOf(value['metadata'])['ownerReferences'];
  const found = Array.isArray(references) ? references.map(objectOf).find(({ controller }) => controller === true) : undefined;
  const [kind, name, uid] = [textOf(found?.['kind']), textOf(found?.['name']), textOf(found?.['uid'])];
  return kind !== undefined && name !== undefined && uid !== undefined ? { kind, name, uid } : undefined;
}

export function uidOf({ value }: Pick<DocumentObject, 'value'>): string {
  return textOf(objectOf(value['metadata'])['uid']) ?? '';
}
