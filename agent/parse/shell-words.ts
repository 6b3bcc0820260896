/** A word as the shell would hand it to a program. */
export interface ShellWord {
  readonly text: string;
  /** It holds something that is only known at run time (`$RANK`, `$(hostname)`), left in the text as written. */
  readonly isDynamic: boolean;
  /** Both from 0, in the script. */
  readonly line: number;
  readonly column: number;
}

export interface ShellCommand {
  /** `NAME=value` before the program, or what `export` was given. */
  readonly assignments: readonly { readonly name: string; readonly value: ShellWord }[];
  /** Empty for a line that only assigns. */
  readonly words: readonly ShellWord[];
  readonly heredoc: string | undefined;
}

/** Words that may stand before a command without being it. */
const KEYWORDS = new Set(['if', 'then', 'elif', 'else', 'fi', 'do', 'done', 'while', 'until', '{', '}', '!', 'time', 'exec', 'nohup', 'sudo', 'command', 'builtin']);
const ASSIGNMENT = /^([A-Za-z_]\w*)=/;

/**
 * The simple commands of a shell script, in order, whatever conditions they stand under: enough to see what is started
 * with which arguments, never an evaluation. `known` gives the value of a variable that is set outside the script.
 */
export function parseShell(script: string, known: (name: string) => string | undefined = () => undefined): readonly ShellCommand[] {
  return new Shell(script, known).commands();
}

class Shell {
  readonly #text: string;
  readonly #known: (name: string) => string | undefined;
  /** Undefined: assigned to more than one value, so unknown. */
  readonly #variables = new Map<string, string | undefined>();
  readonly #commands: ShellCommand[] = [];
  #at = 0;
  #line = 0;
  #lineStart = 0;
  #words: ShellWord[] = [];
  #pendingHeredocs: { readonly end: string; readonly stripTabs: boolean }[] = [];
  #heredoc: string | undefined;

  constructor(script: string, known: (name: string) => string | undefined) {
    this.#text = script;
    this.#known = known;
  }

  commands(): readonly ShellCommand[] {
    while (this.#at < this.#text.length) this.#step();
    this.#end();
    return this.#commands;
  }

  #step(): void {
    const character = this.#text[this.#at] ?? '';
    const next = this.#text[this.#at + 1];
    if (character === '\\' && next === '\n') return this.#newLine(2);
    if (character === '\n') {
      if (this.#pendingHeredocs.length > 0) this.#readHeredocs();
      else this.#newLine(1);
      return this.#end();
    }
    if (character === ' ' || character === '\t' || character === '\r') return void (this.#at += 1);
    if (character === '#') return this.#skipComment();
    if (character === ';' || character === '|' || character === '(' || character === ')' || (character === '&' && next !== '>')) {
      this.#at += 1;
      return this.#end();
    }
    if (this.#redirection()) return;
    this.#words.push(this.#word());
  }

  #skipComment(): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at += 1;
  }

  /** `>file`, `2>&1`, `&>file`, `<file`, `<<EOF`, `<<<word`: none of them is an argument. */
  #redirection(): boolean {
    const found = /^(?:\d*>>?&?\d*-?|&>>?|\d*<<<|\d*<<-?|\d*<&?\d*)/.exec(this.#text.slice(this.#at, this.#at + 12))?.[0];
    if (!found || !/[<>]/.test(found)) return false;
    this.#at += found.length;
    if (/&\d*-?$/.test(found) && !found.startsWith('&')) return true;
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1;
    if (this.#at >= this.#text.length || this.#text[this.#at] === '\n') return true;
    const word = this.#word();
    if (/<<-?$/.test(found) && !found.endsWith('<<<')) this.#pendingHeredocs.push({ end: word.text, stripTabs: found.endsWith('-') });
    return true;
  }

  #readHeredocs(): void {
    this.#newLine(1);
    for (const { end, stripTabs } of this.#pendingHeredocs) {
      const body: string[] = [];
      while (this.#at < this.#text.length) {
        const stop = this.#text.indexOf('\n', this.#at);
        const line = this.#text.slice(this.#at, stop === -1 ? undefined : stop);
        this.#at = stop === -1 ? this.#text.length : stop;
        if (stop !== -1) this.#newLine(1);
        // YAML may have left the closing word indented; a person means it all the same.
        if ((stripTabs ? line.replace(/^\t+/, '') : line).trim() === end) break;
        body.push(line);
      }
      this.#heredoc = `${this.#heredoc ?? ''}${body.join('\n')}\n`;
    }
    this.#pendingHeredocs = [];
  }

  #newLine(length: number): void {
    this.#at += length;
    this.#line += 1;
    this.#lineStart = this.#at;
  }

  #word(): ShellWord {
    const begin = { line: this.#line, column: this.#at - this.#lineStart };
    const parts: Part[] = [];
    const startedAt = this.#at;
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? '';
      if (/[\s;|&()<>]/.test(character)) break;
      parts.push(this.#part(character));
    }
    // Never stands still, whatever the text.
    if (this.#at === startedAt) this.#at += 1;
    return { text: parts.map(({ text }) => text).join(''), isDynamic: parts.some(({ isDynamic }) => isDynamic), ...begin };
  }

  #part(character: string): Part {
    if (character === "'") return this.#singleQuoted();
    if (character === '"') return this.#doubleQuoted();
    if (character === '$') return this.#dollar();
    if (character === '`') return this.#until('`');
    if (character === '\\') {
      const next = this.#text[this.#at + 1] ?? '';
      if (next === '\n') {
        this.#newLine(2);
        return { text: '', isDynamic: false };
      }
      this.#at += 2;
      return { text: next, isDynamic: false };
    }
    this.#at += 1;
    return { text: character, isDynamic: false };
  }

  #singleQuoted(): Part {
    const end = this.#text.indexOf("'", this.#at + 1);
    const text = this.#text.slice(this.#at + 1, end === -1 ? undefined : end);
    this.#advance(this.#at, end === -1 ? this.#text.length : end + 1);
    return { text, isDynamic: false };
  }

  #doubleQuoted(): Part {
    const parts: Part[] = [];
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      const character = this.#text[this.#at] ?? '';
      const next = this.#text[this.#at + 1] ?? '';
      if (character === '$') parts.push(this.#dollar());
      else if (character === '`') parts.push(this.#until('`'));
      else if (character === '\\' && '"\\$`\n'.includes(next)) {
        if (next !== '\n') parts.push({ text: next, isDynamic: false });
        this.#advance(this.#at, this.#at + 2);
      } else {
        parts.push({ text: character, isDynamic: false });
        this.#advance(this.#at, this.#at + 1);
      }
    }
    this.#at += 1;
    return { text: parts.map(({ text }) => text).join(''), isDynamic: parts.some(({ isDynamic }) => isDynamic) };
  }

  /** `$NAME`, `${NAME}`, `${NAME:-standard}` where the value is written; `$(…)`, `$1` and the like as they stand. */
  #dollar(): Part {
    const rest = this.#text.slice(this.#at, this.#at + 400);
    const [whole, plain, braced, standard] = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?-([^{}$`]*))?\})/.exec(rest) ?? [];
    if (whole !== undefined) {
      this.#at += whole.length;
      const name = plain ?? braced ?? '';
      const value = this.#variables.has(name) ? this.#variables.get(name) : (this.#known(name) ?? standard);
      return value === undefined ? { text: whole, isDynamic: true } : { text: value, isDynamic: false };
    }
    if (rest.startsWith('$(')) return this.#until(')', '(');
    if (rest.startsWith('${')) return this.#until('}', '{');
    const special = /^\$[\w@*#?$!-]?/.exec(rest)?.[0] ?? '$';
    this.#at += special.length;
    return { text: special, isDynamic: special.length > 1 };
  }

  /** To the closing character, nested ones counted. */
  #until(close: string, open?: string): Part {
    let depth = 0;
    let end = this.#at + 1;
    for (; end < this.#text.length; end += 1) {
      const character = this.#text[end];
      const quoteEnd = character === '"' || character === "'" ? this.#text.indexOf(character, end + 1) : -1;
      if (quoteEnd !== -1 && open === '(') end = quoteEnd;
      else if (character === open) depth += 1;
      else if (character === close && (depth -= 1) <= 0) break;
    }
    const text = this.#text.slice(this.#at, end + 1);
    this.#advance(this.#at, Math.min(end + 1, this.#text.length));
    return { text, isDynamic: true };
  }

  #advance(from: number, to: number): void {
    this.#at = to;
    for (let index = this.#text.indexOf('\n', from); index !== -1 && index < to; index = this.#text.indexOf('\n', index + 1)) {
      this.#line += 1;
      this.#lineStart = index + 1;
    }
  }

  /** Closes the command that was being read. */
  #end(): void {
    let words = this.#words;
    this.#words = [];
    const heredoc = this.#heredoc;
    this.#heredoc = undefined;
    while (words[0] && KEYWORDS.has(words[0].text)) words = words.slice(1);
    if (words[0]?.text === 'env') words = words.slice(1);
    const isExport = words[0] !== undefined && ['export', 'declare', 'readonly', 'local'].includes(words[0].text);
    if (isExport) words = words.slice(1);
    const end = words.findIndex(({ text }) => !isExport && !ASSIGNMENT.test(text));
    const assignments = (end === -1 ? words : words.slice(0, end)).flatMap(assignment);
    words = end === -1 ? [] : words.slice(end);
    if (words.length === 0) for (const { name, value } of assignments) this.#assign(name, value);
    if (words.length > 0 || assignments.length > 0) this.#commands.push({ assignments, words, heredoc });
    else if (heredoc !== undefined) this.#addHeredoc(heredoc);
  }

  /** A heredoc belongs to the command on the line that announced it, which may have been closed by `;` or `|` before. */
  #addHeredoc(heredoc: string): void {
    const last = this.#commands.pop();
    if (last) this.#commands.push({ ...last, heredoc });
  }

  #assign(name: string, value: ShellWord): void {
    const isSame = !this.#variables.has(name) || this.#variables.get(name) === value.text;
    this.#variables.set(name, value.isDynamic || !isSame ? undefined : value.text);
  }
}

interface Part {
  readonly text: string;
  readonly isDynamic: boolean;
}

function assignment(word: ShellWord): readonly { readonly name: string; readonly value: ShellWord }[] {
  const name = ASSIGNMENT.exec(word.text)?.[1];
  return name === undefined ? [] : [{ name, value: { ...word, text: word.text.slice(name.length + 1), column: word.column + name.length + 1 } }];
}
