const PCI_ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
const MAX_LINE = 200;

/** First line of a sysfs file without its newline; undefined when it is empty. Cut at 200 characters. */
export function firstLine(text: string | undefined): string | undefined {
  const line = text?.split('\n', 1)[0]?.trim().slice(0, MAX_LINE);
  return line === '' ? undefined : line;
}

/** Last part of a link's target: `../../../0000:79:00.0` to `0000:79:00.0`. */
export function baseName(target: string | undefined): string | undefined {
  const name = target?.replace(/\/+$/, '').split('/').at(-1);
  return name === '' ? undefined : name;
}

/** `0000:79:00.0`; undefined for anything else, for the parent of a device need not be a PCI function (`virtio0`). */
export function pciAddress(text: string | undefined): string | undefined {
  return text !== undefined && PCI_ADDRESS.test(text) ? text : undefined;
}

/** Value of `KEY=value` in a uevent file. */
export function ueventField(text: string | undefined, key: string): string | undefined {
  const line = text?.split('\n').find((candidate) => candidate.startsWith(`${key}=`));
  return firstLine(line?.slice(key.length + 1));
}

/** A whole decimal number; undefined for anything else. */
export function wholeNumber(text: string | undefined): number | undefined {
  const line = firstLine(text);
  return line !== undefined && /^-?\d{1,15}$/.test(line) ? Number(line) : undefined;
}
