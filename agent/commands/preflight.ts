import { checklistText, renderChecklist } from '../../exporters/preflight/checklist.ts';
import { preflightText } from '../../exporters/preflight/json.ts';
import { renderPreflight } from '../../exporters/preflight/report.ts';
import { sarifText } from '../../exporters/preflight/sarif.ts';
import { preflightStatus } from '../../exporters/preflight/verdict.ts';
import type { Rule } from '../../rules/define.ts';
import { MANIFEST_RULES } from '../../rules/index.ts';
import { readPage, readSchemas } from '../assets.ts';
import { configureRules, type Config } from '../config.ts';
import { readManifestTexts } from '../host/manifest-files.ts';
import { openHost } from '../host.ts';
import type { Manifests, PreflightReport } from '../model.ts';
import { readConfig } from '../node.ts';
import { audit } from '../preflight/audit.ts';
import { judgeChecklist } from '../preflight/judge-checklist.ts';
import { readManifests } from '../preflight/read-manifests.ts';
import { validator } from '../preflight/schema.ts';
import type { Schemas } from '../preflight/schema-types.ts';
import { rulesNamed, UsageError } from '../rule-names.ts';
import type { Terminal } from '../terminal.ts';

export interface PreflightOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly checklist?: boolean;
  readonly rules?: string;
  readonly cluster?: boolean;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly aws?: boolean;
  readonly emitPolicy?: boolean;
  readonly deny?: boolean;
}

/** More than any rendered chart has; it bounds what one file may cost. */
const MOST_BYTES = 32 * 2 ** 20;

/** Audits manifests, prints what a person, a program or a code host needs, and returns the exit status. */
export async function preflight(names: readonly string[], options: PreflightOptions, terminal: Terminal, input: AsyncIterable<Buffer | string>, signal = new AbortController().signal): Promise<number> {
  checkOptions(options);
  if (options.emitPolicy) return emitPolicies(names, options, terminal);
  if (names.length === 0 && !options.cluster) throw new UsageError('preflight: expected files or directories of manifests, or - for standard input, got none; --cluster audits what runs');
  if (names.length === 0 && options.sarif) throw new UsageError('preflight: --sarif points to lines of files, and objects of a cluster have none; take --json, or name files too');
  if (options.json && options.sarif) throw new UsageError('preflight: --json and --sarif print two formats; choose one');
  if (options.checklist && options.sarif) throw new UsageError('preflight: --sarif shows findings, which the checklist sums up; choose one');
  const config = await readConfig(options);
  const rules = options.rules === undefined ? MANIFEST_RULES : rulesNamed(options.rules, MANIFEST_RULES);
  const given = names.length === 0 ? undefined : await readFiles(names, input);
  const manifests = options.cluster || !given ? await readCluster(given, options, signal) : given;
  const report = audit(manifests, config, rules, new Date());
  if (options.checklist) terminal.print(checklistOf(report, rules, config, options, terminal));
  else if (options.json) terminal.print(preflightText(report));
  else if (options.sarif) terminal.print(sarifText(report, rules, await pagesOf(report)));
  else terminal.print(renderPreflight(report, { width: terminal.width, colour: terminal.colour }));
  return preflightStatus(report);
}

/** An option that would do nothing was not meant so. */
function checkOptions({ cluster, emitPolicy, aws, namespace, kubeconfig, context, deny, json, sarif, checklist }: PreflightOptions): void {
  const ofCluster = Object.entries({ aws, namespace, kubeconfig, context }).find(([, value]) => value !== undefined && value !== false)?.[0];
  if (ofCluster !== undefined && !cluster) throw new UsageError(`preflight: --${ofCluster} is for --cluster, which is missing; files are read without a cluster`);
  if (deny && !emitPolicy) throw new UsageError('preflight: --deny is for --emit-policy, which is missing; nothing is refused by preflight itself');
  const other = Object.entries({ cluster, json, sarif, checklist }).find(([, value]) => value)?.[0];
  if (emitPolicy && other !== undefined) throw new UsageError(`preflight: --emit-policy prints policies and takes no --${other}`);
}

/** The production guide's checklist. A rule that the configuration switches off, or that was not named, decides nothing. */
function checklistOf(report: PreflightReport, rules: readonly Rule[], config: Config, options: PreflightOptions, terminal: Terminal): string {
  const items = judgeChecklist(report, configureRules(config, rules).map(({ rule }) => rule.name));
  return options.json ? checklistText(report, items) : renderChecklist(report, items, { width: terminal.width, colour: terminal.colour });
}

/** The rules that CEL can say, for `kubectl apply -f -`; with `--rules` those of them. */
async function emitPolicies(names: readonly string[], { rules, deny = false }: PreflightOptions, terminal: Terminal): Promise<number> {
  if (names.length > 0) throw new UsageError('preflight: --emit-policy prints policies and reads no files');
  const [{ policyYaml }, { POLICIES }] = await Promise.all([import('../preflight/policies.ts'), import('../../rules/manifest/policy/index.ts')]);
  const wanted = rules === undefined ? undefined : rulesNamed(rules, MANIFEST_RULES).map(({ name }) => name);
  const without = (wanted ?? []).filter((name) => !POLICIES.some(({ rule }) => rule === name));
  if (without.length > 0) throw new UsageError(`preflight: --emit-policy: CEL cannot say ${without.join(', ')}; expected ${POLICIES.map(({ rule }) => rule).join(', ')}`);
  terminal.print(policyYaml(POLICIES.filter(({ rule }) => wanted?.includes(rule) ?? true), { deny }));
  return 0;
}

async function readFiles(names: readonly string[], input: AsyncIterable<Buffer | string>): Promise<Manifests> {
  const texts = await readManifestTexts(names, MOST_BYTES, input);
  return readManifests(texts, validator(JSON.parse(await readSchemas()) as Schemas), names.length > 3 ? `${names.length} files` : names.join(' '));
}

/** What runs in a cluster; with manifests these, and the cluster they are meant for. */
async function readCluster(given: Manifests | undefined, { namespace, kubeconfig, context, aws }: PreflightOptions, signal: AbortSignal): Promise<Manifests> {
  const [{ openForPerson }, { auditCluster }] = await Promise.all([import('../preflight/cluster/open.ts'), import('../preflight/cluster/audit-cluster.ts')]);
  const api = await openForPerson(kubeconfig, context);
  return auditCluster({ api, server: api.server, namespace, awsHost: aws ? openHost() : undefined }, given, signal);
}

/** The pages of the rules that found something: a code host shows them beside the line. */
async function pagesOf(report: PreflightReport): Promise<ReadonlyMap<string, string>> {
  const pages = new Set(report.findings.map(({ page }) => page));
  return new Map(await Promise.all([...pages].map(async (page) => [page, await readPage(page)] as const)));
}
