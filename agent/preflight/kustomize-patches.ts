import { posix } from 'node:path';
import type { ManifestText } from '../host/manifest-files.ts';
import { parseYamlTree } from '../parse/yaml-tree.ts';
import { isMap, listAt, mapsAt, textAt } from './values.ts';

/** Files that a kustomization among the texts lists as patches: they hold parts of objects. */
export function patchFiles(texts: readonly ManifestText[]): ReadonlySet<string> {
  const patches = new Set<string>();
  for (const { file, text } of texts) {
    if (text === undefined || !/(^|\/)kustomization\.ya?ml$/.test(file)) continue;
    const value = parseYamlTree(text).tree?.value;
    if (!isMap(value)) continue;
    const written = [...mapsAt(value, 'patches').map(([, patch]) => textAt(patch, 'path')), ...mapsAt(value, 'patchesJson6902').map(([, patch]) => textAt(patch, 'path')), ...listAt(value, 'patchesStrategicMerge')];
    for (const path of written) if (typeof path === 'string' && !path.includes('\n')) patches.add(posix.join(posix.dirname(file), path));
  }
  return patches;
}
