import { WORDS } from './cel.ts';
import { RAY_KINDS, type ManifestPolicy } from './policy.ts';

const probe = (kind: string): string => `(has(c.${kind}) && has(c.${kind}.httpGet) && c.${kind}.httpGet.?path.orValue('/').matches('^/health/?$') && string(c.${kind}.httpGet.port) == '8000')`;
const ASKS = ['startupProbe', 'readinessProbe', 'livenessProbe'].map(probe).join(' || ');
/** A script of the user's own may start vLLM's server beside Ray: then the probe is right. */
const MAY_SERVE = `${WORDS}.exists(w, string(w).matches('vllm|[.](sh|py)'))`;

export const rayProbeOverriddenPolicy: ManifestPolicy = {
  rule: 'RayProbeOverridden',
  page: 'rules/manifest/ray-probe-overridden.md',
  kinds: RAY_KINDS,
  faults: `variables.templates.map(t, [t.spec.containers[0]].filter(c, (${ASKS}) && !(${MAY_SERVE})).map(c, 'container ' + c.name).join(', ')).filter(s, s != '').join(', ')`,
  message: "a probe of vLLM's /health on port 8000, where on a Ray pod nothing need answer; KubeRay injects the right probes where none is written",
  misses: 'probes that run curl, or name their port',
};
