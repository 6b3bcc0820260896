import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { CaptureEntry } from '../../agent/capture/layout.ts';

/** The files of a made-up node, as its kernel would show them. */
export class NodeTree {
  readonly entries = new Map<string, CaptureEntry>();
  readonly errors: Record<string, string> = {};

  file(path: string, text: string): void {
    this.entries.set(path, { text });
  }

  /** One line each, as sysfs writes its attributes. */
  attributes(directory: string, values: Readonly<Record<string, string | number | bigint>>): void {
    for (const [name, value] of Object.entries(values)) this.file(`${directory}/${name}`, `${value}\n`);
  }

  /** Relative, as the kernel's own links are. */
  link(path: string, target: string): void {
    this.entries.set(path, { link: posix.relative(posix.dirname(path), target) });
  }

  absoluteLink(path: string, link: string): void {
    this.entries.set(path, { link });
  }
}

/** So many hexadecimal digits that are always the same for the same words, and look like nothing in particular. */
export function digits(words: string, count: number): string {
  return createHash('sha256').update(words).digest('hex').slice(0, count);
}

/** A locally administered address, as EC2 gives to its interfaces. */
export function macOf(words: string): string {
  return `0e:${(digits(words, 10).match(/../g) ?? []).join(':')}`;
}

/** Modified EUI-64 (RFC 4291, appendix A) as sysfs writes a GID. */
export function linkLocalGid(mac: string): string {
  const [first = '', second = '', third = '', ...rest] = mac.split(':');
  const turned = (Number.parseInt(first, 16) ^ 2).toString(16).padStart(2, '0');
  const [fourth = '', fifth = '', sixth = ''] = rest;
  return `fe80:0000:0000:0000:${turned}${second}:${third}ff:fe${fourth}:${fifth}${sixth}`;
}
