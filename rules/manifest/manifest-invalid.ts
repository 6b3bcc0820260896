import type { ManifestProblem } from '../../agent/model.ts';
import { defineRule } from '../define.ts';

/** The reader has found what it tells: text that is no YAML, fields that no schema knows, and what could not be read. */
export const manifestInvalid = defineRule({
  name: 'ManifestInvalid',
  title: 'The manifest is not what the API server takes',
  severity: 'critical',
  page: 'rules/manifest/manifest-invalid.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const problem of manifests.problems) {
      const { place, message } = problem;
      const subject = subjectOf(problem);
      if (problem.kind === 'hidden') {
        yield { undecided: subject, why: message, report: true, place };
        continue;
      }
      const title = problem.kind === 'syntax' ? 'The file is not YAML' : problem.excerpt === undefined ? undefined : 'A text in the manifest is not the YAML that it should be';
      yield {
        subject,
        message,
        evidence: problem.excerpt === undefined ? {} : { excerpt: problem.excerpt.split('\n') },
        place,
        ...(title !== undefined && { title }),
      };
    }
  },
});

function subjectOf({ subject, place: { file, line, field = '' } }: ManifestProblem): string {
  return subject ?? `${file}:${line} ${field}`.trimEnd();
}
