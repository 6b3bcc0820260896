import { parseShell, type ShellWord } from '../parse/shell-words.ts';
import type { Command, FieldPath, ManifestObject, Mount, Position, Variable, Word, YamlMap } from '../model.ts';
import { DocumentObject } from './manifest-object.ts';
import { configTexts, type Surroundings } from './surroundings.ts';
import { listAt } from './values.ts';

/** A command with what is assigned before it. */
export interface ReadCommand {
  readonly command: Command;
  readonly variables: readonly Variable[];
}

interface Source {
  readonly object: ManifestObject;
  readonly path: FieldPath;
  readonly container: YamlMap;
  readonly mounts: readonly Mount[];
  readonly environment: readonly Variable[];
}

/** A shell in a shell in a shell is read; deeper than that nobody writes. */
const DEEPEST = 4;
const SHELL = /(^|\/)(ba|da|z|k|a)?sh$/;

/** What a container runs. */
export function readCommands(source: Source, around: Surroundings): readonly ReadCommand[] {
  const { object, path, container } = source;
  const words = ['command', 'args'].flatMap((key) =>
    listAt(container, key).map((item, index): Word & { path: FieldPath } => {
      const at = [...path, key, index];
      return { ...expanded(typeof item === 'string' ? item : JSON.stringify(item), source.environment), position: object.at(at), path: at };
    }),
  );
  return new Reading(source, around).unwrap(words, object, 0);
}

/** The commands of a text that a shell is to run, such as a RayJob's entrypoint. */
export function readScript(object: ManifestObject, path: FieldPath, environment: readonly Variable[], around: Surroundings): readonly ReadCommand[] {
  const source = { object, path, container: {}, mounts: [], environment };
  return new Reading(source, around).script(object, path, 0);
}

/** What the scripts of a container assign. */
export function scriptVariables(commands: readonly ReadCommand[]): readonly Variable[] {
  return commands.flatMap(({ variables, command }) => [...variables, ...launchVariables(command)]);
}

/** `mpirun -x NCCL_PROTO=simple`: what the launcher gives its ranks, in whatever pod they run. */
function launchVariables({ object, path, words }: Command): readonly Variable[] {
  const launcher = words.findIndex(({ text }) => /(^|\/)(mpirun|mpiexec|orterun|prterun)$/.test(text));
  if (launcher === -1 || launcher > 2) return [];
  return words.flatMap((word, index): readonly Variable[] => {
    const [, name, value] = words[index - 1]?.text === '-x' ? (/^([A-Za-z_]\w*)=(.*)$/s.exec(word.text) ?? []) : [];
    return name === undefined ? [] : [{ object, path, position: word.position, name, value: word.isDynamic ? undefined : value, from: 'script' }];
  });
}

/** `$(NAME)` as the kubelet replaces it in command and args. */
function expanded(text: string, environment: readonly Variable[]): Pick<Word, 'text' | 'isDynamic'> {
  // Outside of a shell a variable is a placeholder that envsubst or a person is to fill in.
  let isDynamic = /\$\{?[A-Za-z_]/.test(text) && !/\s/.test(text);
  const replaced = text.replace(/\$\(([A-Za-z_]\w*)\)/g, (whole, name: string) => {
    const value = valueOf(environment, name);
    isDynamic ||= value === undefined;
    return value ?? whole;
  });
  return { text: replaced, isDynamic };
}

function valueOf(environment: readonly Variable[], name: string): string | undefined {
  return environment.findLast((variable) => variable.name === name)?.value;
}

type PlacedWord = Word & { readonly path: FieldPath };

class Reading {
  readonly #source: Source;
  readonly #around: Surroundings;

  constructor(source: Source, around: Surroundings) {
    this.#source = source;
    this.#around = around;
  }

  /** The words as a command, or, of a shell, the commands of its script. */
  unwrap(words: readonly PlacedWord[], object: ManifestObject, depth: number): readonly ReadCommand[] {
    const [first] = words;
    if (!first) return [];
    const own: ReadCommand = { command: { object, path: first.path, position: first.position, words, heredoc: undefined }, variables: [] };
    if (depth >= DEEPEST) return [own];
    const shell = words.findIndex(({ text }) => SHELL.test(text));
    if (shell !== 0 && !(shell === 1 && /(^|\/)(tini|dumb-init|env)$/.test(first.text))) return [own];
    const rest = words.slice(shell + 1);
    const flag = rest.findIndex(({ text }) => /^-[a-z]*c[a-z]*$/.test(text));
    const script = flag === -1 ? undefined : rest[flag + 1];
    if (script) return [own, ...this.#parsed(script.text, object, script.path, depth + 1, (line) => this.#inside(object, script, line))];
    return [own, ...this.#mountedScript(rest.find(({ text }) => !text.startsWith('-'))?.text, depth)];
  }

  /** The text at a path of an object, read as a script. */
  script(object: ManifestObject, path: FieldPath, depth: number): readonly ReadCommand[] {
    const text = object.get(path);
    if (typeof text !== 'string') return [];
    return this.#parsed(text, object, path, depth, (line) => (object instanceof DocumentObject ? object.inside(path, line) : object.at(path)));
  }

  #inside(object: ManifestObject, word: PlacedWord, line: number): Position {
    const isWhole = object.get(word.path) === word.text;
    return isWhole && object instanceof DocumentObject ? object.inside(word.path, line) : word.position;
  }

  #parsed(text: string, object: ManifestObject, path: FieldPath, depth: number, at: (line: number) => Position): readonly ReadCommand[] {
    const commands = parseShell(text, (name) => valueOf(this.#source.environment, name));
    return commands.flatMap(({ words, assignments, heredoc }): readonly ReadCommand[] => {
      const variables = assignments.map(({ name, value }) => ({
        object,
        path,
        position: at(value.line),
        name,
        value: value.isDynamic ? undefined : value.text,
        from: 'script' as const,
      }));
      const placed = words.map((word: ShellWord) => ({ text: word.text, isDynamic: word.isDynamic, position: at(word.line), path }));
      const [first] = placed;
      const position = first?.position ?? variables[0]?.position ?? at(0);
      const command = { object, path, position, words: placed, heredoc };
      if (!first) return [{ command, variables }];
      const [own, ...inner] = this.unwrap(placed, object, depth);
      return [{ command: { ...(own?.command ?? command), heredoc }, variables }, ...inner, ...this.#calledScript(first.text, depth)];
    });
  }

  /** `/scripts/run.sh` called by its name. */
  #calledScript(program: string, depth: number): readonly ReadCommand[] {
    return program.endsWith('.sh') ? this.#mountedScript(program, depth) : [];
  }

  /** A script that a ConfigMap of the input holds and a volume brings into the container. */
  #mountedScript(file: string | undefined, depth: number): readonly ReadCommand[] {
    if (file === undefined || depth >= DEEPEST) return [];
    const mount = this.#source.mounts.find(({ mountPath, volume }) => volume?.type === 'configMap' && (file === mountPath || file.startsWith(`${mountPath}/`)));
    const configMap = this.#around.configMap(mount?.volume?.source, this.#source.object.namespace);
    if (!mount || !configMap) return [];
    const key = mount.subPath ?? file.slice(mount.mountPath.length + 1);
    return key in configTexts(configMap) ? this.script(configMap, ['data', key], depth + 1) : [];
  }
}
