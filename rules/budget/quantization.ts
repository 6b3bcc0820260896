import { isNamed } from './module-names.ts';

/** A quantised checkpoint: bytes for each weight, scales included; `undefined`: that part stays in the checkpoint's dtype. */
export interface Quantization {
  /** `fp8`, `int4 (awq)`, `mxfp4` */
  readonly label: string;
  /** The key that says so. */
  readonly from: string;
  readonly attention: PartBytes;
  /** Dense feed-forward blocks and shared experts. */
  readonly blocks: PartBytes;
  readonly experts: PartBytes;
  readonly head: PartBytes;
  /** Trainers hold the frozen weights under an adapter in this form (QLoRA); else they dequantise what they load. */
  readonly heldUnderAdapter: boolean;
}

/** The share of a part's weights that is quantised, and their bytes. */
export interface PartBytes {
  readonly share: number;
  readonly bytes: number;
}

type Json = Readonly<Record<string, unknown>>;

/** How the layers that `targets` name are held. */
interface Scheme {
  readonly targets: readonly string[];
  readonly bytes: number;
  readonly label: string;
}

/** Only these are read; of another one nothing is known about its bytes. */
const EXPECTED = 'expected fp8, fbgemm_fp8, awq, gptq, compressed-tensors, bitsandbytes, mxfp4 or modelopt';

/** The `quantization_config` of a config.json; a text where it is not understood: what was found, what was expected. */
export function readQuantization(written: unknown, layers: number): Quantization | string {
  if (!isObject(written)) return `got ${JSON.stringify(written)}, expected an object`;
  const method = written['quant_method'];
  if (typeof method !== 'string') return `quant_method is ${JSON.stringify(method) ?? 'missing'}, ${EXPECTED}`;
  const schemes = schemesOf(method.toLowerCase().replaceAll('_', '-'), written);
  if (typeof schemes === 'string') return schemes;
  const excepted = ['modules_to_not_convert', 'ignored_layers', 'ignore', 'exclude_modules', 'llm_int8_skip_modules'].flatMap((key) => texts(written[key]));
  const part = (names: readonly string[]): PartBytes => partBytes(names, schemes, excepted);
  const each = (...ends: readonly string[]): readonly string[] => Array.from({ length: Math.min(layers, MOST_LAYERS) }, (_, index) => ends.map((end) => `model.layers.${index}.${end}`)).flat();
  const isMxfp4 = method === 'mxfp4';
  return {
    label: [...new Set(schemes.map(({ label }) => label))].join(' and '),
    from: `quantization_config.quant_method ${JSON.stringify(method)}`,
    // gpt-oss names its attention among the exceptions; others that use the form quantise experts only, too.
    attention: isMxfp4 ? NONE : part(each('self_attn.q_proj', 'self_attn.o_proj')),
    blocks: isMxfp4 ? NONE : part(each('mlp.down_proj')),
    experts: part(each('mlp.experts.0.down_proj')),
    // All but compressed-tensors leave the head alone; that one names it among the exceptions.
    head: method === 'compressed-tensors' ? part(['lm_head']) : NONE,
    heldUnderAdapter: ['bitsandbytes', 'gptq', 'awq'].includes(method),
  };
}

/** More than any model has; an absurd number shall not cost a minute. */
const MOST_LAYERS = 512;
const NONE: PartBytes = { share: 0, bytes: 0 };

function partBytes(names: readonly string[], schemes: readonly Scheme[], excepted: readonly string[]): PartBytes {
  const found = names
    .filter((name) => !excepted.some((entry) => isNamed(name, entry)))
    .flatMap((name) => schemes.find(({ targets }) => targets.includes('Linear') || targets.some((entry) => isNamed(name, entry))) ?? []);
  if (found.length === 0) return NONE;
  return { share: found.length / names.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0) / found.length };
}

function schemesOf(method: string, written: Json): readonly Scheme[] | string {
  const all = (label: string, bytes: number): readonly Scheme[] => [{ targets: ['Linear'], bytes, label }];
  switch (method) {
    case 'fp8':
    case 'fbgemm-fp8':
      return all('fp8', 1);
    case 'mxfp4':
      return all('mxfp4', MXFP4_BYTES);
    case 'awq':
    case 'gptq': {
      const bits = written['bits'] ?? written['w_bit'];
      if (!isBits(bits)) return `bits is ${JSON.stringify(bits) ?? 'missing'}, expected 2, 3, 4 or 8`;
      return all(`int${bits} (${method})`, groupedBytes(bits, written['group_size'] ?? written['q_group_size'] ?? 128));
    }
    case 'bitsandbytes':
      return bitsAndBytes(written, all);
    case 'modelopt':
    case 'modelopt-fp4':
      return modelOpt(written, all);
    case 'compressed-tensors':
      return compressedTensors(written);
    default:
      return `quant_method is ${JSON.stringify(method)}, ${EXPECTED}`;
  }
}

/** 32 values of 4 bits share one scale of 8 (OCP Microscaling Formats 1.0). */
const MXFP4_BYTES = 0.5 + 1 / 32;
/** 16 values of 4 bits share one scale of 8. */
const NVFP4_BYTES = 0.5 + 1 / 16;

/** Each group of weights has a scale of 16 bits and a zero point as wide as a weight; -1: one group for a whole row. */
function groupedBytes(bits: number, group: unknown): number {
  const scales = typeof group === 'number' && group > 0 ? (16 + bits) / 8 / group : 0;
  return bits / 8 + scales;
}

/** nf4 and fp4: a scale of 32 bits for 64 weights, of about 8 where the scales are quantised too (QLoRA, arXiv 2305.14314 §3). */
function bitsAndBytes(written: Json, all: (label: string, bytes: number) => readonly Scheme[]): readonly Scheme[] | string {
  if (written['load_in_4bit'] === true || written['_load_in_4bit'] === true) {
    const kind = typeof written['bnb_4bit_quant_type'] === 'string' ? written['bnb_4bit_quant_type'] : 'fp4';
    return all(`${kind} (bitsandbytes)`, written['bnb_4bit_use_double_quant'] === true ? 0.5 + 0.127 / 8 : 0.5 + 4 / 64);
  }
  if (written['load_in_8bit'] === true || written['_load_in_8bit'] === true) return all('int8 (bitsandbytes)', 1);
  return 'bitsandbytes with neither load_in_4bit nor load_in_8bit, expected one of them to be true';
}

function modelOpt(written: Json, all: (label: string, bytes: number) => readonly Scheme[]): readonly Scheme[] | string {
  const algorithm = written['quant_algo'];
  if (algorithm === 'FP8') return all('fp8 (modelopt)', 1);
  if (algorithm === 'NVFP4') return all('nvfp4 (modelopt)', NVFP4_BYTES);
  return `quant_algo is ${JSON.stringify(algorithm) ?? 'missing'}, expected FP8 or NVFP4`;
}

/** Groups of layers, each with the form of its weights; `num_bits` and `type` are those of QuantizationArgs. */
function compressedTensors(written: Json): readonly Scheme[] | string {
  const groups = isObject(written['config_groups']) ? Object.entries(written['config_groups']) : [];
  const schemes: Scheme[] = [];
  for (const [name, group] of groups) {
    const weights = isObject(group) ? group['weights'] : undefined;
    // A group may quantise activations or the cache alone.
    if (!isObject(group) || weights === undefined || weights === null) continue;
    const bits = isObject(weights) ? weights['num_bits'] : undefined;
    if (!isObject(weights) || !isBits(bits)) return `config_groups.${name}.weights.num_bits is ${JSON.stringify(bits) ?? 'missing'}, expected 2, 3, 4 or 8`;
    const isFloat = weights['type'] === 'float';
    const bytes = isFloat && bits === 4 ? NVFP4_BYTES : groupedBytes(bits, weights['group_size'] ?? -1);
    schemes.push({ targets: texts(group['targets']), bytes, label: `${isFloat ? 'fp' : 'int'}${bits} (compressed-tensors)` });
  }
  return schemes.length === 0 ? 'compressed-tensors without config_groups that quantise weights, expected at least one' : schemes;
}

function isBits(value: unknown): value is number {
  return typeof value === 'number' && [2, 3, 4, 8].includes(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}
