import type { Exporter } from '../../agent/model.ts';
import { statusOf } from '../kubernetes/ask.ts';
import { Delivery } from '../kubernetes/delivery.ts';
import { patchStatus, readNode } from '../kubernetes/node-object.ts';
import type { KubernetesParts } from '../kubernetes/parts.ts';
import { CONDITION_TYPES } from './types.ts';

/**
 * Where conditions are switched off: takes away, once, what an earlier agent has left on the Node. Nobody would ever change
 * it again, and a True that stands for ever is worse than none.
 */
export function conditionRemover(options: KubernetesParts): Exporter & { settled(): Promise<void> } {
  const delivery = new Delivery('node-condition', options);
  let isDone = false;
  return {
    name: 'node-condition',
    publish() {
      if (isDone) return Promise.resolve();
      delivery.start(async (signal) => {
        try {
          await remove(options, signal);
          isDone = true;
        } catch (error) {
          // Without the right to it there is nothing to be done, now or later.
          isDone = statusOf(error) === 403;
          throw error;
        }
      });
      return Promise.resolve();
    },
    settled: () => delivery.settled(),
    close: () => delivery.close(),
  };
}

async function remove(options: KubernetesParts, signal: AbortSignal): Promise<void> {
  const { conditions } = await readNode(options, signal);
  const left = CONDITION_TYPES.filter((type) => conditions.some((condition) => condition.type === type));
  if (left.length === 0) return;
  await patchStatus(options, left.map((type) => ({ type, $patch: 'delete' })), signal);
  options.note('info', `node-condition: switched off: took away ${left.join(' and ')}, which an earlier agent had left`);
}
