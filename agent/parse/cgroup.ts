/** Whose process it is, as its control group tells. */
export interface CgroupOwner {
  /** As the kernel writes it, without the hierarchy. */
  readonly cgroup: string | undefined;
  readonly podUid: string | undefined;
  readonly containerId: string | undefined;
}

/**
 * `pod<uid>` below kubepods. The systemd driver writes `kubepods-burstable-pod<uid with _ for ->.slice`, the cgroupfs
 * driver `/kubepods/burstable/pod<uid>`; the uid of a static pod is the 32 digits of its manifest's hash.
 */
const POD = /kubepods.*?[/-]pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=[./:]|$)/;
/** `cri-containerd-<id>.scope`, `crio-<id>.scope`, `docker-<id>.scope`, `<slice>:cri-containerd:<id>` or the id alone. */
const CONTAINER = /[/:-]([0-9a-f]{64})(?=\.scope|[/:]|$)/g;

/**
 * /proc/<pid>/cgroup of either version. Of the hierarchies of version 1 the one that names a pod is taken, else the
 * unified one, else memory: a container runtime may leave single hierarchies at `/`.
 */
export function parseCgroup(text: string): CgroupOwner {
  const entries = text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers !== undefined && path !== undefined ? [{ controllers, path }] : [];
  });
  const chosen =
    entries.find(({ path }) => POD.test(path)) ??
    entries.find(({ controllers, path }) => controllers === '' && path !== '/') ??
    entries.find(({ controllers }) => controllers.split(',').includes('memory')) ??
    entries[0];
  if (!chosen) return { cgroup: undefined, podUid: undefined, containerId: undefined };
  // Innermost last: a node that is itself a container (kind) has its own id further out.
  const containerId = [...chosen.path.matchAll(CONTAINER)].at(-1)?.[1];
  return { cgroup: chosen.path, podUid: POD.exec(chosen.path)?.[1]?.replaceAll('_', '-'), containerId };
}
