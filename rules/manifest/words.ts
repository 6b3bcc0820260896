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

/** So long may a word be in a sentence: an image of ECR with its digest is shorter, and a value of a megabyte helps nobody. */
const MOST_LETTERS = 160;

/** The text with every word that is longer cut, its beginning and its end kept. */
export function clipped(text: string): string {
  return text.length <= MOST_LETTERS ? text : text.replace(/\S{161,}/g, (word) => `${word.slice(0, 50)}…${word.slice(-20)}`);
}
