/** What can go wrong with an output, as the control file asks for it. */
export function spoil(text, { garbage, cut, dropColumns, crlf, notUtf8, flood }) {
  if (garbage) return typeof garbage === 'string' ? garbage : '\u0000\u0001%%%% not an answer %%%%\n';
  if (flood) return 'y\n'.repeat(flood);
  let lines = text.split('\n').slice(0, -1);
  if (cut) lines = lines.map((line) => line.slice(0, Math.floor(line.length / 2)));
  if (dropColumns) lines = lines.map((line) => line.split(', ').slice(0, -dropColumns).join(', '));
  const spoilt = lines.map((line) => line + (crlf ? '\r\n' : '\n')).join('');
  // A byte that begins no UTF-8 character, in the place of the GPU's name.
  return notUtf8 ? Buffer.from(spoilt.replaceAll('NVIDIA', 'NV\u00FFDIA'), 'latin1') : spoilt;
}
