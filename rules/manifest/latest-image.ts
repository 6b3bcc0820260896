import { defineRule } from '../define.ts';
import { FIXED, LATEST, MOVING, OPEN, TAG } from './image-tag.ts';
import { faultAt, spotAt } from './place.ts';

const PATTERNS = { tag: new RegExp(TAG), moving: new RegExp(MOVING), latest: new RegExp(LATEST), fixed: new RegExp(FIXED), open: new RegExp(OPEN) };

export const latestImage = defineRule({
  name: 'LatestImage',
  title: 'An image without a fixed version',
  severity: 'warning',
  page: 'rules/manifest/latest-image.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const { pods } of manifests.workloads) {
      for (const pod of pods) {
        for (const container of [...pod.initContainers, ...pod.containers]) {
          const { image, object, path, name } = container;
          if (image === undefined || isFixed(image)) continue;
          const tag = tagOf(image);
          const why = tag === undefined ? 'no tag, which means :latest' : `the tag :${tag}, which moves`;
          yield faultAt(spotAt(object, [...path, 'image']), {
            message: `container ${name} runs ${image}: ${why}; two pods of one job may run different code, and a restart may run a third`,
            found: image,
            expected: 'a version tag or a digest',
            snippet: `image: ${repositoryOf(image)}:<version>\n# or image: ${repositoryOf(image)}@sha256:<digest>`,
            evidence: { image, container: name },
          });
        }
      }
    }
  },
});

/** A digest, a tag that names a version, or what is filled in later. */
function isFixed(image: string): boolean {
  const { tag, moving, latest, fixed, open } = PATTERNS;
  if (image.includes('@sha256:')) return true;
  if (!tag.test(image)) return open.test(image);
  return !moving.test(image) && !(latest.test(image) && !fixed.test(image));
}

function tagOf(image: string): string | undefined {
  return PATTERNS.tag.exec(image)?.[0].slice(1);
}

function repositoryOf(image: string): string {
  const tag = tagOf(image);
  return tag === undefined ? image : image.slice(0, -tag.length - 1);
}
