/** A program prints whole matrices on one line; what is shown of a line is far less. */
const MAX_READ = 4000;
const MAX_LINE = 800;
const MAX_LINES = 200;

// vLLM, Ray and pip colour their lines; a terminal's sequences (ECMA-48: CSI; and OSC for titles and links) say nothing in a report.
const TERMINAL_SEQUENCES = new RegExp(String.raw`\u001b(?:\[[\d;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))`, 'g');

/**
 * What must not be shown, by shape (AWS access keys, tokens of Hugging Face and GitHub, JSON web tokens, a password in a URL,
 * an Authorization header) and by the name before it. Finds what is written as usual, and cannot find more than that.
 */
const SECRETS: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{36}|eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?)/g, '***'],
  [/(:\/\/[^\s/:@]{0,64}:)[^\s/@]{1,256}(?=@)/g, '$1***'],
  [/\b((?:bearer|basic) {1,3})[\w.~+/-]{8,}=*/gi, '$1***'],
  // `tokens: 49152`, `tokenizer=…` and `eos_token_id=2` are none: the name ends with the word.
  [/((?:token|secret|passw(?:or)?d|api[-_]?key|access[-_]?key(?:[-_]?id)?|credentials?)["']?\s{0,3}[=:]\s{0,3}["']?)[\w.~+/=-]{8,}/gi, '$1***'],
];

/** The lines of a container's log: the last 200 that are not empty, without colours and without what is plainly a secret. */
export function podLogLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map(lineOf)
    .filter((line) => line.trim() !== '')
    .slice(-MAX_LINES);
}

export function withoutSecrets(text: string): string {
  return SECRETS.reduce((shown, [pattern, instead]) => shown.replace(pattern, instead), text);
}

/** Of a progress bar that rewrites its line, the last state. Secrets go before the line is cut, lest half of one stay. */
function lineOf(text: string): string {
  const cut = text.slice(0, MAX_READ).replace(TERMINAL_SEQUENCES, '');
  const last = cut.split('\r').findLast((part) => part.trim() !== '') ?? '';
  const line = withoutSecrets(last.replaceAll('\t', ' ').trimEnd());
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}
