import type { Container, Judgement, ManifestWorkload, Training, Variable } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { hostsOf } from './engine-words.ts';
import { spotOf, variable } from './environment.ts';
import { faultAt } from './place.ts';

/** A process group's timeout by whatever name a framework gives it: `actor_rollout_ref.nccl_timeout`, `ddp_timeout`, … */
const TIMEOUT = /(nccl|ddp|dist|distributed|process_group|pg|comm|collective)\w*[._]?\w*timeout/i;
/** DeepSpeed reads it, in minutes: deepspeed/constants.py. */
const VARIABLES = new Set(['DEEPSPEED_TIMEOUT']);

interface Knob {
  readonly words: string;
  readonly snippet: string | undefined;
}
/** What each framework reads instead. NeMo RL calls init_process_group without a timeout (nemo_rl/models/policy, automodel, megatron). */
const KNOBS: Readonly<Partial<Record<Training['framework'], Knob>>> = {
  'nemo-rl': { words: 'NeMo RL passes no timeout either', snippet: undefined },
  verl: { words: 'verl reads actor_rollout_ref.nccl_timeout', snippet: 'actor_rollout_ref.nccl_timeout=7200   # seconds, among the overrides of the entrypoint' },
  trl: { words: 'TRL reads --ddp_timeout', snippet: '- --ddp_timeout=7200   # seconds, among the arguments of the script' },
};

export const ncclTimeoutIneffective = defineRule({
  name: 'NcclTimeoutIneffective',
  title: 'NCCL_TIMEOUT is set, and nothing reads it',
  severity: 'warning',
  page: 'rules/manifest/nccl-timeout-ineffective.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      if (workload.purpose === 'serving') yield* serving(workload);
      if (workload.purpose === 'serving' || workload.isMultiNode === false || hasTimeout(workload)) continue;
      for (const container of workload.pods.flatMap(({ containers }) => containers)) {
        const set = variable(container, 'NCCL_TIMEOUT');
        if (set) yield judge(workload, container, set);
      }
    }
  },
});

/** vLLM's own variables are in vllm/envs.py; none of them is a timeout of collectives. */
function* serving(workload: ManifestWorkload): Iterable<Judgement> {
  const containers = new Set(workload.engines.filter(({ kind }) => kind !== 'handwritten').flatMap((engine) => hostsOf(workload, engine).map(({ container }) => container)));
  for (const container of containers) {
    const set = variable(container, 'NCCL_TIMEOUT');
    // A single GPU has nobody to wait for, and nobody looks for a reason there.
    if (!set || container.gpus === 0 || (container.gpus === 1 && workload.isMultiNode === false)) continue;
    const written = writtenAs(set);
    yield faultAt(spotOf(set), {
      message: `container ${container.name} sets ${written}, which neither NCCL nor PyTorch nor vLLM reads: it changes nothing`,
      found: written,
      expected: 'NCCL_TIMEOUT not set',
      evidence: { container: container.name, ...(set.value !== undefined && { value: set.value }) },
      severity: 'info',
    });
  }
}

function writtenAs({ name, value }: Variable): string {
  return value === undefined ? name : `${name}=${value}`;
}

function hasTimeout({ trainings, pods }: ManifestWorkload): boolean {
  if (trainings.some(({ options }) => Object.keys(options).some((name) => TIMEOUT.test(name)))) return true;
  return pods.some(({ containers }) =>
    containers.some(({ environment, commands }) => environment.some(({ name }) => VARIABLES.has(name)) || commands.some(({ words }) => words.some(({ text }) => /^(--|[\w.]+=)/.test(text) && TIMEOUT.test(text)))),
  );
}

function judge({ trainings }: ManifestWorkload, container: Container, set: Variable): Judgement {
  const known = [...trainings.map(({ framework }) => framework), imageFramework(container)].map((framework) => framework && KNOBS[framework]).find((knob) => knob !== undefined);
  const written = writtenAs(set);
  // Somebody's own script may read the variable and hand it to init_process_group.
  const rest = known ? known.words : 'unless the script reads it itself';
  return faultAt(spotOf(set), {
    message: `container ${container.name} sets ${written}, which neither NCCL nor PyTorch reads (${rest}): collectives still time out after PyTorch's 10 minutes`,
    found: written,
    expected: known?.snippet === undefined ? 'a timeout that the training hands to init_process_group, or none' : 'the setting that the framework reads',
    ...(known?.snippet !== undefined && { snippet: known.snippet }),
    evidence: { container: container.name, ...(set.value !== undefined && { value: set.value }), frameworks: trainings.map(({ framework }) => framework) },
    ...(!known && { severity: 'info' }),
  });
}

/** A script that cannot be read runs in an image that tells whose it is. */
function imageFramework({ image }: Container): Training['framework'] | undefined {
  const [, name] = /(?:^|[/_-])(nemo-rl|verl)(?=$|[:@_-])/.exec(image ?? '') ?? [];
  return name === 'nemo-rl' || name === 'verl' ? name : undefined;
}
