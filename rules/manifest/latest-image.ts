import { defineRule } from '../define.ts';
import { faultAt, spotAt } from './place.ts';

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
            snippet: `image: ${repositoryOf(image)}:<version>   # or ${repositoryOf(image)}@sha256:<digest>`,
            evidence: { image, container: name },
          });
        }
      }
    }
  },
});

/** A digest, a tag that names a version, or a variable or `<TAG>` that something or somebody will fill in. */
function isFixed(image: string): boolean {
  if (image.includes('@sha256:') || /\$[({A-Z_]|<[^>]*>$/.test(image)) return true;
  const tag = tagOf(image);
  return tag !== undefined && tag !== 'latest';
}

/** A colon before the last slash belongs to the registry's port. */
function tagOf(image: string): string | undefined {
  return /:([\w][\w.-]*)$/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1];
}

function repositoryOf(image: string): string {
  const tag = tagOf(image);
  return tag === undefined ? image : image.slice(0, -tag.length - 1);
}
