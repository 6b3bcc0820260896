/** The configuration says something that cannot be meant: where, what was found, what was expected. */
export class ConfigError extends Error {
  constructor(file: string, line: number, what: string, options?: ErrorOptions) {
    super(`${file}:${line}: ${what}`, options);
    this.name = 'ConfigError';
  }
}
