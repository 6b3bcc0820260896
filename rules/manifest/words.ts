/** `128Gi`: the largest binary unit that gives a whole number, else with one digit. */
export function gibibytes(bytes: number): string {
  const units = ['Ti', 'Gi', 'Mi', 'Ki'] as const;
  for (const [index, unit] of units.entries()) {
    const size = 1024 ** (units.length - index);
    if (bytes >= size && (bytes % size === 0 || unit === 'Gi' || unit === 'Mi')) return `${Number((bytes / size).toFixed(1))}${unit}`;
  }
  return String(bytes);
}

/** How many billions of parameters a model's name tells: 7 of `Qwen2.5-7B-Instruct`, 0.125 of `opt-125m`. */
export function billionsIn(model: string): number | undefined {
  const [, digits, unit] = /(?:^|[-_/])(\d+(?:\.\d+)?)([bm])(?=$|[-_.])/i.exec(model) ?? [];
  return digits === undefined ? undefined : Number(digits) / (unit?.toLowerCase() === 'm' ? 1000 : 1);
}
