import { styleText } from 'node:util';

export type Tone = 'critical' | 'warning' | 'unknown' | 'ok' | 'info' | 'dim' | 'strong';
export type Paint = (tone: Tone, text: string) => string;

const STYLES: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  critical: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  unknown: ['bold', 'magenta'],
  ok: ['bold', 'green'],
  info: ['bold', 'blue'],
  dim: ['dim'],
  strong: ['bold'],
};

export function painter(colour: boolean): Paint {
  if (!colour) return (_tone, text) => text;
  // The caller has asked whether there is a terminal; styleText would ask standard output once more.
  return (tone, text) => styleText(STYLES[tone], text, { validateStream: false });
}
