import { errnoOf, HostError, type Host, type Program, type ProgramPlace } from '../../host.ts';

const NAME = 'nvidia-smi';

/** Below the host root: the distribution's package, a container of the GPU Operator, a driver as GKE and kOps install it. */
const NODE_PLACES: readonly ProgramPlace[] = [
  { from: 'node', path: `/usr/bin/${NAME}`, system: '/', libraries: [] },
  { from: 'node', path: `/run/nvidia/driver/usr/bin/${NAME}`, system: '/run/nvidia/driver', libraries: [] },
  { from: 'node', path: `/usr/local/nvidia/bin/${NAME}`, system: '/', libraries: ['/usr/local/nvidia/lib64', '/usr/local/nvidia/lib'] },
];

/** A program, or each place that was tried with what stood against it. */
export type Located = { readonly program: Program } | { readonly tried: readonly string[] };

/** `given` alone where it is given: who names a program wants no other. A bare name is looked for on PATH. */
export async function locate(host: Host, given: string | undefined): Promise<Located> {
  const tried: string[] = [];
  for (const place of placesFor(host, given)) {
    try {
      return { program: await host.program(place) };
    } catch (error) {
      const what = `${error instanceof HostError ? error.path : place.path}: ${errnoOf(error)}`;
      if (!tried.includes(what)) tried.push(what);
    }
  }
  return { tried };
}

function placesFor(host: Host, given: string | undefined): readonly ProgramPlace[] {
  if (given?.includes('/')) return [{ from: 'here', path: given }];
  const onPath = host.searchPath.map((directory): ProgramPlace => ({ from: 'here', path: `${directory}/${given ?? NAME}` }));
  return given === undefined ? [...onPath, ...NODE_PLACES] : onPath;
}
