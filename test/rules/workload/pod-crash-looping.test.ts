import { describe, expect, it } from 'vitest';

import { podCrashLooping } from '../../../rules/workload/pod-crash-looping.ts';
import { judge } from '../fixtures.ts';
import { container, pod, pods, state } from './pods.ts';

const crashing = (exitCode: number, message?: string) =>
  container({
    ready: false,
    restarts: 7,
    state: state('waiting', { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' }),
    lastState: state('terminated', { reason: 'Error', exitCode, message, startedAt: '2026-11-23T19:50:00Z', finishedAt: '2026-11-23T19:50:12Z' }),
  });

describe('PodCrashLooping is silent', () => {
  it('about pods that run, that wait for an image, and that use no device', () => {
    const pulling = container({ state: state('waiting', { reason: 'ImagePullBackOff' }) });
    expect(judge(podCrashLooping, pods([pod(), pod({ containers: [pulling] }), pod({ requests: {}, containers: [crashing(1)] })]))).toEqual([]);
  });
});

describe('PodCrashLooping reports', () => {
  it('the last exit code, how long it ran, and its last words', () => {
    expect(judge(podCrashLooping, pods([pod({ containers: [crashing(1, 'ValueError: no GPU\n')] })]))).toMatchObject([
      {
        subject: 'ml/grpo-worker-0',
        message:
          'container trainer (RayCluster grpo) has restarted 7 times; the last run ended after 12 s with exit code 1 (Error); ' +
          'it left this message: ValueError: no GPU',
        evidence: { container: 'trainer', restarts: 7, exitCode: 1, reason: 'Error', lastEnded: '2026-11-23T19:50:12Z' },
        causes: [
          {
            cause: 'application-error',
            likelihood: 'likely',
            check: [
              'kubectl logs --previous --tail=80 -n ml grpo-worker-0 -c trainer',
              'kubectl describe pod -n ml grpo-worker-0',
              'kubectl get events -n ml --field-selector involvedObject.uid=11111111-2222-3333-4444-555555555555 --sort-by=.lastTimestamp',
            ],
          },
        ],
      },
    ]);
  });
  it.each([
    [137, 'SIGKILL, Error', 'killed'],
    [143, 'SIGTERM, Error', 'terminated'],
    [139, 'SIGSEGV, Error', 'native-crash'],
    [135, 'SIGBUS, Error', 'shared-memory-full'],
    [127, 'Error', 'no-such-command'],
    [0, 'Error', 'not-meant-to-end'],
  ])('exit code %i', (code, words, cause) => {
    expect(judge(podCrashLooping, pods([pod({ workload: undefined, containers: [crashing(code)] })]))).toMatchObject([
      { message: expect.stringContaining(`with exit code ${code} (${words})`), causes: [{ cause, likelihood: 'likely' }, { cause: 'application-error', likelihood: 'possible' }] },
    ]);
  });
  it('an init container of a pod with a claim, and one whose last run is forgotten', () => {
    const init = { ...crashing(1), isInit: true, name: 'setup', lastState: undefined, restarts: 1 };
    expect(judge(podCrashLooping, pods([pod({ requests: {}, claims: ['gpu'], containers: [init] })]))).toMatchObject([
      { message: 'init container setup (RayCluster grpo) has restarted 1 time and waits for the next try (CrashLoopBackOff)' },
    ]);
  });
});

describe('PodCrashLooping with the end of the log', () => {
  const logged = (logTail: readonly string[], exitCode = 1) => judge(podCrashLooping, pods([pod({ containers: [{ ...crashing(exitCode), logTail }] })]));

  it('says what the program died of, not what its wrapper says last', () => {
    const log = [
      '(EngineCore_DP0 pid=212) INFO 10-06 12:00:31 [gpu_worker.py:298] Available KV cache memory: 1.50 GiB',
      '(EngineCore_DP0 pid=212) Traceback (most recent call last):',
      '(EngineCore_DP0 pid=212)   File "/app/vllm/v1/core/kv_cache_utils.py", line 644, in check',
      "(EngineCore_DP0 pid=212) ValueError: To serve at least one request with the models's max seq len (131072), (16.00 GiB KV cache is needed, which is larger than the available KV cache memory (1.50 GiB). Based on the available memory, the estimated maximum model length is 12288. Try increasing",
      '(APIServer pid=1) Traceback (most recent call last):',
      '(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
    ];
    expect(logged(log)).toMatchObject([
      {
        message: expect.stringContaining("with exit code 1 (Error); its log says: ValueError: To serve at least one request with the models's max seq len (131072)"),
        evidence: { log: log.map((line) => expect.stringContaining(line.slice(0, 300))) },
        causes: [
          {
            cause: 'max-model-len-too-long',
            likelihood: 'likely',
            why: 'one request of max_model_len does not fit into the KV cache; vLLM estimates that 12288 tokens do',
            check: ['kubectl logs --previous --tail=80 -n ml grpo-worker-0 -c trainer'],
            fix: ['# --max-model-len 12288, or a higher --gpu-memory-utilization or --tensor-parallel-size', expect.stringContaining('railmedic budget')],
          },
          { cause: 'application-error', likelihood: 'possible' },
        ],
      },
    ]);
  });

  it('shows twelve lines, each of at most 300 characters', () => {
    const [finding] = logged([...Array.from({ length: 150 }, (_, index) => `line ${index}`), 'y'.repeat(800)]);
    expect(finding).toMatchObject({ message: expect.stringMatching(/; its log says: y{300}…$/), evidence: { log: ['line 139', ...Array.from({ length: 10 }, (_, index) => `line ${140 + index}`), `${'y'.repeat(300)}…`] } });
  });

  it('does not blame the log where something killed the container from outside', () => {
    expect(logged(['PermissionError: [Errno 13] Permission denied: \'/tmp/x\''], 137)).toMatchObject([
      { causes: [{ cause: 'killed', likelihood: 'likely' }, { cause: 'permission-denied', likelihood: 'possible' }, { cause: 'application-error', likelihood: 'possible' }] },
    ]);
    expect(logged(['NET/OFI aws-ofi-nccl initialization failed'], 134)).toMatchObject([
      { causes: [{ cause: 'efa-not-in-the-pod', likelihood: 'likely' }, { cause: 'native-crash', likelihood: 'possible' }, { cause: 'application-error' }] },
    ]);
  });

  it('reads a termination message that is the end of the log likewise', () => {
    const message = 'Traceback (most recent call last):\n  File "train.py", line 1\nModuleNotFoundError: No module named \'flash_attn\'\n';
    expect(judge(podCrashLooping, pods([pod({ containers: [crashing(1, message)] })]))).toMatchObject([
      { message: expect.stringMatching(/it left this message: ModuleNotFoundError: No module named 'flash_attn'$/), evidence: { log: { length: 3 } }, causes: [{ cause: 'module-missing' }, {}] },
    ]);
  });

  it('stands without the log, and says why there is none', () => {
    const [finding] = judge(podCrashLooping, pods([pod({ containers: [{ ...crashing(1), logMissing: 'it is empty' }] })]));
    expect(finding).toMatchObject({ message: expect.stringMatching(/with exit code 1 \(Error\); its log was not read: it is empty$/), evidence: { logNotRead: 'it is empty' } });
    expect(finding).not.toHaveProperty('evidence.log');
  });

  it('lets nothing of the log into what a person pastes', () => {
    const [finding] = logged(['CUDA out of memory. Tried to allocate 1.00 GiB $(reboot)', 'To serve at least one request with the model $(reboot) estimated maximum model length is 12$(reboot)']);
    expect(finding).toMatchObject({ causes: [{ cause: 'cuda-out-of-memory' }, { cause: 'max-model-len-too-long' }, {}] });
    expect(JSON.stringify((finding as { readonly causes?: unknown }).causes)).not.toContain('reboot');
  });
});
