import type { Judgement, Manifests, Symptom } from '../../../agent/model.ts';
import { readManifests } from '../../../agent/preflight/read-manifests.ts';
import { validator } from '../../../agent/preflight/schema.ts';
import schemas from '../../../agent/preflight/schemas.json' with { type: 'json' };
import type { Rule, Settings } from '../../../rules/define.ts';
import { judge } from '../fixtures.ts';
import { expectSnippetsHelp } from './applied-snippet.ts';
import { expectAgreement } from './policy-agreement.ts';

/** What preflight reads from this text of a file `job.yaml`. */
export function manifests(text: string, file = 'job.yaml'): Manifests {
  return readManifests([{ file, text, why: undefined, isNamed: true }], validator(schemas), file);
}

/** What a manifest rule says of this text; its admission policy, where it has one, must agree, and what it says to write must help. */
export function judgeText(rule: Rule, text: string, settings: Settings = {}): readonly Judgement[] {
  const judgements = judge(rule, { manifests: manifests(text) }, undefined, 0, settings);
  // With other thresholds a rule may say less than its policy, which knows none.
  if (Object.keys(settings).length === 0) {
    expectAgreement(rule, text, judgements);
    expectSnippetsHelp(rule, text, judgements, manifests);
  }
  return judgements;
}

/** The same in short: `line field: message`, `unknown` before what could not be judged. */
export function said(rule: Rule, text: string, settings: Settings = {}): readonly string[] {
  return judgeText(rule, text, settings).map((judgement) => {
    const { line, field } = judgement.place ?? { line: 0 };
    return 'undecided' in judgement ? `unknown ${line} ${field ?? ''}: ${judgement.why}` : `${line} ${field ?? ''}: ${judgement.message}`;
  });
}

export function first(judgements: readonly Judgement[]): Symptom {
  const [found] = judgements;
  if (!found || 'undecided' in found) throw new Error(`expected a symptom, got ${JSON.stringify(found)}`);
  return found;
}

/** A Pod with one container `main` of these lines of YAML, each as it would stand below the container's name. */
export function pod(container: string, spec = '', metadata = ''): string {
  const indented = (text: string, by: string): string => text.split('\n').filter((line) => line.trim() !== '').map((line) => by + line).join('\n');
  return ['apiVersion: v1', 'kind: Pod', 'metadata:', '  name: test', indented(metadata, '  '), 'spec:', indented(spec, '  '), '  containers:', '    - name: main', indented(container, '      ')].filter((line) => line !== '').join('\n');
}
