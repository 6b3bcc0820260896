import { expect, test } from 'vitest';
import { pythonKeywords } from '../../agent/parse/python-keywords.ts';

test('literal arguments and entries, with their line', () => {
  const text = 'engine = AsyncEngineArgs(model="a/b", tensor_parallel_size=2,  # dtype="x"\n  enforce_eager=True, seed=None, swap_space=other, x == 1)\nautoscaling_config={"max_replicas": 1_0}';
  expect(pythonKeywords(text).map(({ name, value, line }) => [name, value, line])).toEqual([
    ['model', 'a/b', 0],
    ['tensor_parallel_size', 2, 0],
    ['enforce_eager', true, 1],
    ['seed', null, 1],
    ['max_replicas', 10, 2],
  ]);
});
