import { schedule } from 'node-cron';
import { logExporter, type LogExporter } from '../../exporters/log.ts';
import { prometheusExporter, type PrometheusExporter } from '../../exporters/prometheus.ts';
import { VERSION } from '../assets.ts';
import { collectorsFor, LOOK_BACK_SECONDS, openNode, readBootId, readConfig, type OpenNode } from '../node.ts';
import { configureRules, suppressionFor, type Config } from '../config.ts';
import { Engine, type RememberedEvent } from '../engine.ts';
import type { Exporter, Report } from '../model.ts';
import { Loop } from '../loop.ts';
import type { NodeOptions } from '../options.ts';
import { startServer, type Server } from '../server.ts';
import { settleMemory } from '../settle-memory.ts';
import type { ConfiguredRule } from '../standing.ts';
import { StateFile, stateNow, whyNotWritable, type State } from '../state.ts';
import { SOURCE_NAMES } from '../source-names.ts';
import { NODE_RULES } from '../../rules/index.ts';

export interface AgentOptions extends NodeOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly interval: number;
  readonly stateDir: string;
}

const SUMMARY_SCHEDULE = '*/10 * * * *';
/** The loop is said to stand still after so many missed turns, and never before a minute: a sick card may block one. */
const STANDSTILL_INTERVALS = 6;
const STANDSTILL_SECONDS = 60;

/** Runs the agent until the signal aborts. `onLook` sees every report first; the demonstration prints with it. */
export async function runAgent(options: AgentOptions, signal: AbortSignal, parts: AgentParts = {}): Promise<void> {
  const config = await readConfig(options);
  const node = await openNode(options, parts.fastSeconds ?? 0);
  const log = logExporter({ format: options.logFormat, level: options.logLevel, ...(parts.logTo && { write: parts.logTo }) });
  const prometheus = prometheusExporter({ version: VERSION, requestCounts: () => node.cluster.requestCounts() });
  const memory = await openMemory(options, node, (text) => log.note('warn', text));
  const { all: collectors, kernelLog } = collectorsFor(options, config, node.clock, memory.lookBackSeconds, memory.state, node.cluster);
  const rules = configureRules(config, NODE_RULES);
  const engine = new Engine({ rules, suppression: suppressionFor(config), remembered: memory.state?.events ?? [] });
  const exporters: readonly Exporter[] = [log, prometheus, ...(await configured(config, options, log, prometheus)), ...(await clusterExporters(config, node, rules, log, prometheus))];
  const loop = new Loop({
    host: node.host,
    clock: node.clock,
    engine,
    collectors,
    sourceNames: SOURCE_NAMES,
    exporters,
    nodeName: node.name,
    rememberedNodeGroup: memory.state?.nodeGroup,
    rulesEvaluated: rules.length,
    intervalSeconds: options.interval,
    useSchedules: !node.isReplay,
    onExporterFailure: (exporter, error) => {
      prometheus.countFailure(exporter);
      log.note('error', `exporter ${exporter} failed`, { exporter, error: String(error) });
    },
    ...(parts.onLook && { onLook: parts.onLook }),
  });
  const remember = (last: boolean): Promise<void> =>
    memory.keep(kernelLog.position(), loop.report, engine.events(), node.clock.monotonicSeconds(), last).catch((error: unknown) => {
      log.note('warn', 'the state was not kept', { error: String(error) });
    });
  const server = await listen(options, loop, prometheus, (error) => {
    log.note('warn', error.message, { cause: String(error.cause) });
  });
  log.note('info', `railmedic ${VERSION} watches ${node.name} every ${options.interval} s, ${rules.length} rules; ${server.url}`);
  const summary = schedule(SUMMARY_SCHEDULE, () => log.summary(), { maxRandomDelay: 30_000, suppressMissedWarning: true });
  settleMemory();
  const keeping = setInterval(() => void remember(false), 10_000).unref();
  try {
    await loop.run(signal);
  } finally {
    clearInterval(keeping);
    await summary.destroy();
    await remember(true);
    await server.close();
    log.note('info', 'stopped');
    loop.close();
    await Promise.all(exporters.map((exporter) => exporter.close()));
    node.host.close();
  }
}

export interface AgentParts {
  readonly fastSeconds?: number;
  readonly onLook?: (report: Report) => void;
  readonly logTo?: (line: string) => void;
}

/** The exporters that only some want; what they need is loaded with them. */
async function configured(config: Config, { listen, interval }: AgentOptions, log: LogExporter, prometheus: PrometheusExporter): Promise<readonly Exporter[]> {
  const { alertmanager } = config.exporters;
  if (!alertmanager) return [];
  const { openAlertmanager } = await import('../senders/alertmanager.ts');
  const onFailure = (): void => prometheus.countFailure('alertmanager');
  const exporter = openAlertmanager(alertmanager, { listen, intervalSeconds: interval, note: (level, message, fields) => log.note(level, message, fields), onFailure });
  prometheus.watchAlertmanagers(() => exporter.peers());
  return [exporter];
}

/** What writes into the cluster; nothing where there is none, and that costs nothing. */
async function clusterExporters(config: Config, node: OpenNode, rules: readonly ConfiguredRule[], log: LogExporter, prometheus: PrometheusExporter): Promise<readonly Exporter[]> {
  const { api } = node.cluster;
  if (!api) return [];
  const { factsOf, KUBERNETES_DEFAULTS, openKubernetesExporters } = await import('../senders/kubernetes.ts');
  return openKubernetesExporters(config.exporters.kubernetes ?? KUBERNETES_DEFAULTS, {
    api,
    rules: rules.map(factsOf),
    nowSeconds: () => node.clock.monotonicSeconds(),
    random: () => Math.random(),
    note: (level, message, fields) => log.note(level, message, fields),
    onFailure: (exporter) => prometheus.countFailure(exporter),
  });
}

function listen(options: AgentOptions, loop: Loop, prometheus: PrometheusExporter, onError: (error: Error) => void): Promise<Server> {
  const limit = Math.max(STANDSTILL_SECONDS, options.interval * STANDSTILL_INTERVALS);
  const startedAt = performance.now();
  return startServer({
    ...options.listen,
    version: VERSION,
    report: () => loop.report,
    onError,
    metrics: () => prometheus.render(),
    health: () => {
      const seconds = loop.secondsSinceTurn() ?? (performance.now() - startedAt) / 1000;
      return seconds <= limit ? undefined : `the loop has not turned for ${seconds.toFixed(0)} s, expected every ${options.interval} s`;
    },
  });
}

interface Memory {
  readonly state: State | undefined;
  readonly lookBackSeconds: number;
  keep(position: { readonly bootId: string | undefined; readonly sequence: number } | undefined, report: Report | undefined, events: readonly RememberedEvent[], nowSeconds: number, last: boolean): Promise<void>;
}

/** Where the state can be kept, the log is read back once a boot; where not, only what comes from now on is new. */
async function openMemory(options: AgentOptions, node: OpenNode, warn: (text: string) => void): Promise<Memory> {
  if (node.isReplay) return { state: undefined, lookBackSeconds: LOOK_BACK_SECONDS, keep: async () => {} };
  const problem = await whyNotWritable(options.stateDir);
  if (problem !== undefined) {
    warn(`no state is kept (${problem}): a restart reads the kernel log from its end`);
    return { state: undefined, lookBackSeconds: 0, keep: async () => {} };
  }
  const file = new StateFile(options.stateDir, node.host.root);
  const state = await file.read(await readBootId(node.host)).catch((error: unknown) => {
    warn(String(error));
    return undefined;
  });
  return {
    state,
    lookBackSeconds: LOOK_BACK_SECONDS,
    async keep(position, report, events, nowSeconds, last) {
      const now = stateNow(report, position, events, state);
      if (now) await file.write(now, nowSeconds, last);
    },
  };
}
