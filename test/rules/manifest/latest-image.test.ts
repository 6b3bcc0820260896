import { expect, test } from 'vitest';
import { latestImage as rule } from '../../../rules/manifest/latest-image.ts';
import { first, judgeText, pod, said } from './manifests.ts';

test('silent for a version, a digest and what a variable fills in', () => {
  for (const image of ['vllm/vllm-openai:v0.11.0', 'nvcr.io/nvidia/nemo-rl@sha256:0123', 'registry:5000/a/b:1', '${IMAGE}', '$(IMAGE)', '$REGISTRY/nccl', '<account>.dkr.ecr.<region>.amazonaws.com/nccl-tests:<TAG>']) {
    expect(said(rule, pod(`image: "${image}"`)), image).toEqual([]);
  }
});

test('reports :latest and a missing tag, with the line and what to write', () => {
  expect(first(judgeText(rule, pod('image: registry:5000/team/nemo-rl:latest')))).toMatchObject({
    subject: 'Pod/default/test spec.containers[0].image',
    message: 'container main runs registry:5000/team/nemo-rl:latest: the tag :latest, which moves; two pods of one job may run different code, and a restart may run a third',
    place: {
      file: 'job.yaml',
      line: 8,
      object: 'Pod/default/test',
      field: 'spec.containers[0].image',
      found: 'registry:5000/team/nemo-rl:latest',
      expected: 'a version tag or a digest',
      snippet: 'image: registry:5000/team/nemo-rl:<version>   # or registry:5000/team/nemo-rl@sha256:<digest>',
    },
  });
  expect(said(rule, pod('image: registry:5000/team/nemo-rl'))).toEqual([
    '8 spec.containers[0].image: container main runs registry:5000/team/nemo-rl: no tag, which means :latest; two pods of one job may run different code, and a restart may run a third',
  ]);
});

test('looks at init containers too', () => {
  expect(said(rule, pod('image: a:1', 'initContainers: [{ name: fetch, image: b }]'))).toHaveLength(1);
});
