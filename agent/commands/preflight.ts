import { preflightText } from '../../exporters/preflight/json.ts';
import { renderPreflight } from '../../exporters/preflight/report.ts';
import { sarifText } from '../../exporters/preflight/sarif.ts';
import { exitStatus } from '../../exporters/verdict.ts';
import { MANIFEST_RULES } from '../../rules/index.ts';
import { readPage, readSchemas } from '../assets.ts';
import { readManifestTexts } from '../host/manifest-files.ts';
import type { PreflightReport } from '../model.ts';
import { readConfig } from '../node.ts';
import { audit } from '../preflight/audit.ts';
import { readManifests } from '../preflight/read-manifests.ts';
import { validator } from '../preflight/schema.ts';
import type { Schemas } from '../preflight/schema-types.ts';
import { rulesNamed, UsageError } from '../rule-names.ts';
import type { Terminal } from '../terminal.ts';

export interface PreflightOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly rules?: string;
}

/** More than any rendered chart has; it bounds what one file may cost. */
const MOST_BYTES = 32 * 2 ** 20;

/** Audits manifests, prints what a person, a program or a code host needs, and returns the exit status. */
export async function preflight(names: readonly string[], options: PreflightOptions, terminal: Terminal, input: AsyncIterable<Buffer | string>): Promise<number> {
  if (names.length === 0) throw new UsageError('preflight: expected files or directories of manifests, or - for standard input, got none');
  if (options.json && options.sarif) throw new UsageError('preflight: --json and --sarif print two formats; choose one');
  const config = await readConfig(options);
  const rules = options.rules === undefined ? MANIFEST_RULES : rulesNamed(options.rules, MANIFEST_RULES);
  const texts = await readManifestTexts(names, MOST_BYTES, input);
  const manifests = readManifests(texts, validator(JSON.parse(await readSchemas()) as Schemas), names.length > 3 ? `${names.length} files` : names.join(' '));
  const report = audit(manifests, config, rules, new Date());
  if (options.json) terminal.print(preflightText(report));
  else if (options.sarif) terminal.print(sarifText(report, rules, await pagesOf(report)));
  else terminal.print(renderPreflight(report, { width: terminal.width, colour: terminal.colour }));
  return exitStatus(report);
}

/** The pages of the rules that found something: a code host shows them beside the line. */
async function pagesOf(report: PreflightReport): Promise<ReadonlyMap<string, string>> {
  const pages = new Set(report.findings.map(({ page }) => page));
  return new Map(await Promise.all([...pages].map(async (page) => [page, await readPage(page)] as const)));
}
