/** `128Gi`: the largest binary unit that gives a whole number, else with one digit. */
export function gibibytes(bytes: number): string {
  const units = ['Ti', 'Gi', 'Mi', 'Ki'] as const;
  for (const [index, unit] of units.entries()) {
    const size = 1024 ** (units.length - index);
    if (bytes >= size && (bytes % size === 0 || unit === 'Gi' || unit === 'Mi')) return `${Number((bytes / size).toFixed(1))}${unit}`;
  }
  return String(bytes);
}
