import { describe, expect, test } from 'vitest';
import { RULES } from '../../../rules/index.ts';
import { causesInLog } from '../../../rules/workload/log-causes.ts';
import { CUDA_TEXTS } from '../../../rules/workload/log-texts-cuda.ts';
import { FABRIC_TEXTS } from '../../../rules/workload/log-texts-fabric.ts';
import { PROGRAM_TEXTS } from '../../../rules/workload/log-texts-program.ts';

const ALL = [...CUDA_TEXTS, ...FABRIC_TEXTS, ...PROGRAM_TEXTS];
const first = (line: string) => causesInLog([line], [])[0]?.cause;

describe('a text that a program prints', () => {
  test.each<readonly [string, string]>([
    ['ValueError: Free memory on device cuda:0 (12.18/23.56 GiB) on startup is less than desired GPU memory utilization (0.92, 21.67 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.', 'gpu-memory-taken-by-others'],
    ['ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.', 'no-memory-for-kv-cache'],
    ['AssertionError: Error in memory profiling. Initial free memory 70.1 GiB, current free memory 71.0 GiB.', 'gpu-memory-changed-at-start'],
    ['ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla T4 GPU has compute capability 7.5.', 'gpu-without-bfloat16'],
    ['* This error indicates that the security group on either this instance or the peer instance', 'security-group'],
    ['NET/OFI Request 0x7f (SEND) completed with error: err: 113, flags: 1, prov_errno: 15, strerror: No route to host, len: 0', 'peer-unreachable'],
    ['ibv_create_ah failed with EINVAL. Local GID: fe80::1, remote GID: fe80::2. Possible causes: 1) Remote GID is in a different availability zone', 'bad-address-handle'],
    ['NET/OFI No eligible providers were found', 'efa-not-in-the-pod'],
    ['NET/OFI EFA provider requires at least libfabric version 1.22.0.', 'libfabric-too-old'],
    ['NET/OFI Unable to register memory (type = 2) for device 0. RC: -22', 'gpudirect-registration'],
    ['A process has executed an operation involving a call to the fork() system call to create a child process.', 'fork-with-registered-memory'],
    ['NCCL WARN NET/Socket : no interface found', 'socket-interface'],
    ['Libfabric EFA provider has encountered an internal error:', 'efa-provider-error'],
    ['The peer of address fi_addr_efa://[fe80::1]:1:1 becomes unresponsive', 'peer-gone'],
    ['[rank3]: Watchdog caught collective operation timeout: WorkNCCL(SeqNum=118, OpType=ALLREDUCE, Timeout(ms)=600000) ran for 600012 milliseconds before timing out.', 'collective-timeout'],
    ['Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.1-8B/resolve/main/config.json.', 'model-access-refused'],
    ['requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/x/y/resolve/main/config.json', 'model-access-refused'],
    ["OSError: Qwen/Qwen9 is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'", 'model-not-found'],
    ["ModuleNotFoundError: No module named 'flash_attn'", 'module-missing'],
    ["PermissionError: [Errno 13] Permission denied: '/shared/checkpoints'", 'permission-denied'],
    ['/bin/sh: 1: /app/start.sh: Permission denied', 'permission-denied'],
  ])('%s', (line, cause) => expect(first(line)?.cause).toBe(cause));

  test.each(['Failed to find ncclCollNetPlugin_v6 symbol', 'NCCL INFO Using network Socket', 'INFO prov_errno: 150', 'no CUDA out of memory so far'])('%s says nothing', (line) => expect(first(line)).toBeUndefined());
});

describe('CUDA out of memory', () => {
  const why = (line: string): string | undefined => first(line)?.why;
  const current = (others: string, unallocated: string): string =>
    `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB of which 1.20 GiB is free. ${others}Of the allocated memory 70.00 GiB is allocated by PyTorch, and ${unallocated} is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.`;

  test('is a plan that is too large, in all three wordings', () => {
    const large = (tried: string): string => `a GPU had no memory left for another ${tried}: the plan is larger than the GPU`;
    expect(why(current('Including non-PyTorch memory, this process has 77.90 GiB memory in use. ', '512.00 MiB'))).toBe(large('2.00 GiB'));
    expect(why(current('Process 4171 has 77.90 GiB memory in use. ', '512.00 MiB'))).toBe(large('2.00 GiB'));
    expect(why('CUDA out of memory. Tried to allocate 1.00 GiB. GPU 0 has a total capacty of 15.78 GiB of which 0 bytes is free. See max_split_size_mb')).toBe(large('1.00 GiB'));
    expect(why('RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 15.78 GiB total capacity; 14.56 GiB already allocated; 4.75 MiB free; 14.63 GiB reserved in total by PyTorch)')).toBe(large('20.00 MiB'));
  });
  test('is another process', () => {
    const taken = 'a GPU had no memory left for another 2.00 GiB: other processes on it hold memory as well';
    expect(why(current('Process 1 has 40.00 GiB memory in use. Process 2 has 37.00 GiB memory in use. ', '1.00 MiB'))).toBe(taken);
    expect(why(current('Process 1 has 40.00 GiB memory in use. Including non-PyTorch memory, this process has 37.00 GiB memory in use. ', '1.00 MiB'))).toBe(taken);
  });
  test('is fragmentation', () => {
    expect(why(current('', '6.50 GiB'))).toBe('a GPU had no memory left for another 2.00 GiB, while PyTorch held 6.50 GiB that it could not use: fragmentation (PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True)');
  });
});

test('what may be the root stands before what follows from it; no more than three', () => {
  const log = ['Watchdog caught collective operation timeout', 'Unable to insert remote address into address vector for device 0', "PermissionError: [Errno 13] Permission denied: 'x'", 'The peer of address y becomes unresponsive'];
  expect(causesInLog(log, ['kubectl logs']).map(({ cause, line }) => [cause.cause, cause.likelihood, log.indexOf(line)])).toEqual([
    ['bad-address-handle', 'likely', 1],
    ['peer-gone', 'possible', 3],
    ['collective-timeout', 'possible', 0],
  ]);
});

test('names are unique, and every rule that is pointed to is one', () => {
  const names = ALL.map(({ cause }) => cause);
  expect(new Set(names).size).toBe(names.length);
  const rules = ALL.flatMap(({ check = [] }) => check.flatMap((command) => /^railmedic explain (\w+)$/.exec(command)?.[1] ?? []));
  expect(rules.length).toBeGreaterThan(0);
  expect(RULES.map(({ name }) => name)).toEqual(expect.arrayContaining(rules));
});

test('texts made to cost time are gone through all the same', () => {
  const hostile = ['CUDA out of memory. Tried to allocate 1 B', 'Process 1 has 1 B memory in use', 'To serve at least one request with the model', '401 Client Error', 'The peer of address ', '((((', 'A.'].map((part) => part.repeat(800).slice(0, 4096));
  expect(causesInLog(hostile, []).map(({ cause }) => cause.cause)).toEqual(['cuda-out-of-memory', 'max-model-len-too-long']);
});
