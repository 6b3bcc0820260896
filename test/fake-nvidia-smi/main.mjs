// A stand-in for nvidia-smi; see README.md. Plain JavaScript, so that every Node runs it as it is.
import { appendFileSync } from 'node:fs';
import { answerQuery, gpuRows, knownNames } from './answers.mjs';
import { composeDmon } from './dmon.mjs';
import { readCapture, readControl } from './capture.mjs';
import { spoil } from './spoil.mjs';

const [, , ...args] = process.argv;
const option = (...flags) => {
  const at = args.findIndex((arg) => flags.includes(arg));
  return at === -1 ? undefined : args[at + 1];
};
const kind = args[0] === 'dmon' ? 'dmon' : args.some((arg) => arg.startsWith('--query-gpu=')) ? 'query' : 'other';
const speed = Number(process.env.FAKE_NVIDIA_SMI_SPEED ?? 1);
const control = () => readControl(kind);

function out(text) {
  process.stdout.write(text);
}

function end(code) {
  // After what was written has left.
  process.stdout.write('', () => process.exit(code));
}

function start() {
  const { log, ignoreTerm, hang, fail } = control();
  if (log) appendFileSync(log, `${process.pid} ${args.join(' ')}\n`);
  if (ignoreTerm) process.on('SIGTERM', () => {});
  if (hang === true || hang === kind) return void setInterval(() => {}, 1e6);
  if (fail) {
    out(fail.stdout ?? '');
    process.stderr.write(fail.stderr ?? '');
    return end(fail.exitCode);
  }
  if (args.includes('--help-query-gpu')) return help();
  if (args.includes('--version')) return printAndEnd(readCapture(control()).version ?? 'NVIDIA-SMI version  : fake\n');
  if (args.includes('-L')) return printAndEnd(list());
  if (kind === 'dmon') return dmon();
  if (kind === 'query') return query();
  process.stdout.write('The fake nvidia-smi answers --query-gpu, --help-query-gpu, dmon, -L and --version.\n');
  return end(2);
}

function printAndEnd(text) {
  out(text);
  end(0);
}

function help() {
  const { noHelp } = control();
  if (noHelp) {
    out('Invalid combination of input arguments. Please run \'nvidia-smi -h\' for help.\n\n');
    return end(2);
  }
  return printAndEnd(readCapture(control()).help);
}

function list() {
  return gpuRows(readCapture(control()), control())
    .map((row) => `GPU ${row.index}: ${row.name} (UUID: ${row.uuid})\n`)
    .join('');
}

function query() {
  const fields = args.find((arg) => arg.startsWith('--query-gpu=')).slice('--query-gpu='.length).split(',');
  const refused = fields.find((name) => !knownNames(readCapture(control()), control()).has(name));
  if (refused !== undefined) {
    out(`Field "${refused}" is not a valid field to query.\n\n`);
    return end(2);
  }
  const milliseconds = Number(option('-lms') ?? 0) || Number(option('-l') ?? 0) * 1000;
  return repeat(milliseconds, (count) => answerQuery(readCapture(control()), fields, control(), count));
}

function dmon() {
  const wanted = option('-i', '--id')?.split(',');
  let isFirst = true;
  return repeat(Number(option('-d') ?? 1) * 1000, (count) => {
    const capture = readCapture(control());
    const rows = gpuRows(capture, control()).filter((row) => wanted === undefined || wanted.includes(row.index));
    const text = composeDmon(capture, rows, control(), count, isFirst);
    isFirst = false;
    return text;
  });
}

/** Samples until it is ended, or as many as `dieAfter` says. */
function repeat(milliseconds, sample) {
  let count = 0;
  const turn = () => {
    const now = control();
    if (now.hang === true || now.hang === kind) return;
    if (now.dieAfter !== undefined && count >= now.dieAfter) {
      out(now.lastWords ?? '');
      return end(now.exitCode ?? 255);
    }
    process.stdout.write(spoil(sample(count), now));
    count += 1;
    if (milliseconds === 0) return end(now.exitCode ?? 0);
    if (now.dieAfter !== undefined && count >= now.dieAfter) setTimeout(turn, 1);
  };
  turn();
  if (milliseconds > 0) setInterval(turn, Math.max(1, milliseconds / speed));
}

start();
