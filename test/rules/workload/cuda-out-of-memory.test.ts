import { describe, expect, it } from 'vitest';
import type { Pod, PodContainer } from '../../../agent/model.ts';
import { cudaOutOfMemory } from '../../../rules/workload/cuda-out-of-memory.ts';
import { judge } from '../fixtures.ts';
import { container, pod, pods, state } from './pods.ts';

/** As PyTorch wrote it on an H200. */
const H200 =
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 139.80 GiB of which 19.29 GiB is free. ' +
  'Including non-PyTorch memory, this process has 120.51 GiB memory in use. Of the allocated memory 120.00 GiB is allocated by PyTorch, and 0 bytes is reserved ' +
  'by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  ' +
  'See documentation for Memory Management  (https://docs.pytorch.org/docs/stable/notes/cuda.html#optimizing-memory-usage-with-pytorch-cuda-alloc-conf)';
/** The wording of 2.1, of a pod in which PyTorch takes itself for another process. */
const MIDDLE =
  'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 448.00 MiB. GPU 1 has a total capacty of 79.10 GiB of which 364.31 MiB is free. ' +
  'Process 175080 has 1.46 GiB memory in use. Process 175356 has 77.26 GiB memory in use. Of the allocated memory 72.12 GiB is allocated by PyTorch, and 3.78 GiB ' +
  'is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting max_split_size_mb to avoid fragmentation.';
const OLDEST =
  'RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 15.78 GiB total capacity; 14.56 GiB already allocated; 4.75 MiB free; 14.63 GiB reserved in total by PyTorch)';
const OTHERS =
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.95 GiB. GPU 0 has a total capacity of 14.57 GiB of which 1.58 GiB is free. Process 2493055 has ' +
  '12.02 GiB memory in use. Including non-PyTorch memory, this process has 966.00 MiB memory in use. Of the allocated memory 734.07 MiB is allocated by PyTorch, and ' +
  '33.93 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation.';

const ended = state('terminated', { reason: 'Error', exitCode: 1, finishedAt: '2026-11-23T19:50:12Z' });
const waiting = state('waiting', { reason: 'CrashLoopBackOff' });
const down = (changes: Partial<PodContainer>): PodContainer => container({ ready: false, restarts: 7, state: waiting, lastState: ended, ...changes });
const told = (changes: Partial<PodContainer>, of: Partial<Pod> = {}, settings = {}) => judge(cudaOutOfMemory, pods([pod({ ...of, containers: [down(changes)] })]), undefined, 30, settings);
const logged = (...logTail: readonly string[]) => told({ logTail });

describe('CudaOutOfMemory is silent', () => {
  it('while no log is read, and of a log that says something else', () => {
    expect(told({})).toEqual([]);
    expect(logged('ValueError: no GPU', 'no CUDA out of memory so far')).toEqual([]);
  });
  it('of pods without GPUs, and of containers that run', () => {
    expect(told({ logTail: [H200] }, { requests: { 'vpc.amazonaws.com/efa': 4 } })).toEqual([]);
    expect(told({ logTail: [H200] }, { requests: {} })).toEqual([]);
    expect(told({ logTail: [H200], state: state('running') })).toEqual([]);
  });
  it('of a run that ended well, or at the memory limit of the host', () => {
    expect(told({ logTail: [H200], lastState: { ...ended, exitCode: 0 } })).toEqual([]);
    expect(told({ logTail: [H200], lastState: { ...ended, exitCode: 137, reason: 'OOMKilled' } })).toEqual([]);
  });
  it.each([
    `WARNING 10-06 12:00:31 [worker.py:12] ${H200}`,
    `UserWarning: batch skipped: ${H200}`,
    `2026-11-23 19:50:00 INFO retry with half the batch after ${H200}`,
    `see the FAQ: "${H200.replace('torch.OutOfMemoryError: ', '')}"`,
    'HIP out of memory. Tried to allocate 704.00 GiB. GPU 0 has a total capacity of 191.69 GiB',
    'RuntimeError: [enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can\'t allocate memory: you tried to allocate 800 bytes.',
    'WARNING 10-06 12:00:31 [core.py:1] No available memory for the cache blocks.',
  ])('%s', (line) => expect(logged(line)).toEqual([]));
  it('of a pod that has been over for long', () => {
    const over = { phase: 'Failed' } as const;
    const run = { state: { ...ended, message: H200 }, lastState: undefined };
    expect(told(run, over)).toHaveLength(1);
    expect(told({ ...run, state: { ...run.state, finishedAt: '2026-11-23T19:29:59Z' } }, over)).toEqual([]);
    expect(told(run, over, { endedSeconds: 60 })).toEqual([]);
  });
});

describe('CudaOutOfMemory cannot tell', () => {
  it('where the log was not read: what stood stays unknown', () => {
    expect(told({ logMissing: 'it is empty' })).toEqual([{ undecided: 'ml/grpo-worker-0', why: 'the log of container trainer was not read: it is empty', report: false }]);
  });
});

describe('CudaOutOfMemory reports', () => {
  it('a plan that is too large, with its numbers', () => {
    expect(logged('Traceback (most recent call last):', H200)).toEqual([
      {
        subject: 'ml/grpo-worker-0',
        message:
          'container trainer (RayCluster grpo) ran out of GPU memory: PyTorch asked for another 20.00 GiB, GPU 0 had 19.29 GiB free of 139.80 GiB; ' +
          "120.00 GiB was in use by this process's PyTorch, 0 bytes reserved by it and unused; the run ended with exit code 1 at 2026-11-23T19:50:12Z",
        evidence: {
          podUid: '11111111-2222-3333-4444-555555555555',
          container: 'trainer',
          restarts: 7,
          exitCode: 1,
          ended: '2026-11-23T19:50:12Z',
          line: `${H200.slice(0, 300)}…`,
          fault: 'full',
          triedBytes: 20 * 2 ** 30,
          gpus: ['0'],
          totalBytes: 139.8 * 2 ** 30,
          freeBytes: 19.29 * 2 ** 30,
          allocatedBytes: 120 * 2 ** 30,
          unallocatedBytes: 0,
          othersBytes: 0,
        },
        causes: [
          {
            cause: 'plan-larger-than-gpu',
            likelihood: 'likely',
            why: 'weights, optimizer state, KV cache, activations and logits are more than the GPU holds (120.00 GiB of 139.80 GiB in use by its PyTorch)',
            check: ['kubectl logs --previous --tail=200 -n ml grpo-worker-0 -c trainer'],
            fix: [expect.stringMatching(/^railmedic budget train --model MODEL --gpu 139\.80GiB {3}#/), expect.stringContaining('micro-batch'), expect.stringContaining('--max-model-len')],
          },
        ],
      },
    ]);
  });

  it.each([
    ['the wording of 2.1', MIDDLE, ['fragmentation likely', 'plan-larger-than-gpu possible'], 'PyTorch asked for another 448.00 MiB, GPU 1 had 364.31 MiB free of 79.10 GiB; 72.12 GiB was in use'],
    ['the oldest', OLDEST, ['plan-larger-than-gpu likely', 'fragmentation possible'], 'PyTorch asked for another 20.00 MiB, GPU 0 had 4.75 MiB free of 15.78 GiB; 14.56 GiB was in use'],
    ['memory of another process', OTHERS, ['gpu-memory-held-by-others likely', 'plan-larger-than-gpu possible'], '12.02 GiB was held by others'],
    ['the oldest, of a GPU that others fill', OLDEST.replace('14.56 GiB', '1.20 GiB').replace('14.63 GiB', '1.22 GiB'), ['gpu-memory-held-by-others likely', 'fragmentation possible', 'plan-larger-than-gpu possible'], '14.56 GiB was held by others'],
    ['a cap of its own', H200.replace('Of the allocated', '60.00 GiB allowed; Of the allocated').replace('20.00 GiB', '19.00 GiB'), ['memory-fraction likely', 'plan-larger-than-gpu possible'], 'the program allows itself 60.00 GiB'],
    ['a line without numbers', 'CUDA out of memory. Tried to allocate 2.00 GiB', ['plan-larger-than-gpu likely'], 'PyTorch asked for another 2.00 GiB on the GPU; the run'],
  ])('%s', (_, line, causes, words) => {
    const [finding] = logged(line);
    expect(finding).toMatchObject({ message: expect.stringContaining(words) });
    expect((finding as { readonly causes: readonly { cause: string; likelihood: string }[] }).causes.map(({ cause, likelihood }) => `${cause} ${likelihood}`)).toEqual(causes);
  });

  it('what undoes fragmentation, by the name that this PyTorch reads', () => {
    expect(logged(MIDDLE)).toMatchObject([{ causes: [{ fix: ['# env of the container, in its template: PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True (a PyTorch that does not know it: max_split_size_mb:128)', expect.stringContaining('sleep mode')] }, {}] }]);
    const newest = OTHERS.replace('33.93 MiB', '13.00 GiB');
    expect(logged(newest)).toMatchObject([{ causes: [{ cause: 'fragmentation', fix: [expect.stringContaining(' PYTORCH_ALLOC_CONF=expandable'), expect.anything()] }, {}, {}] }]);
  });

  it('many ranks as one finding, by the first text', () => {
    const rank = (gpu: number): string => `[default${gpu}]:[rank${gpu}]: ${H200.replace('GPU 0', `GPU ${gpu}`)}`;
    expect(logged(rank(2), rank(0), rank(1), rank(2))).toMatchObject([{ message: expect.stringMatching(/GPU 2 had .*; the same on GPUs 0, 1; the run/), evidence: { gpus: ['0', '1', '2'] } }]);
  });

  it.each([
    ['serve', '(EngineCore_DP0 pid=212) INFO 10-06 12:00:31 [gpu_worker.py:298] Starting to load model'],
    ['grpo', '  File "/opt/verl/workers/fsdp_workers.py", line 1, in update_actor: vllm.wake_up()'],
    ['train', '  File "train.py", line 12, in <module>\n    loss.backward()'],
  ])('the budget to ask for: %s', (mode, line) => {
    expect(logged(line, H200)).toMatchObject([{ causes: [{ fix: [expect.stringContaining(`railmedic budget ${mode} --model MODEL --gpu 139.80GiB`), {}, {}] }] }]);
  });

  it('all containers of a pod as one, a claim or a slice of a GPU, and the end of the log in the termination message', () => {
    const first = down({ name: 'server', logTail: [`ERROR Quantization failed: ${H200.replace('torch.OutOfMemoryError: ', '')}`] });
    const second = container({ name: 'setup', isInit: true, state: { ...ended, message: `Traceback\n${OLDEST}\n` } });
    const slices = pod({ requests: { 'nvidia.com/mig-1g.18gb': 1 }, containers: [first, second] });
    expect(judge(cudaOutOfMemory, pods([slices]))).toMatchObject([
      { subject: 'ml/grpo-worker-0', message: expect.stringMatching(/^container server .*; also init container setup .* ran out of GPU memory/), evidence: { container: 'server' } },
    ]);
    expect(told({ logTail: [H200] }, { requests: {}, claims: ['gpu'] })).toHaveLength(1);
  });

  it('that vLLM refused to start', () => {
    const line = '(EngineCore_DP0 pid=212) ValueError: Free memory on device cuda:0 (12.18/23.56 GiB) on startup is less than desired GPU memory utilization (0.92, 21.67 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.';
    expect(logged(line, 'RuntimeError: Engine core initialization failed. See root cause above.')).toMatchObject([
      {
        message:
          'container trainer (RayCluster grpo): vLLM refused to start for want of GPU memory: only 12.18 of 23.56 GiB were free when vLLM began, less than its gpu_memory_utilization of 0.92: ' +
          'another process holds the rest, often a VLLM::EngineCore that outlived its server; the run ended with exit code 1 at 2026-11-23T19:50:12Z',
        evidence: { line },
        causes: [{ cause: 'gpu-memory-taken-by-others', likelihood: 'likely', check: ['kubectl logs --previous --tail=200 -n ml grpo-worker-0 -c trainer', expect.stringContaining('nvidia-smi')] }],
      },
    ]);
  });

  it('lets nothing of the log into what a person pastes, and goes through a text made to cost time', () => {
    const [finding] = logged('CUDA out of memory. Tried to allocate 1.00 GiB $(reboot). GPU 0$(reboot) has a total capacity of 5 GiB$(reboot) PYTORCH_ALLOC_CONF$(reboot)');
    expect(JSON.stringify((finding as { readonly causes?: unknown }).causes)).not.toContain('reboot');
    expect(logged(`CUDA out of memory. Tried to allocate 1 B${'; 1 B'.repeat(160)}${'Process 1 has 1 B memory in use'.repeat(20)}`)).toHaveLength(1);
  });
});
