/** Where a command prints for a person. */
export interface Terminal {
  readonly width: number;
  readonly colour: boolean;
  print(text: string): void;
  /** One line that is overwritten by the next and removed by an empty one; nothing where no person watches. */
  progress(text: string): void;
}

const DEFAULT_WIDTH = 80;
const MAX_WIDTH = 140;

export function openTerminal(output: NodeJS.WriteStream, messages: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  // Undefined, not false, where the output is no terminal.
  const isTerminal: boolean | undefined = output.isTTY;
  const columns = output.isTTY ? output.columns : Number(env['COLUMNS']);
  return {
    width: Math.min(MAX_WIDTH, columns > 0 ? columns : DEFAULT_WIDTH),
    // https://no-color.org: set and not empty, whatever its value.
    colour: (isTerminal ?? false) && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    print: (text) => void output.write(text.endsWith('\n') ? text : `${text}\n`),
    progress: (text) => {
      if (messages.isTTY) messages.write(`\r\u001b[K${text}`);
    },
  };
}
