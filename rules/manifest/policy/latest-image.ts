import { FIXED, LATEST, MOVING, OPEN, TAG } from '../image-tag.ts';
import { containersWhere } from './cel.ts';
import { ALL_KINDS, type ManifestPolicy } from './policy.ts';

const is = (pattern: string): string => `c.image.matches('${pattern}')`;
/** No digest, and a tag that moves, or none where none will be filled in. */
const MOVES = `has(c.image) && !c.image.contains('@sha256:') && (${is(MOVING)} || (${is(LATEST)} && !${is(FIXED)}) || (!${is(TAG)} && !${is(OPEN)}))`;

export const latestImagePolicy: ManifestPolicy = {
  rule: 'LatestImage',
  page: 'rules/manifest/latest-image.md',
  kinds: ALL_KINDS,
  faults: containersWhere(MOVES, ['initContainers', 'containers']),
  message: 'an image without a version tag or digest; two pods of one job may run different code, and a restart may run a third',
};
