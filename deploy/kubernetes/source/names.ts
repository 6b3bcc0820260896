/** One agent a node and therefore one installation a cluster: the names do not depend on who installs it. */
export const NAME = 'railmedic';
export const SELECTOR = { 'app.kubernetes.io/name': NAME };
export const PORT_NAME = 'metrics';

/** Labels of every object; `metadata` of one. */
export const LABELS = SELECTOR;
export const metadata = (namespace: string | undefined, name = NAME): { name: string; namespace?: string; labels: typeof LABELS } => ({
  name,
  ...(namespace !== undefined && { namespace }),
  labels: LABELS,
});
