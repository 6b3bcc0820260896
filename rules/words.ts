/** `18 204`: digits in groups of three, so that long counts can be compared by eye. */
export function grouped(value: bigint | number): string {
  const text = typeof value === 'bigint' ? value.toString() : Math.round(value).toString();
  return text.replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** `1 GPU`, `4 GPUs`, `18 204 lines`. */
export function counted(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;
}
