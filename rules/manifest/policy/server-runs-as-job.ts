import { containersWhere } from './cel.ts';
import { CRON_JOB, JOB, type ManifestPolicy } from './policy.ts';

/** `vllm serve`, or Python with vLLM's server as its module, without a shell. */
const SERVES =
  "t.spec.containers.size() == 1 && ((c.?command.orValue([]) + c.?args.orValue([])).map(w, string(w)).join(' ').matches('^([a-z0-9/._-]*/)?(vllm serve|python[0-9.]* -m vllm[.]entrypoints[.](openai[.])?api_server) ?[^;|&]*$'))";

export const serverRunsAsJobPolicy: ManifestPolicy = {
  rule: 'ServerRunsAsJob',
  page: 'rules/manifest/server-runs-as-job.md',
  kinds: [JOB, CRON_JOB],
  faults: containersWhere(SERVES),
  message: 'a vLLM server in a Job: after its last retry it stays down, and it has no rolling update; a Deployment serves',
  misses: 'servers that a script or the image itself starts, and Jobs of several containers',
};
