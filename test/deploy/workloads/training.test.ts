import { describe, expect, test } from 'vitest';
import { budgetOf } from './budgets.ts';
import { at, textAt, gpuTemplates, maybe, only, overlaysOf, scriptOf, TRAINING } from './overlays.ts';
import type { Plain, PlainMap } from './kustomize.ts';

/** Outdated or harmful by AWS's EFA cheatsheet (awslabs/awsome-distributed-ai, July 2026), or read by nothing (NCCL_TIMEOUT). */
const OUTDATED = ['RDMAV_FORK_SAFE', 'FI_EFA_FORK_SAFE', 'FI_EFA_USE_DEVICE_RDMA', 'FI_PROVIDER', 'NCCL_PROTO', 'NCCL_TIMEOUT', 'NCCL_NET_GDR_LEVEL'];
/** NodePorts and, above them, the ephemeral ports of Linux. */
const FIRST_NODE_PORT = 30_000;
/** NeMo RL v0.7.0, examples/configs/grpo_math_1B.yaml: its vLLM servers and the rendezvous of its trainers. */
const NEMO_RL: readonly (readonly [number, number])[] = [[11_001, 15_000], [25_000, 28_000]];
const DAY = 86_400;

function settingsOf(script: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...script.matchAll(/^ *([a-z][\w.]*)=(\S+)/gm)].map(([, name = '', value = '']) => [name, value]));
}

function environmentOf(template: PlainMap): Readonly<Record<string, string | undefined>> {
  const environment = at(template, 'spec.containers.0.env') as unknown as readonly { name: string; value?: string }[];
  return Object.fromEntries(environment.map(({ name, value }) => [name, value]));
}

describe.each(overlaysOf(TRAINING))('$name', (overlay) => {
  const templates = gpuTemplates(overlay);
  const settings = settingsOf(scriptOf(overlay.objects));

  test('two pods of eight GPUs, and the training is told so', () => {
    const pods = overlay.objects.some(({ kind }) => kind === 'RayJob') ? templates.length : Number(at(only(overlay.objects, 'Job'), 'spec.completions'));
    expect([pods, settings['cluster.num_nodes'], settings['cluster.gpus_per_node']]).toEqual([2, '2', '8']);
  });

  test('each pod: not to be disrupted, on its own node, in one zone, with the cluster DNS', () => {
    for (const template of templates) {
      expect(at(template, 'metadata.annotations')).toEqual({ 'karpenter.sh/do-not-disrupt': 'true' });
      expect([at(template, 'spec.hostNetwork'), at(template, 'spec.dnsPolicy')]).toEqual([true, 'ClusterFirstWithHostNet']);
      const apart = at(template, 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution') as readonly PlainMap[];
      expect(apart.map(({ topologyKey }) => topologyKey)).toContain('kubernetes.io/hostname');
      expect(apart.map(({ labelSelector }) => labelSelector)).toContainEqual({ matchExpressions: [{ key: 'ray.io/node-type', operator: 'In', values: ['head', 'worker'] }] });
      expect(at(template, 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.0.topologyKey')).toBe('topology.kubernetes.io/zone');
    }
  });

  test('the pods find themselves by their own labels', () => {
    for (const template of templates) {
      const selector = at(template, 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.0.labelSelector.matchLabels');
      expect(at(template, 'metadata.labels')).toMatchObject(selector as object);
    }
  });

  test('environment: nothing outdated, no interface by name, timeouts that are read', () => {
    for (const template of templates) {
      const environment = environmentOf(template);
      expect(Object.keys(environment).filter((name) => OUTDATED.includes(name))).toEqual([]);
      expect(environment['NCCL_SOCKET_IFNAME']).toBe('^lo,docker,veth,eni,pod-id-link');
      expect(environment['TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC']).toBe('7200');
      expect(at(template, 'spec.containers.0.securityContext')).toEqual({ capabilities: { add: ['IPC_LOCK'] } });
    }
  });

  test('weights, data sets, checkpoints and logs are on the shared volume', () => {
    for (const template of templates) {
      const mounts = at(template, 'spec.containers.0.volumeMounts') as readonly PlainMap[];
      expect(mounts).toContainEqual({ name: 'shared', mountPath: '/shared' });
      expect(at(template, 'spec.volumes')).toContainEqual({ name: 'shared', persistentVolumeClaim: { claimName: 'fsx-pvc' } });
      const { HF_HOME, HF_DATASETS_CACHE, TORCH_FR_DUMP_TEMP_FILE } = environmentOf(template);
      for (const path of [HF_HOME, HF_DATASETS_CACHE, TORCH_FR_DUMP_TEMP_FILE, settings['checkpointing.checkpoint_dir'], settings['logger.log_dir']]) expect(path).toMatch(/^\/shared\//);
    }
  });

  test('LoRA, colocated, and vLLM takes 0.6 of a GPU: fits', () => {
    expect(settings).toMatchObject({ 'policy.dtensor_cfg.lora_cfg.enabled': 'true', 'policy.generation.colocated.enabled': 'true' });
    const plan = budgetOf({
      mode: 'grpo',
      model: settings['policy.model_name'] ?? '',
      instanceType: overlay.instanceType,
      tensorParallel: Number(settings['policy.generation.vllm_cfg.tensor_parallel_size']),
      serving: { memoryUtilization: Number(settings['policy.generation.vllm_cfg.gpu_memory_utilization']), maxModelLength: Number(settings['policy.max_total_sequence_length']) },
      training: {
        loraRank: Number(settings['policy.dtensor_cfg.lora_cfg.dim']),
        sequenceLength: Number(settings['policy.max_total_sequence_length']),
        microBatch: Number(settings['policy.train_micro_batch_size']),
        activationCheckpointing: settings['policy.dtensor_cfg.activation_checkpointing'] === 'true',
        shards: 16,
      },
    });
    expect([plan.plan.serving.memoryUtilization, plan.fits]).toEqual([0.6, true]);
  });

  test('batches add up, and validation comes with each checkpoint that is compared by it', () => {
    expect(Number(settings['grpo.num_prompts_per_step']) * Number(settings['grpo.num_generations_per_prompt'])).toBe(Number(settings['policy.train_global_batch_size']));
    // grpo.val_period and checkpointing.metric_name of NeMo RL's own configuration.
    expect(Number(settings['checkpointing.save_period']) % 10).toBe(0);
  });

  test('it saves and stops by itself hours before it is stopped', () => {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = (settings['checkpointing.checkpoint_must_save_by'] ?? '').split(':').map(Number);
    const job = overlay.objects.find(({ kind }) => kind === 'RayJob' || kind === 'Job');
    const deadline = Number(at(job, 'spec.activeDeadlineSeconds'));
    const start = Number(maybe(job, 'spec.preRunningDeadlineSeconds') ?? 0);
    expect(deadline).toBe(2 * DAY);
    expect(days * DAY + hours * 3600 + minutes * 60 + seconds + start + 3600).toBeLessThanOrEqual(deadline);
  });
});

describe.each(overlaysOf(['grpo-rayjob']))('$name', ({ objects }) => {
  const job = only(objects, 'RayJob');
  const groups = [at(job, 'spec.rayClusterSpec.headGroupSpec'), at(job, 'spec.rayClusterSpec.workerGroupSpecs.0')];

  test('every port that Ray opens on the node is its own, below NodePorts and outside of the ranges of NeMo RL', () => {
    for (const group of groups) {
      const params = Object.entries(at(group, 'rayStartParams') as Record<string, string>).filter(([name]) => name.endsWith('port') && !name.endsWith('worker-port'));
      const ports = params.map(([, value]) => Number(value));
      expect(new Set(ports).size).toBe(ports.length);
      const workers: readonly [number, number] = [Number(at(group, 'rayStartParams.min-worker-port')), Number(at(group, 'rayStartParams.max-worker-port'))];
      expect(workers[1] - workers[0]).toBeGreaterThan(2000);
      for (const port of ports) expect(port >= workers[0] && port <= workers[1]).toBe(false);
      for (const range of [workers, ...ports.map((port): readonly [number, number] => [port, port])]) {
        expect(range[1]).toBeLessThan(FIRST_NODE_PORT);
        for (const [lowest, highest] of NEMO_RL) expect(range[1] < lowest || range[0] > highest).toBe(true);
      }
    }
  });

  test('the metrics port that is declared is the one that Ray opens', () => {
    for (const group of groups) {
      const declared = (at(group, 'template.spec.containers.0.ports') as readonly Plain[]).find((port) => at(port, 'name') === 'metrics');
      expect(textAt(declared, 'containerPort')).toBe(at(group, 'rayStartParams.metrics-export-port'));
    }
  });

  test('a failed attempt is tried again, and the GPUs are given back at the end', () => {
    expect(at(job, 'spec')).toMatchObject({ backoffLimit: 3, shutdownAfterJobFinishes: true, ttlSecondsAfterFinished: 60 });
    expect(at(job, 'spec.rayClusterSpec.workerGroupSpecs.0')).toMatchObject({ replicas: 1, minReplicas: 1, maxReplicas: 1 });
  });
});

describe.each(overlaysOf(['grpo-indexed-job']))('$name', ({ objects }) => {
  const job = only(objects, 'Job');
  const service = only(objects, 'Service');

  test('the pods have names in DNS before they are ready', () => {
    expect(at(service, 'spec')).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(at(job, 'spec.template.spec.subdomain')).toBe(service.metadata.name);
    expect(at(job, 'spec.template.metadata.labels')).toEqual(at(service, 'spec.selector'));
    expect(scriptOf(objects)).toContain(`head="\${JOB_NAME}-0.${service.metadata.name}.\${NAMESPACE}.svc.cluster.local"`);
  });

  test('what it leaves on the volume to be found again is named after the uid of the Job', () => {
    const paths = [...scriptOf(objects).matchAll(/\/shared\/runs\/(\S+?)\//g)].map(([, name]) => name);
    expect(paths).toEqual(['${JOB_UID}']);
    const uid = (at(job, 'spec.template.spec.containers.0.env') as readonly Plain[]).find((variable) => at(variable, 'name') === 'JOB_UID');
    expect(at(uid, 'valueFrom.fieldRef.fieldPath')).toBe("metadata.labels['batch.kubernetes.io/controller-uid']");
  });

  test('the head decides; nodes that go cost no attempt, an image without the plugin ends it at once', () => {
    expect(at(job, 'spec')).toMatchObject({
      completionMode: 'Indexed',
      successPolicy: { rules: [{ succeededIndexes: '0' }] },
      backoffLimit: 5,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: { rules: [{ action: 'Ignore' }, { action: 'FailJob', onExitCodes: { containerName: 'efa-plugin', operator: 'In', values: [78] } }] },
    });
    expect(at(job, 'spec.template.spec.restartPolicy')).toBe('Never');
  });
});
