export interface Mount {
  readonly path: string;
  readonly type: string;
}

/** Lines of /proc/<pid>/mounts, in the order of mounting. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [source, path, type] = line.split(' ');
    return source !== undefined && path && type ? [{ path: unescape(path), type }] : [];
  });
}

/** The kernel writes space, tab, newline and backslash as octal (`\040`; mangle_path, fs/seq_file.c). */
function unescape(path: string): string {
  return path.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}
