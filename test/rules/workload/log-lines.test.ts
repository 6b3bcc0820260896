import { expect, test } from 'vitest';
import { lastLines, tellingLine } from '../../../rules/workload/log-lines.ts';

test.each<readonly [string, readonly string[], string | undefined]>([
  ['the last exception', ['KeyError: 1', 'During handling of the above exception, another exception occurred:', 'ValueError: no GPU'], 'ValueError: no GPU'],
  ['an exception above what is printed at any end', ['torch.cuda.OutOfMemoryError: CUDA out of memory.', '[rank0]:[W1123 19:29:00 ProcessGroupNCCL.cpp:1250] Warning: WARNING: destroy_process_group() was not called'], 'torch.cuda.OutOfMemoryError: CUDA out of memory.'],
  ['the cause and not vLLM\'s wrapper', ['(EngineCore_DP0 pid=212) OSError: no such model', '(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above.'], 'OSError: no such model'],
  ['the wrapper where there is nothing else', ['RuntimeError: Engine core initialization failed. See root cause above.'], 'RuntimeError: Engine core initialization failed. See root cause above.'],
  ['without the prefix of a rank or an engine', ['(EngineCore_DP0 pid=212) ERROR 10-06 12:00:31 [core.py:700] EngineCore failed to start.', 'goodbye'], 'EngineCore failed to start.'],
  ['of a Ray replica', ['(ServeReplica:llama3-app:LLM pid=12249, ip=10.0.155.99) [rank0]: RuntimeError: x'], 'RuntimeError: x'],
  ['of a shell', ['bash: line 1: vlm: command not found', '^^^^', '   '], 'bash: line 1: vlm: command not found'],
  ['of nothing but marks', ['----', '====='], '====='],
  ['of nothing', [], undefined],
])('%s', (_, lines, expected) => expect(tellingLine(lines)).toBe(expected));

test('a line is cut at 300 characters, and twelve are shown', () => {
  expect(tellingLine([`ValueError: ${'x'.repeat(800)}`])).toBe(`ValueError: ${'x'.repeat(288)}…`);
  expect(lastLines(Array.from({ length: 40 }, (__, index) => `${index}`))).toEqual(Array.from({ length: 12 }, (__, index) => `${28 + index}`));
});
