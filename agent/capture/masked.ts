import type { Mask } from '../parse/mask.ts';
import type { CaptureEntry, CaptureLook } from './layout.ts';

/** The look with every identifier masked, in contents, links and the paths themselves (`enx0213c26ff03d`). */
export function maskLook(look: CaptureLook, mask: Mask | undefined): CaptureLook {
  if (!mask) return look;
  const sorted = [...look.entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...look,
    entries: new Map(sorted.map(([path, entry]) => [mask.text(path), maskEntry(path, entry, mask)])),
    errors: Object.fromEntries(Object.entries(look.errors).map(([path, code]) => [mask.text(path), code])),
    ...(look.remade && { remade: look.remade.map((path) => mask.text(path)) }),
  };
}

function maskEntry(path: string, entry: CaptureEntry, mask: Mask): CaptureEntry {
  if ('link' in entry) return { link: mask.text(entry.link) };
  if (!('text' in entry)) return entry;
  if (/\/[a-z_]*serial$/.test(path)) return { text: mask.text(`serial=${entry.text}`).replace(/^serial=/, '') };
  return { text: /^\/proc\/\d+\//.test(path) ? mask.commandLine(entry.text) : mask.text(entry.text) };
}
