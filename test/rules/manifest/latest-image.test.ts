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
      snippet: 'image: registry:5000/team/nemo-rl:<version>\n# or image: registry:5000/team/nemo-rl@sha256:<digest>',
    },
  });
  expect(said(rule, pod('image: registry:5000/team/nemo-rl'))).toEqual([
    '8 spec.containers[0].image: container main runs registry:5000/team/nemo-rl: no tag, which means :latest; two pods of one job may run different code, and a restart may run a third',
  ]);
});

test.each(['nightly', 'nightly-aarch64', 'cu130-nightly', 'nightly-py311-gpu', 'latest-py310-cu128', 'latest-x86_64', 'latest-jetson-orin', 'rocm-latest', 'main', 'master', 'dev', 'dev-cu13', 'edge', 'stable', 'stable-slim'])(
  'reports :%s, which its registry moves',
  (tag) => {
    expect(said(rule, pod(`image: registry:5000/team/nemo-rl:${tag}`))).toEqual([
      `8 spec.containers[0].image: container main runs registry:5000/team/nemo-rl:${tag}: the tag :${tag}, which moves; two pods of one job may run different code, and a restart may run a third`,
    ]);
  },
);

test.each(['nightly-d223c90', 'cu130-nightly-fff3711a244dd9e2915323e31c20768d922e90b5', 'nightly-071526', 'nightly-2026-05-11', 'nightly.240411.abc123-py310', '806c18-py39-cu112', 'latest-2.9.0', 'v0.9.0.latest', '2.9.0-dev', 'v0.11.0', '25.09-py3', '12.4.0-devel-ubuntu22.04', 'main-loss-ablation', 'app-verl0.5-vllm0.10-mcore0.13'])('silent for :%s, which names one build or may', (tag) => {
  expect(said(rule, pod(`image: registry:5000/team/main:${tag}`))).toEqual([]);
});

test('a tag that is written moves whatever registry is filled in, and a placeholder has none', () => {
  expect(said(rule, pod('image: "${REGISTRY}ray-efa-nccl:latest"'))[0]).toContain('the tag :latest, which moves');
  expect(said(rule, pod('image: PLACEHOLDER_IMAGE'))).toEqual([]);
  expect(said(rule, pod('image: "{{ image }}"'))).toEqual([]);
});

test('looks at init containers too', () => {
  expect(said(rule, pod('image: a:1', 'initContainers: [{ name: fetch, image: b }]'))).toHaveLength(1);
});

test('of a value of a megabyte no more than its begin and its end', () => {
  const { message, place, evidence } = first(judgeText(rule, pod(`image: ${'a'.repeat(1_000_000)}`)));
  expect(JSON.stringify({ message, place, evidence }).length).toBeLessThan(1500);
  expect(place?.found).toBe(`${'a'.repeat(50)}…${'a'.repeat(20)}`);
});
