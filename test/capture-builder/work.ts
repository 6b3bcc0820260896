import type { Card } from './cards.ts';
import { digits } from './node-tree.ts';

/** What a GPU does at one sample. */
export interface Load {
  readonly smPercent: number;
  readonly memoryPercent: number;
  readonly watts: number;
  readonly celsius: number;
  readonly smMegahertz: number;
  readonly usedMiB: number;
  /** Over PCIe, a second. */
  readonly receivedMegabytes: number;
  readonly sentMegabytes: number;
}
export type Work = (card: Card, gpu: number, sample: number) => Load;

/** Training whose gradients leave over PCIe to the fabric: what its rails carry, for each GPU. */
export function atWork(pcieMegabytes: number): Work {
  return (card, gpu, sample) => {
    const among = chance(gpu, sample);
    return {
      smPercent: 86 + among('sm', 12),
      memoryPercent: 33 + among('memory', 11),
      watts: Math.round(card.watts * (0.71 + among('watts', 8) / 100)) + among('hundredths', 100) / 100,
      celsius: 56 + (gpu % 4) * 2 + among('celsius', 2),
      smMegahertz: card.smMegahertz - 15 * among('clock', 4),
      usedMiB: Math.round(card.memoryMiB * 0.86) + gpu * 6,
      receivedMegabytes: pcieMegabytes - among('received', Math.round(pcieMegabytes / 12)),
      sentMegabytes: pcieMegabytes - among('sent', Math.round(pcieMegabytes / 12)),
    };
  };
}

/**
 * A collective's kernel polls memory for what a peer has not sent. The share of the power limit is that of an H200 whose
 * kernels did so (driver 580: 125 to 140 of 700 W); an A100 was not measured.
 */
export const spinning: Work = (card, gpu, sample) => {
  const among = chance(gpu, sample);
  return {
    smPercent: 100,
    memoryPercent: among('memory', 2),
    watts: Math.round(card.watts * 0.18) + among('watts', Math.round(card.watts * 0.02)) + among('hundredths', 100) / 100,
    celsius: 36 + (gpu % 4) + among('celsius', 2),
    smMegahertz: card.smMegahertz,
    usedMiB: Math.round(card.memoryMiB * 0.86) + gpu * 6,
    receivedMegabytes: 1 + among('received', 4),
    sentMegabytes: among('sent', 3),
  };
};

/** A number from 0 to below `span`, always the same for the same words. */
function chance(gpu: number, sample: number): (what: string, span: number) => number {
  return (what, span) => Number.parseInt(digits(`${what} of GPU ${gpu} at ${sample}`, 8), 16) % span;
}
