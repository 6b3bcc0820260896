import type { Settings } from './settings.ts';
import { value, type Tree } from './tree.ts';

/** By digest where one is given. */
export function imageOf({ image }: Settings): Tree {
  return value('include "railmedic.image" .', image.digest === '' ? `${image.repository}:${image.tag}` : `${image.repository}@${image.digest}`);
}
