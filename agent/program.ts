import { Command, Option } from 'commander';
import { VERSION } from './assets.ts';
import { withBudgetOptions } from './budget-options.ts';
import { runAgent, type AgentOptions } from './commands/agent.ts';
import { runBudget, type BudgetOptions } from './commands/budget.ts';
import { capture, type CaptureOptions } from './commands/capture.ts';
import { demo, type DemoOptions } from './commands/demo.ts';
import { diagnose, type DiagnoseOptions } from './commands/diagnose.ts';
import { explain } from './commands/explain.ts';
import type { PreflightOptions } from './commands/preflight.ts';
import { parseDuration, parseListen, withNodeOptions } from './options.ts';
import type { Terminal } from './terminal.ts';
import type { Mode } from '../rules/budget/plan.ts';

const listenOption = new Option('--listen <address:port>', 'where /metrics, /healthz, /readyz, /api/v1/report and / are served').env('RAILMEDIC_LISTEN').argParser(parseListen).default(parseListen('127.0.0.1:9477'), '127.0.0.1:9477');
const stateOption = new Option('--state-dir <dir>', 'where the position in the kernel log outlives a restart').env('RAILMEDIC_STATE_DIR').default('/run/railmedic');
const intervalOption = (standard: string): Option => new Option('--interval <duration>', 'time between two looks').env('RAILMEDIC_INTERVAL').argParser(parseDuration).default(parseDuration(standard), standard);
const durationOption = (standard: string): Option => new Option('--duration <duration>', 'how long it watches').env('RAILMEDIC_DURATION').argParser(parseDuration).default(parseDuration(standard), standard);

/** Every command with its options. Nothing runs before it is parsed, so that the documentation can be made from it. */
export function buildProgram(terminal: Terminal, signal: AbortSignal): Command {
  const program = new Command('railmedic')
    .description('A medic on every GPU node: says what is wrong, why, and what to type next.')
    .version(VERSION)
    .exitOverride()
    .configureHelp({ helpWidth: terminal.width })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^(error: unknown (?:option|command) '.*')$/m, '$1; --help lists those there are')) })
    .showSuggestionAfterError();
  addNodeCommands(program, terminal, signal);
  addOtherCommands(program, terminal, signal);
  withNodeOptions(program.command('demo'))
    .description('play a recorded node with a security group fault through the whole agent')
    .addOption(listenOption)
    .addOption(intervalOption('5s'))
    .addOption(stateOption)
    .option('--once', 'print the diagnosis and end')
    .action((options: DemoOptions) => demo(options, terminal, signal));
  return program;
}

function addNodeCommands(program: Command, terminal: Terminal, signal: AbortSignal): void {
  withNodeOptions(program.command('agent'))
    .description('run as the DaemonSet does: look again and again, serve metrics, log findings')
    .addOption(listenOption)
    .addOption(intervalOption('5s'))
    .addOption(stateOption)
    .action((options: AgentOptions) => runAgent(options, signal));

  withNodeOptions(program.command('diagnose'))
    .description('watch this node for a short while and say what is wrong; exit status 0 nothing, 1 warning, 2 critical, 3 unknown')
    .addOption(durationOption('10s'))
    .addOption(intervalOption('1s'))
    .option('--json', 'print the report as JSON')
    .option('--rules <names>', 'judge by these rules only, separated by commas')
    .action(async (options: DiagnoseOptions) => {
      process.exitCode = await diagnose(options, terminal, signal);
    });

  withNodeOptions(program.command('capture'))
    .description('record this node, identifiers masked, as a directory that --capture replays')
    .argument('<dir>', 'a directory that does not exist yet, or is empty')
    .addOption(durationOption('10s'))
    .addOption(intervalOption('5s'))
    .option('--no-mask', 'keep serial numbers, UUIDs, addresses and ids as they are')
    .action((directory: string, options: CaptureOptions) => capture(directory, options, terminal, signal));
}

function addOtherCommands(program: Command, terminal: Terminal, signal: AbortSignal): void {
  program
    .command('explain')
    .description("print a rule's page, or list all rules")
    .argument('[rule]')
    .action((rule: string | undefined) => explain(rule, terminal));

  program
    .command('preflight')
    .description('audit manifests before they cost a night; exit status 0 nothing, 1 warning, 2 critical, 3 unknown')
    .argument('[files...]', 'files, directories, or - for standard input')
    .addOption(new Option('--config <file>', 'YAML: thresholds, severities, suppressions').env('RAILMEDIC_CONFIG'))
    .option('--json', 'print the report as JSON')
    .option('--sarif', 'print the report as SARIF 2.1.0, for code hosts that show findings beside the line')
    .option('--rules <names>', 'judge by these rules only, separated by commas')
    .option('--checklist', "print the production guide's checklist, each item passed, failed or not to be told here")
    .option('--cluster', 'audit what runs in a cluster; with files, the cluster they are meant for')
    .option('--namespace <name>', 'with --cluster: objects of this namespace only (default: all)')
    .addOption(new Option('--kubeconfig <file>', 'with --cluster: how to reach it (default: KUBECONFIG, ~/.kube/config, the service account of this pod)').env('RAILMEDIC_KUBECONFIG'))
    .option('--context <name>', 'with --cluster: a context of the kubeconfig (default: its current one)')
    .option('--aws', 'with --cluster: ask EC2 about security groups and VPC blocks too, by the AWS CLI')
    .option('--emit-policy', 'print the rules that CEL can say as ValidatingAdmissionPolicies that warn, and audit nothing')
    .option('--deny', 'with --emit-policy: policies that refuse')
    .action(async (files: string[], options: PreflightOptions) => {
      // The agent never needs the YAML parser and all that reads manifests.
      const { preflight } = await import('./commands/preflight.ts');
      process.exitCode = await preflight(files, options, terminal, process.stdin, signal);
    });

  withBudgetOptions(program.command('budget'))
    .description('say how much GPU memory serving, training or both need, whether it fits, and what would; exit status 0 fits, 2 does not')
    .action(async (mode: Mode, options: BudgetOptions) => {
      process.exitCode = await runBudget(mode, options, terminal);
    });
}
