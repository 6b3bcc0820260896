import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { budgetOf } from './budgets.ts';
import { at, textAt, gpusOf, maybe, only, overlaysOf, podTemplates } from './overlays.ts';
import type { Plain, PlainMap } from './kustomize.ts';

describe.each(overlaysOf(['vllm-rayservice']))('$name', ({ objects, instanceType }) => {
  const service = only(objects, 'RayService');
  const application = at(parse(textAt(service, 'spec.serveConfigV2')) as PlainMap, 'applications.0');
  const llm = at(application, 'args.llm_configs.0');
  const group = at(service, 'spec.rayClusterConfig.workerGroupSpecs.0');

  test('scales as the production guide says', () => {
    expect(at(application, 'import_path')).toBe('ray.serve.llm:build_openai_app');
    expect(at(llm, 'deployment_config')).toEqual({
      autoscaling_config: { min_replicas: 1, max_replicas: 4, target_ongoing_requests: 8, upscale_delay_s: 30, downscale_delay_s: 300, metrics_interval_s: 10 },
      max_ongoing_requests: 16,
      graceful_shutdown_timeout_s: 180,
    });
    expect(at(service, 'spec.rayClusterConfig.enableInTreeAutoscaling')).toBe(true);
  });

  test("the group's most holds exactly Serve's most, and its least Serve's least", () => {
    const tensorParallel = Number(at(llm, 'engine_kwargs.tensor_parallel_size'));
    const gpus = gpusOf(at(group, 'template') as PlainMap);
    expect(Number(at(group, 'maxReplicas')) * gpus).toBe(4 * tensorParallel);
    expect(Number(at(group, 'minReplicas')) * gpus).toBe(1 * tensorParallel);
    expect(at(llm, 'placement_group_config.bundles')).toHaveLength(tensorParallel);
    expect(gpus % tensorParallel).toBe(0);
  });

  test('no Ray container has a probe of its own, for KubeRay puts in the right ones', () => {
    for (const template of podTemplates(service)) {
      for (const container of at(template, 'spec.containers') as readonly Plain[]) {
        for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) expect(maybe(container, probe)).toBeUndefined();
      }
    }
  });

  test('the head and the workers run one image, of the version that is named', () => {
    const images = podTemplates(service).map((template) => at(template, 'spec.containers.0.image'));
    expect(new Set(images)).toEqual(new Set([`rayproject/ray-llm:${textAt(service, 'spec.rayClusterConfig.rayVersion')}-py312-cu130`]));
  });

  test('a pod has more time to stop than a replica', () => {
    expect(Number(at(group, 'template.spec.terminationGracePeriodSeconds'))).toBeGreaterThan(180);
  });

  test('sixteen requests of the full length fit', () => {
    const engine = at(llm, 'engine_kwargs');
    const plan = budgetOf({
      mode: 'serve',
      model: textAt(llm, 'model_loading_config.model_source'),
      instanceType,
      tensorParallel: Number(at(engine, 'tensor_parallel_size')),
      serving: { memoryUtilization: Number(at(engine, 'gpu_memory_utilization')), maxModelLength: Number(at(engine, 'max_model_len')), concurrency: 16 },
    });
    expect(plan.fits).toBe(true);
  });
});

describe.each(overlaysOf(['vllm-deployment']))('$name', ({ objects, instanceType }) => {
  const deployment = only(objects, 'Deployment');
  const vllm = at(deployment, 'spec.template.spec.containers.0');
  const args = at(vllm, 'args') as readonly string[];
  const argument = (name: string): string => args.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';

  test('start-up has 900 s and more, and the rollout waits for it', () => {
    const probe = at(vllm, 'startupProbe') as unknown as Record<'initialDelaySeconds' | 'periodSeconds' | 'failureThreshold', number>;
    const seconds = probe.initialDelaySeconds + probe.periodSeconds * probe.failureThreshold;
    expect(seconds).toBe(1230);
    expect(Number(at(deployment, 'spec.progressDeadlineSeconds'))).toBeGreaterThan(seconds);
  });

  test('a dead engine leaves the Service before it is killed', () => {
    const seconds = (probe: string): number => Number(at(vllm, `${probe}.periodSeconds`)) * Number(at(vllm, `${probe}.failureThreshold`));
    expect(seconds('readinessProbe')).toBeLessThan(seconds('livenessProbe'));
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) expect(at(vllm, `${probe}.httpGet`)).toEqual({ path: '/health', port: 'http' });
  });

  test('selectors of Service, disruption budget and Deployment find its pods and not the Job that caches the weights', () => {
    const selectors = [at(deployment, 'spec.selector.matchLabels'), at(only(objects, 'Service'), 'spec.selector'), at(only(objects, 'PodDisruptionBudget'), 'spec.selector.matchLabels')];
    for (const selector of selectors) expect(selector).toEqual(at(deployment, 'spec.template.metadata.labels'));
    expect(at(only(objects, 'Job'), 'spec.template.metadata.labels')).not.toEqual(selectors[0]);
  });

  test('the pods wait for the mark that the Job leaves, of the model that they serve', () => {
    const model = String((at(vllm, 'command') as readonly string[]).at(-1));
    const mark = `/shared/hf/cached/${model.replace('/', '--')}`;
    expect(textAt(deployment, 'spec.template.spec.initContainers.0.args.0')).toContain(`[ -e ${mark} ]`);
    const download = textAt(only(objects, 'Job'), 'spec.template.spec.containers.0.args.0');
    expect(download).toContain(`snapshot_download("${model}")`);
    expect(download.trimEnd().endsWith(`touch ${mark}`)).toBe(true);
  });

  test('as many requests as it takes at a time fit', () => {
    const plan = budgetOf({
      mode: 'serve',
      model: String((at(vllm, 'command') as readonly string[]).at(-1)),
      instanceType,
      tensorParallel: Number(argument('tensor-parallel-size')),
      serving: { memoryUtilization: Number(argument('gpu-memory-utilization')), maxModelLength: Number(argument('max-model-len')), concurrency: Number(argument('max-num-seqs')) },
    });
    expect(plan.fits).toBe(true);
    expect(gpusOf(at(deployment, 'spec.template') as PlainMap)).toBe(Number(argument('tensor-parallel-size')));
  });
});
