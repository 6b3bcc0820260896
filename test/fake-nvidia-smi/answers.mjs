/** Names that a query may hold: those of the help, less what the control file takes away. */
export function knownNames({ aliases }, { refuse = [] }) {
  return new Set([...aliases.keys()].filter((name) => !refuse.includes(name)));
}

/**
 * The GPUs as they are now. One recorded row stands for as many GPUs as are wanted, each with an address and a UUID of its
 * own; `cells` changes values for all, `gpu` for one by its UUID's number, `without` takes GPUs off, `order` gives new indices.
 */
export function gpuRows({ rows }, { gpus = 1, cells = {}, gpu = {}, without = [], order }) {
  const many = rows.length >= gpus ? rows : Array.from({ length: gpus }, (_, at) => numbered(rows[0], at));
  const changed = many.map((row, at) => ({ ...row, ...cells, ...gpu[at] })).filter((_, at) => !without.includes(at));
  const indexed = changed.map((row, at) => ({ ...row, index: String(order?.[at] ?? row.index ?? at) }));
  return indexed.toSorted(byIndex);
}

function byIndex(a, b) {
  return Number(a.index) - Number(b.index);
}

function numbered(row, at) {
  const hex = at.toString(16);
  return {
    ...row,
    index: String(at),
    uuid: row.uuid.slice(0, -hex.length) + hex,
    'pci.bus_id': `00000000:${(0x10 + at).toString(16).padStart(2, '0').toUpperCase()}:00.0`,
  };
}

/** `--format=csv,noheader,nounits`. `rising` adds to a counter with every sample. */
export function answerQuery(capture, fields, control, count) {
  const { rising = {}, noDevices, before = '' } = control;
  if (noDevices) return 'No devices were found\n';
  const lines = gpuRows(capture, control).map((row) =>
    fields
      .map((name) => {
        const key = capture.aliases.get(name) ?? name;
        const value = row[key] ?? row[name] ?? '[N/A]';
        return rising[key] === undefined ? value : String(Number(value) + rising[key] * count);
      })
      .join(', '),
  );
  return before + lines.map((line) => `${line}\n`).join('');
}
