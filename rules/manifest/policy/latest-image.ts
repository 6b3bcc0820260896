import { containersWhere } from './cel.ts';
import { ALL_KINDS, type ManifestPolicy } from './policy.ts';

/** Neither digest nor variable, and no tag at the end or `latest`; a colon before a slash belongs to the registry's port. */
const MOVES = "has(c.image) && !c.image.contains('@sha256:') && !c.image.matches('[$][({A-Z_]|<[^>]*>$') && (c.image.endsWith(':latest') || !c.image.matches(':[A-Za-z0-9_][A-Za-z0-9_.-]*$'))";

export const latestImagePolicy: ManifestPolicy = {
  rule: 'LatestImage',
  page: 'rules/manifest/latest-image.md',
  kinds: ALL_KINDS,
  faults: containersWhere(MOVES, ['initContainers', 'containers']),
  message: 'an image without a version tag or digest; two pods of one job may run different code, and a restart may run a third',
};
