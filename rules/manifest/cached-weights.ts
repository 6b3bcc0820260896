import type { Container, VllmEngine } from '../../agent/model.ts';
import { variable } from './environment.ts';
import { isHidden, textIn } from './setting-values.ts';
import { lifetimeAt } from './storage.ts';

/**
 * Variables that say where the hub's library looks, first to last, and what it adds to them; huggingface_hub/constants.py.
 * TRANSFORMERS_CACHE is what trainers still read.
 */
export const CACHE_VARIABLES: readonly (readonly [name: string, suffix: string])[] = [
  ['HF_HUB_CACHE', ''],
  ['HUGGINGFACE_HUB_CACHE', ''],
  ['HF_HOME', '/hub'],
  ['TRANSFORMERS_CACHE', ''],
  ['XDG_CACHE_HOME', '/huggingface/hub'],
];
/** Mounts that may hold the default, ~/.cache/huggingface/hub, whoever the container's user is. */
export const STANDARD_CACHE = /^(\/root|\/home\/[^/]+)$|\.cache(\/|$)|huggingface/;

/** Whether a start finds its weights already there: on a volume that outlives the pod, or in the image. What cannot be seen counts as there. */
export function hasCachedWeights(container: Container, { model, options }: VllmEngine): boolean {
  const name = model?.value;
  if (name === undefined || name.includes('$') || isHidden(options['download_dir'])) return true;
  if (name.startsWith('/') || name.startsWith('.')) return lifetimeAt(container, name) !== 'pod';
  if (/^[a-z0-9]+:\/\//.test(name)) return false;
  const directory = textIn(options['download_dir']);
  if (directory !== undefined) return isThere(container, directory);
  const [set] = CACHE_VARIABLES.flatMap(([key]) => variable(container, key) ?? []);
  if (set) return set.value === undefined || isThere(container, set.value);
  return container.mounts.some(({ mountPath }) => STANDARD_CACHE.test(mountPath) && isThere(container, mountPath));
}

function isThere(container: Container, path: string): boolean {
  return !['pod', 'image'].includes(lifetimeAt(container, path));
}
