#!/usr/bin/env -S node --max-semi-space-size=1
import { Command, CommanderError, Option } from 'commander';
import { VERSION } from './assets.ts';
import { runAgent, type AgentOptions } from './commands/agent.ts';
import { capture, type CaptureOptions } from './commands/capture.ts';
import { demo, type DemoOptions } from './commands/demo.ts';
import { diagnose, type DiagnoseOptions } from './commands/diagnose.ts';
import { explain } from './commands/explain.ts';
import { parseDuration, parseListen, withNodeOptions } from './options.ts';
import { exitNow } from './host/exit.ts';
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

const listenOption = new Option('--listen <address:port>', 'where /metrics, /healthz, /readyz, /api/v1/report and / are served').env('RAILMEDIC_LISTEN').argParser(parseListen).default(parseListen('127.0.0.1:9477'), '127.0.0.1:9477');
const stateOption = new Option('--state-dir <dir>', 'where the position in the kernel log outlives a restart').env('RAILMEDIC_STATE_DIR').default('/run/railmedic');
const intervalOption = (standard: string): Option => new Option('--interval <duration>', 'time between two looks').env('RAILMEDIC_INTERVAL').argParser(parseDuration).default(parseDuration(standard), standard);
const durationOption = (standard: string): Option => new Option('--duration <duration>', 'how long it watches').env('RAILMEDIC_DURATION').argParser(parseDuration).default(parseDuration(standard), standard);

const program = new Command('railmedic')
  .description('A medic on every GPU node: says what is wrong, why, and what to type next.')
  .version(VERSION)
  .exitOverride()
  .configureHelp({ helpWidth: terminal.width })
  .showSuggestionAfterError();

withNodeOptions(program.command('agent'))
  .description('run as the DaemonSet does: look again and again, serve metrics, log findings')
  .addOption(listenOption)
  .addOption(intervalOption('5s'))
  .addOption(stateOption)
  .action((options: AgentOptions) => runAgent(options, stop.signal));

withNodeOptions(program.command('diagnose'))
  .description('watch this node for a short while and say what is wrong; exit status 0 nothing, 1 warning, 2 critical, 3 unknown')
  .addOption(durationOption('10s'))
  .addOption(intervalOption('1s'))
  .option('--json', 'print the report as JSON')
  .option('--rules <names>', 'judge by these rules only, separated by commas')
  .action(async (options: DiagnoseOptions) => {
    process.exitCode = await diagnose(options, terminal, stop.signal);
  });

withNodeOptions(program.command('capture'))
  .description('record this node, identifiers masked, as a directory that --capture replays')
  .argument('<dir>', 'a directory that does not exist yet, or is empty')
  .addOption(durationOption('10s'))
  .addOption(intervalOption('5s'))
  .option('--no-mask', 'keep serial numbers, UUIDs, addresses and ids as they are')
  .action((directory: string, options: CaptureOptions) => capture(directory, options, terminal, stop.signal));

program
  .command('explain')
  .description("print a rule's page, or list all rules")
  .argument('[rule]')
  .action((rule: string | undefined) => explain(rule, terminal));

withNodeOptions(program.command('demo'))
  .description('play a recorded node with a security group fault through the whole agent')
  .addOption(listenOption)
  .addOption(intervalOption('5s'))
  .addOption(stateOption)
  .option('--once', 'print the diagnosis and end')
  .action((options: DemoOptions) => demo(options, terminal, stop.signal));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : STATUS_WRONG_CALL;
  else {
    process.stderr.write(`railmedic: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = STATUS_WRONG_CALL;
  }
}
exitNow(process.exitCode ?? 0);
