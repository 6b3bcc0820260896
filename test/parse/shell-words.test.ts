import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseShell } from '../../agent/parse/shell-words.ts';

const words = (script: string, known?: (name: string) => string | undefined) => parseShell(script, known).map((command) => command.words.map(({ text, isDynamic }) => (isDynamic ? `~${text}` : text)));

describe('commands', () => {
  test('are split where the shell splits them', () => {
    expect(words('set -e; a 1 && b 2 | c 3 &\n(d)\n# no\ne # f')).toEqual([['set', '-e'], ['a', '1'], ['b', '2'], ['c', '3'], ['d'], ['e']]);
  });

  test('stand behind keywords', () => {
    expect(words('if [ "$R" = 0 ]; then\n  exec vllm serve\nelse\n  nohup sleep 1\nfi')).toEqual([['[', '~$R', '=', '0', ']'], ['vllm', 'serve'], ['sleep', '1']]);
  });

  test('go on over continued lines, and know on which line each word stands', () => {
    const [command] = parseShell('vllm serve \\\n  --a 1 \\\n  --b "2 \n 3"\n');
    expect(command?.words.map(({ text, line, column }) => [text, line, column])).toEqual([
      ['vllm', 0, 0],
      ['serve', 0, 5],
      ['--a', 1, 2],
      ['1', 1, 6],
      ['--b', 2, 2],
      ['2 \n 3', 2, 6],
    ]);
  });

  test('lose their redirections', () => {
    expect(words('a 2>&1 >/dev/null b <in c &>log d')).toEqual([['a', 'b', 'c', 'd']]);
  });

  test('keep their heredoc', () => {
    const commands = parseShell("python3 - <<'EOF' | tee log\nimport vllm\n  EOF\nnext\n");
    expect(commands.map(({ words: [first], heredoc }) => [first?.text, heredoc])).toEqual([
      ['python3', undefined],
      ['tee', 'import vllm\n'],
      ['next', undefined],
    ]);
  });
});

describe('variables', () => {
  test('are replaced where their value is written, in the script or outside of it', () => {
    expect(words('M=a/b\nrun $M ${M} ${N:-4} $TP "x$M"', (name) => (name === 'TP' ? '8' : undefined))).toEqual([[], ['run', 'a/b', 'a/b', '4', '8', 'xa/b']]);
  });

  test('stay as they are where it is not, or where there are two values', () => {
    expect(words("A=1\nA=2\nrun $A $B $(hostname -i) `id` ${C#x} '$D'").at(-1)).toEqual(['run', '~$A', '~$B', '~$(hostname -i)', '~`id`', '~${C#x}', '$D']);
  });

  test('are told with what is exported or stands before a program', () => {
    const assigned = parseShell('export A=1 B="x y"\nC=3 run').map(({ assignments }) => assignments.map(({ name, value }) => `${name}=${value.text}`));
    expect(assigned).toEqual([['A=1', 'B=x y'], ['C=3']]);
  });
});

test('any text is read to its end', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '$', "'", '"', '`', '\\', '\n', '(', ')', '{', '}', '<', '>', '&', '|', ';', '#', '=', '-', '!') }), (script) => {
    for (const command of parseShell(script)) expect(command.words.length + command.assignments.length).toBeGreaterThan(0);
  }));
});
