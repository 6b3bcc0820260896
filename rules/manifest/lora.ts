import type { Setting, Training } from '../../agent/model.ts';
import { hasOwnFile, isHidden, numberIn } from './setting-values.ts';

/** NeMo RL's default dim, examples/configs/grpo_math_1B.yaml; PEFT's r. */
const STANDARD_RANK = 8;
/** Frameworks that train all weights unless they are told otherwise; scripts of others may have any default. */
const KNOWN_DEFAULTS: readonly Training['framework'][] = ['nemo-rl', 'verl', 'trl'];

/**
 * The rank of the adapter that a run trains; undefined: none, all weights are trained. `hidden`: a variable or a
 * configuration file of the user's own decides.
 */
export function loraOf(training: Training): number | 'hidden' | undefined {
  const { options, framework } = training;
  const named = Object.entries(options).filter(([name]) => /(^|[._])(lora|peft|use_peft)([._]|$)|lora_/i.test(name));
  if (named.some(([, setting]) => isHidden(setting))) return 'hidden';
  const switches = named.filter(([name]) => /(enabled?|use_peft|use_lora|lora|peft)$/.test(name));
  const rank = named.map(([name, setting]) => (/(dim|rank|lora_r|\.r)$/.test(name) ? numberIn(setting) : undefined)).find((value) => value !== undefined);
  if (switches.some(([, setting]) => isOn(setting))) return rank ?? STANDARD_RANK;
  if (switches.some(([, setting]) => setting.value === false)) return undefined;
  if (framework !== 'nemo-rl' && rank !== undefined) return rank > 0 ? rank : undefined;
  return hasOwnFile(options) || !KNOWN_DEFAULTS.includes(framework) ? 'hidden' : undefined;
}

function isOn({ value }: Setting): boolean {
  return value === true || value === 'True';
}
