import { INSTRUCT_CONFIGS, KNOWN_CONFIGS, type KnownConfig } from './known-configs.ts';
import { parseModelConfig, type ModelShape } from './model-shape.ts';

export const KNOWN_MODELS: readonly string[] = Object.keys(KNOWN_CONFIGS);

/** Weights that were tuned but kept their shape share it: `Qwen/Qwen2.5-7B-Instruct` is `Qwen/Qwen2.5-7B`. */
const TUNED = /-(?:instruct|thinking|chat|base|it|hf)(?=-v?\d|$)/;

/** The shape of a model by its name on Hugging Face, with or without the owner; undefined if it is none of ours. */
export function knownModel(name: string): ModelShape | undefined {
  const known = knownConfig(name);
  return known && parseModelConfig(known.config, known.name);
}

/** Its name as we list it, and the fields of its `config.json`. */
export function knownConfig(text: string): { readonly name: string; readonly config: KnownConfig } | undefined {
  const wanted = plain(text);
  const name = KNOWN_MODELS.find((known) => plain(known) === wanted || plain(known).split('/')[1] === wanted);
  if (name === undefined) return undefined;
  const instruct = /-instruct$/i.test(text) ? INSTRUCT_CONFIGS[name] : undefined;
  return instruct === undefined ? { name, config: KNOWN_CONFIGS[name] ?? {} } : { name: `${name}-Instruct`, config: { ...KNOWN_CONFIGS[name], ...instruct } };
}

/** The models of ours whose names have most in common with one that is not, best first. */
export function nearestModels(text: string, count: number): readonly string[] {
  const wanted = new Set(words(text));
  const shared = (name: string): number => words(name).filter((word) => wanted.has(word)).length;
  return KNOWN_MODELS.filter((name) => shared(name) > 0).toSorted((a, b) => shared(b) - shared(a)).slice(0, count);
}

/** Meta's models are found with and without the `Meta-` that some releases carried. */
function plain(name: string): string {
  return name.toLowerCase().replace(/(^|\/)meta-llama-/, '$1llama-').replace(TUNED, '');
}

function words(name: string): readonly string[] {
  return (name.split('/').at(-1) ?? name).toLowerCase().split(/[-_.]/);
}
