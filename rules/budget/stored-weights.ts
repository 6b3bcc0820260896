import type { Dtype } from './plan.ts';
import { readQuantization, type Quantization } from './quantization.ts';

/** In what form the checkpoint holds its weights, and which key of its configuration says so. */
export interface StoredWeights {
  /** Of what is not quantised, as vLLM's `--dtype auto` serves it. */
  readonly dtype: Dtype;
  /** `torch_dtype`, or why none was read. */
  readonly dtypeFrom: string;
  readonly quantization: Quantization | undefined;
  /** The quantisation that is written and not understood, what was expected instead; undefined otherwise. */
  readonly unreadable: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const DTYPES: Readonly<Record<string, Dtype>> = { bfloat16: 'bf16', float16: 'fp16', half: 'fp16' };

export function readStoredWeights(config: Json, name: string, layers: number): StoredWeights {
  const { dtype, dtypeFrom } = readDtype(config);
  const written = config['quantization_config'] ?? config['compression_config'];
  if (written === undefined || written === null) return { dtype, dtypeFrom, quantization: undefined, unreadable: undefined };
  const found = readQuantization(written, layers);
  if (typeof found === 'string') return { dtype, dtypeFrom, quantization: undefined, unreadable: `${name}: quantization_config: ${found}; --dtype says it instead` };
  return { dtype, dtypeFrom, quantization: found, unreadable: undefined };
}

/** transformers 5 writes `dtype` where 4 wrote `torch_dtype`. */
function readDtype(config: Json): Pick<StoredWeights, 'dtype' | 'dtypeFrom'> {
  const key = ['dtype', 'torch_dtype'].find((candidate) => typeof config[candidate] === 'string');
  const value = key === undefined ? undefined : config[key];
  if (key === undefined || typeof value !== 'string') return { dtype: 'bf16', dtypeFrom: 'assumed: its config names no dtype' };
  const dtype = DTYPES[value];
  if (dtype !== undefined) return { dtype, dtypeFrom: `from ${key}` };
  return { dtype: 'bf16', dtypeFrom: value === 'float32' ? `as vLLM's --dtype auto serves a ${key} of float32` : `assumed: its ${key} is ${JSON.stringify(value)}` };
}
