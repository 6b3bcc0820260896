import type { Container, Judgement, ManifestWorkload, VllmEngine } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { hostsOf } from './engine-words.ts';
import { faultAt } from './place.ts';
import { isHidden, numberIn } from './setting-values.ts';

/** The release whose Ray executor is built on the one of mp (RayExecutorV2). */
const CURED = 20;

/** An engine that somebody builds inside of a Ray Serve replica; ray.serve.llm brings its own placement and is left alone. */
export const executorBackend = defineRule({
  name: 'ExecutorBackend',
  title: "A hand-written vLLM deployment leaves the executor to vLLM's choice",
  severity: 'info',
  page: 'rules/manifest/executor-backend.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      for (const engine of workload.engines) {
        if (engine.kind === 'handwritten' && runsInServe(workload, engine)) yield* judge(workload, engine);
      }
    }
  },
});

function* judge(workload: ManifestWorkload, engine: VllmEngine): Iterable<Judgement> {
  const { tensor_parallel_size: tensor, distributed_executor_backend: backend } = engine.options;
  const size = numberIn(tensor) ?? 1;
  const version = hostsOf(workload, engine).map(({ container }) => vllmVersion(container)).find((found) => found !== undefined);
  if (size <= 1 || backend?.value === 'mp' || isHidden(backend) || version === undefined || version.major > 0 || version.minor >= CURED) return;
  const gpus = engine.container?.gpus;
  const fits = gpus === undefined || gpus >= size;
  yield faultAt(backend ?? tensor ?? engine, {
    message: `container ${engine.container?.name ?? ''} builds vLLM ${version.major}.${version.minor} with tensor_parallel_size ${size} inside of Ray Serve ${backend ? `on the backend ${JSON.stringify(backend.value)}` : 'and names no executor'}: vLLM then asks Ray for GPUs that the replica already holds, and may wait for ever`,
    found: backend ? `distributed_executor_backend ${JSON.stringify(backend.value)}` : 'no distributed_executor_backend',
    expected: fits ? '"mp", or vLLM 0.20 and later, or ray.serve.llm' : 'ray.serve.llm, or vLLM 0.20 and later: "mp" needs all GPUs in one pod',
    ...(fits && { snippet: 'distributed_executor_backend="mp",' }),
    evidence: { tensorParallel: size, vllm: `${version.major}.${version.minor}` },
  });
}

/** Inside of a Ray cluster, or in Python that makes a deployment of Serve. */
function runsInServe({ ray }: ManifestWorkload, { container }: VllmEngine): boolean {
  return ray !== undefined || (container?.commands.some(({ heredoc, words }) => [heredoc ?? '', ...words.map(({ text }) => text)].some((text) => /\bserve\.(deployment|run)\b/.test(text))) ?? false);
}

/** Of the image's tag, or of what is installed on top: `vllm/vllm-openai:v0.11.0`, `pip install vllm==0.11.0`. */
function vllmVersion({ image, commands }: Container): { readonly major: number; readonly minor: number } | undefined {
  const installed = commands.flatMap(({ words }) => words.map(({ text }) => /^vllm(?:\[[^\]]*\])?==v?(\d+)\.(\d+)/.exec(text))).findLast((match) => match !== null);
  const [, major, minor] = installed ?? /(?:^|\/)vllm[\w/.-]*:v?(\d+)\.(\d+)/.exec(image ?? '') ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}
