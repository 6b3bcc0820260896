import type { Container, VllmEngine } from '../../agent/model.ts';
import { isHidden, textIn } from './setting-values.ts';
import { lifetimeAt } from './storage.ts';

/** Where Hugging Face keeps weights, the most telling first; huggingface_hub/constants.py. */
const CACHE_VARIABLES = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'TRANSFORMERS_CACHE', 'XDG_CACHE_HOME'];
const STANDARD_CACHE = /^(\/root|\/home\/[^/]+)$|\.cache(\/|$)|huggingface/;

/** Whether a start finds its weights already there: on a volume that outlives the pod, or in the image. What cannot be seen counts as there. */
export function hasCachedWeights(container: Container, { model, options }: VllmEngine): boolean {
  const name = model?.value;
  if (name === undefined || name.includes('$') || isHidden(options['download_dir'])) return true;
  if (name.startsWith('/') || name.startsWith('.')) return lifetimeAt(container, name) !== 'pod';
  if (/^[a-z0-9]+:\/\//.test(name)) return false;
  const directory = textIn(options['download_dir']);
  if (directory !== undefined) return isThere(container, directory);
  const variable = CACHE_VARIABLES.flatMap((key) => container.environment.findLast((candidate) => candidate.name === key) ?? [])[0];
  if (variable) return variable.value === undefined || isThere(container, variable.value);
  return container.mounts.some(({ mountPath }) => STANDARD_CACHE.test(mountPath) && isThere(container, mountPath));
}

function isThere(container: Container, path: string): boolean {
  return !['pod', 'image'].includes(lifetimeAt(container, path));
}
