/** Variables of the environment that are read and are no option's; a test compares them with the code. */
export const ENVIRONMENT: readonly (readonly [name: string, words: string])[] = [
  ['PATH', 'where `nvidia-smi` is looked for first'],
  ['KUBECONFIG', 'how to reach the API server, where there is neither `--kubeconfig` nor a service account'],
  ['HOME', 'where `preflight --cluster` finds `.kube/config`; no other command looks for it: an agent must not act as the person who owns the node'],
  ['KUBERNETES_SERVICE_HOST', 'the API server, in a pod: Kubernetes sets it'],
  ['KUBERNETES_SERVICE_PORT', 'its port'],
  ['NO_COLOR', 'set and not empty: no colours in the terminal'],
  ['TERM', '`dumb`: no colours'],
  ['COLUMNS', 'the width of a page, where the output is no terminal'],
  ['UV_THREADPOOL_SIZE', 'threads that may wait for silent cards; 40 unless set'],
];
