const HEADER = 'gpu pwr gtemp mtemp sm mem enc dec jpg ofa mclk pclk pviol tviol fb bar1 ccpm sbecc dbecc pci rxpci txpci'.split(' ');
const UNITS = 'Idx W C C % % % % % % MHz MHz % bool MB MB MB errs errs errs MB/s MB/s'.split(' ');

/** One sample: the recorded lines in their turn, or, for a capture without them and for many GPUs, from the query's row. */
export function composeDmon({ dmon }, rows, { dmonColumns, dmonCells, dmonGpu, header = 'once', noDevices }, count, isFirst) {
  if (noDevices) return 'No devices were found\n';
  const names = dmonColumns ?? (dmon ? dmon.split('\n')[0].replace('#', '').trim().split(/\s+/) : HEADER);
  const units = names.map((name) => UNITS[HEADER.indexOf(name)] ?? '-');
  const samples = recorded(dmon);
  const lines = rows.map((row) => {
    const values = { ...(samples.length > 0 ? samples[count % samples.length] : fromQuery(row)), gpu: row.index, ...dmonCells, ...dmonGpu?.[row.index] };
    return names.map((name) => String(values[name] ?? '-').padStart(5)).join('  ');
  });
  const head = `# ${names.join('  ')} \n# ${units.join('  ')} \n`;
  return (isFirst || header === 'always' ? head : '') + lines.map((line) => `${line} \n`).join('');
}

function recorded(dmon) {
  if (!dmon) return [];
  const [header, , ...lines] = dmon.trimEnd().split('\n');
  const names = header.replace('#', '').trim().split(/\s+/);
  return lines.filter((line) => !line.startsWith('#')).map((line) => Object.fromEntries(line.trim().split(/\s+/).map((cell, at) => [names[at], cell])));
}

function fromQuery(row) {
  const number = (field) => (/^-?\d/.test(row[field] ?? '') ? Math.round(Number(row[field])) : '-');
  const hasEcc = row['ecc.mode.current'] === 'Enabled';
  return {
    pwr: number('power.draw'),
    gtemp: number('temperature.gpu'),
    mtemp: number('temperature.memory'),
    sm: number('utilization.gpu'),
    mem: number('utilization.memory'),
    mclk: number('clocks.current.memory'),
    pclk: number('clocks.current.sm'),
    fb: number('memory.used'),
    pviol: 0,
    tviol: 0,
    sbecc: hasEcc ? 0 : '-',
    dbecc: hasEcc ? 0 : '-',
    pci: 0,
    rxpci: 0,
    txpci: 0,
  };
}
