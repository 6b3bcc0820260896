#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=1 --single-threaded-gc --v8-pool-size=1 --no-turbofan --expose-gc
import { CommanderError } from 'commander';
import { visible } from '../exporters/escape.ts';
import { exitNow } from './host/exit.ts';
import { buildProgram } from './program.ts';
import { openTerminal } from './terminal.ts';

/** The call itself was wrong, or nothing could be judged (monitoring-plugin convention: unknown). */
const STATUS_WRONG_CALL = 3;

// Each silent card holds one thread of the pool until its driver answers; with the default of four, four would stop all
// file reading; the largest instances have 32 cards. libuv reads this when the pool is first used, which is after this line.
process.env['UV_THREADPOOL_SIZE'] ??= '40';

const terminal = openTerminal(process.stdout, process.stderr, process.env);
const stop = new AbortController();
// SIGHUP is left alone: nothing is reloaded, and a closed terminal should end the program as usual.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
// A reader that has had enough (`railmedic explain | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => exitNow(error.code === 'EPIPE' ? 0 : STATUS_WRONG_CALL));

const program = buildProgram(terminal, stop.signal);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : STATUS_WRONG_CALL;
  else {
    // It can quote a manifest, a configuration or a server's answer.
    const lines = (error instanceof Error ? error.message : String(error)).split('\n');
    process.stderr.write(`railmedic: ${lines.map(visible).join('\n')}\n`);
    process.exitCode = STATUS_WRONG_CALL;
  }
}
// A pipe takes 64 KiB at once; the rest of a long report would end with this process.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
exitNow(process.exitCode ?? 0);
