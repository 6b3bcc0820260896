import { createHash } from 'node:crypto';
import type { Finding, PreflightReport, Severity } from '../../agent/model.ts';
import { jsonText, visible } from '../escape.ts';

/** What SARIF says of a rule; the same for every run. */
export interface SarifRule {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly page: string;
}

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = { critical: 'error', warning: 'warning', info: 'note' };
/** GitHub sorts by it: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning */
const PROBLEM_SEVERITIES: Readonly<Record<Severity, string>> = { critical: 'error', warning: 'warning', info: 'recommendation' };
/** The schema's own address, by which readers know the format. */
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** SARIF 2.1.0. `pages` gives the text of the pages that are worth sending along, by their path. Shadow findings stay out. */
export function sarifText(report: PreflightReport, rules: readonly SarifRule[], pages: ReadonlyMap<string, string>): string {
  const findings = report.findings.filter(({ shadow, state }) => !shadow && state !== 'resolved');
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'railmedic', rules: rules.map((rule) => ruleJson(rule, pages.get(rule.page))) } },
        columnKind: 'utf16CodeUnits',
        artifacts: report.files.map((file) => ({ location: { uri: uriOf(file) } })),
        invocations: [{ executionSuccessful: true, endTimeUtc: report.takenAt }],
        results: findings.map((finding) => resultJson(finding, rules)),
      },
    ],
  };
  return `${jsonText(log, 2)}\n`;
}

function ruleJson({ name, title, severity, page }: SarifRule, text: string | undefined): object {
  const markdown = text?.replace(/^---\n[\s\S]*?\n---\n+/, '');
  return {
    id: name,
    name,
    shortDescription: { text: title },
    help: { text: `railmedic explain ${name} prints ${page}`, ...(markdown !== undefined && { markdown }) },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: ['kubernetes', 'gpu'], 'problem.severity': PROBLEM_SEVERITIES[severity] },
  };
}

function resultJson(finding: Finding, rules: readonly SarifRule[]): object {
  const { rule, severity, state, suppressed } = finding;
  const ruleIndex = rules.findIndex(({ name }) => name === rule);
  return {
    ruleId: rule,
    ...(ruleIndex !== -1 && { ruleIndex }),
    // A result that is not a failure has no level: section 3.27.10.
    ...(state === 'firing' ? { kind: 'fail', level: LEVELS[severity] } : { kind: 'open', level: 'none' }),
    message: { text: messageOf(finding) },
    locations: [locationJson(finding)],
    partialFingerprints: { 'railmedicSubject/v1': createHash('sha256').update(`${rule}\n${finding.subject}`).digest('hex') },
    ...(suppressed !== undefined && { suppressions: [{ kind: /\(annotation /.test(suppressed) ? 'inSource' : 'external', status: 'accepted', justification: suppressed }] }),
  };
}

function messageOf({ message, place, rule }: Finding): string {
  const parts = [message];
  if (place?.found !== undefined) parts.push(`Found: ${place.found}`);
  if (place?.expected !== undefined) parts.push(`Expected: ${place.expected}`);
  if (place?.snippet !== undefined) parts.push(`Write:\n${place.snippet}`);
  return [...parts, `railmedic explain ${rule}`].map(plain).join('\n');
}

/** Text of manifests: its lines stay, its control characters are shown, and `[text](address)` makes no link (section 3.11.6). */
function plain(text: string): string {
  return text.split('\n').map((line) => visible(line).replaceAll('](', '] (')).join('\n');
}

function locationJson({ place, subject }: Finding): object {
  const { file, line, column, object, field } = place ?? { file: '-', line: 1 };
  const name = object === undefined ? subject : [object, field].filter(Boolean).join(' ');
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line, ...(column !== undefined && { startColumn: column }) } },
    logicalLocations: [{ fullyQualifiedName: name, kind: 'member' }],
  };
}

/** A relative reference as RFC 3986 has it, so that a code host finds the file in the repository. */
function uriOf(file: string): string {
  if (file === '-') return 'stdin';
  const path = file.replace(/^\.\//, '').split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${path}` : path;
}
