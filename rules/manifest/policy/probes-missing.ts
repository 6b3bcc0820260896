import { containersWhere } from './cel.ts';
import { SERVER_KINDS, type ManifestPolicy } from './policy.ts';

/** `vllm serve` or the module, without a shell; a rank that answers nobody is left out. */
const SERVES =
  "(c.?command.orValue([]) + c.?args.orValue([])).map(w, string(w)).join(' ').matches('^([a-z0-9/._-]*/)?(vllm serve|python[0-9.]* -m vllm[.]entrypoints[.](openai[.])?api_server)( |$)') && !c.?args.orValue([]).exists(w, string(w).matches('^--(headless|node-rank|node_rank)|^-r$')) && !c.?command.orValue([]).exists(w, string(w).matches('^--(headless|node-rank|node_rank)|^-r$'))";

export const probesMissingPolicy: ManifestPolicy = {
  rule: 'ProbesMissing',
  page: 'rules/manifest/probes-missing.md',
  kinds: SERVER_KINDS,
  faults: containersWhere(`${SERVES} && !(has(c.startupProbe) && has(c.readinessProbe) && has(c.livenessProbe))`),
  message: 'a vLLM server without startupProbe, readinessProbe and livenessProbe on /health',
  misses: 'servers that a script or the image itself starts',
};
