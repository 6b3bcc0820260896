import type { Cause, RequiredMount } from '../../agent/model.ts';
import { defineRule } from '../define.ts';

export const sharedFilesystemMissing = defineRule({
  name: 'SharedFilesystemMissing',
  title: 'A required file system is missing or does not answer',
  severity: 'warning',
  page: 'rules/host/shared-filesystem-missing.md',
  needs: ['mounts'],
  settings: {},
  *check(now) {
    for (const mount of now.mounts.required) {
      const fault = faultOf(mount);
      if (fault === undefined) continue;
      yield {
        subject: mount.path,
        message: fault,
        evidence: {
          answer: mount.answer,
          ...(mount.wantedType === undefined ? {} : { wantedType: mount.wantedType }),
          ...(mount.foundType === undefined ? {} : { foundType: mount.foundType }),
          ...(mount.detail === undefined ? {} : { detail: mount.detail }),
        },
        causes: causes(mount),
      };
    }
  },
});

function faultOf({ path, answer, wantedType, foundType, detail }: RequiredMount): string | undefined {
  const type = foundType ?? wantedType;
  const named = type === undefined ? path : `${path} (${type})`;
  if (answer === 'not-mounted') return `${named} is not mounted`;
  if (answer === 'silent') return `${named} is mounted and does not answer: ${detail ?? 'no answer in time'}`;
  if (answer === 'error') return `${named} is mounted and answers with an error: ${detail ?? 'unknown'}`;
  const isOther = wantedType !== undefined && foundType !== wantedType;
  return isOther ? `${path} is ${foundType ?? 'of an unknown type'}, expected ${wantedType}` : undefined;
}

function causes(mount: RequiredMount): readonly Cause[] {
  const path = quoted(mount.path);
  const mounted = `findmnt ${path}`;
  const isLustre = (mount.wantedType ?? mount.foundType) === 'lustre';
  const server: Cause = {
    cause: 'server-unreachable',
    likelihood: mount.answer === 'silent' || mount.answer === 'error' ? 'likely' : 'possible',
    why: isLustre
      ? 'the Lustre servers are not reached: TCP 988 and 1018-1023 blocked by a security group, or the file system is gone'
      : 'the file server is not reached: a firewall, a route, or the server itself',
    check: isLustre
      ? [mounted, 'lctl ping "$MGS_NID"', 'lfs check servers', 'dmesg -T | grep -i lustre | tail -20']
      : [mounted, 'dmesg -T | grep -i -E "not responding|nfs" | tail -20'],
    fix: isLustre ? [`${ALLOW} --port 988`, `${ALLOW} --port 1018-1023`] : [],
  };
  const absent: Cause = {
    cause: 'never-mounted',
    likelihood: mount.answer === 'not-mounted' ? 'likely' : 'possible',
    why: isLustre
      ? 'nothing mounted it here: no Lustre client module for this kernel, no CSI node plugin, or user data that failed'
      : 'nothing mounted it here: user data or an /etc/fstab entry that failed, or no CSI node plugin',
    check: isLustre
      ? [mounted, 'modinfo lustre | head -3', 'kubectl get pods -n kube-system -o wide | grep fsx-csi-node']
      : [mounted, 'grep -v ^# /etc/fstab'],
    fix: [`mount ${path}   # where /etc/fstab has it; else by the unit or the pod whose task it is`],
  };
  if (mount.answer === 'answered') return [{ ...absent, cause: 'other-file-system', likelihood: 'likely', why: OTHER_WHY }];
  return mount.answer === 'not-mounted' ? [absent, server] : [server];
}

/** The path of the configuration, as one word of a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

const OTHER_WHY = 'another file system lies where the shared one belongs: jobs write where nobody else reads';
const ALLOW =
  'aws ec2 authorize-security-group-ingress --group-id "$FSX_GROUP" --source-group "$NODE_GROUP" --protocol tcp';
