import { describe, expect, test } from 'vitest';
import { parseCgroup } from '../../agent/parse/cgroup.ts';

const ID = '0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d';
const UID = '968a06fb-9ab9-4819-8caf-0392ddff3d9b';
const UNDERSCORES = UID.replaceAll('-', '_');

describe('parseCgroup', () => {
  test.each([
    ['version 2, systemd, containerd', `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORES}.slice/cri-containerd-${ID}.scope`],
    ['a guaranteed pod', `0::/kubepods.slice/kubepods-pod${UNDERSCORES}.slice/cri-containerd-${ID}.scope`],
    ['CRI-O', `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNDERSCORES}.slice/crio-${ID}.scope`],
    ['CRI-O with a group of its own inside', `0::/kubepods.slice/kubepods-pod${UNDERSCORES}.slice/crio-${ID}.scope/container`],
    ['docker', `0::/kubepods.slice/kubepods-pod${UNDERSCORES}.slice/docker-${ID}.scope`],
    ['cgroupfs driver', `0::/kubepods/burstable/pod${UID}/${ID}`],
    ['cgroupfs driver, guaranteed', `0::/kubepods/pod${UID}/${ID}`],
    ['seen from within another cgroup namespace', `0::/../../kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORES}.slice/cri-containerd-${ID}.scope`],
    ['containerd without SystemdCgroup', `0::/system.slice/kubepods-burstable-pod${UNDERSCORES}.slice:cri-containerd:${ID}`],
    ['a node that is a container', `0::/docker/${'a'.repeat(64)}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${UNDERSCORES}.slice/cri-containerd-${ID}.scope`],
  ])('%s', (_, line) => {
    expect(parseCgroup(`${line}\n`)).toEqual({ cgroup: line.slice(3), podUid: UID, containerId: ID });
  });

  test('version 1: the hierarchy that names the pod', () => {
    const path = `/kubepods/burstable/pod${UID}/${ID}`;
    expect(parseCgroup(`12:cpuset:/\n11:memory:${path}\n1:name=systemd:${path}\n0::/system.slice/containerd.service\n`)).toEqual({
      cgroup: path,
      podUid: UID,
      containerId: ID,
    });
  });

  test('a static pod has a hash for its uid', () => {
    const line = `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${'ab'.repeat(16)}.slice/cri-containerd-${ID}.scope`;
    expect(parseCgroup(line).podUid).toBe('ab'.repeat(16));
  });

  test.each([
    ['a service', '0::/system.slice/sshd.service\n', '/system.slice/sshd.service'],
    ['version 1 without a unified group', '9:name=systemd:/x\n4:cpu,memory:/user.slice\n0::/\n', '/user.slice'],
    ['the root group', '0::/\n', '/'],
    ['garbage', 'garbage\n\n', undefined],
    ['nothing', '', undefined],
    ['a pod that is no uid', '0::/kubepods/burstable/pod-x/y\n', '/kubepods/burstable/pod-x/y'],
  ])('no pod: %s', (_, text, cgroup) => {
    expect(parseCgroup(text)).toEqual({ cgroup, podUid: undefined, containerId: undefined });
  });
});
