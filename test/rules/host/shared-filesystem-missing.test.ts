import { describe, expect, it } from 'vitest';

import type { RequiredMount } from '../../../agent/model.ts';
import { sharedFilesystemMissing } from '../../../rules/host/shared-filesystem-missing.ts';
import { judge } from '../fixtures.ts';

function look(changes: Partial<RequiredMount>) {
  const mount: RequiredMount = {
    path: '/shared',
    wantedType: 'lustre',
    foundType: 'lustre',
    answer: 'answered',
    detail: undefined,
    ...changes,
  };
  return { mounts: { required: [mount] } };
}

describe('SharedFilesystemMissing is silent', () => {
  it('where nothing is required', () => {
    expect(judge(sharedFilesystemMissing, { mounts: { required: [] } })).toEqual([]);
  });
  it('about a mount that answers, of the wanted type or of any', () => {
    expect(judge(sharedFilesystemMissing, look({}))).toEqual([]);
    expect(judge(sharedFilesystemMissing, look({ wantedType: undefined, foundType: 'nfs4' }))).toEqual([]);
  });
});

describe('SharedFilesystemMissing reports', () => {
  it('a mount that is not there', () => {
    expect(judge(sharedFilesystemMissing, look({ answer: 'not-mounted', foundType: undefined }))).toMatchObject([
      {
        subject: '/shared',
        message: '/shared (lustre) is not mounted',
        evidence: { answer: 'not-mounted', wantedType: 'lustre' },
        causes: [
          { cause: 'never-mounted', likelihood: 'likely', fix: ['mount /shared   # where /etc/fstab has it; else by the unit or the pod whose task it is'] },
          { cause: 'server-unreachable', likelihood: 'possible' },
        ],
      },
    ]);
  });
  it('one that does not answer', () => {
    expect(judge(sharedFilesystemMissing, look({ answer: 'silent', detail: 'no answer within 5 s' }))).toMatchObject([
      {
        message: '/shared (lustre) is mounted and does not answer: no answer within 5 s',
        causes: [
          {
            cause: 'server-unreachable',
            likelihood: 'likely',
            fix: [
              'aws ec2 authorize-security-group-ingress --group-id "$FSX_GROUP" --source-group "$NODE_GROUP" --protocol tcp --port 988',
              'aws ec2 authorize-security-group-ingress --group-id "$FSX_GROUP" --source-group "$NODE_GROUP" --protocol tcp --port 1018-1023',
            ],
          },
        ],
      },
    ]);
  });
  it('one that answers with an error', () => {
    const now = look({ wantedType: undefined, foundType: 'nfs4', answer: 'error', detail: 'ESTALE' });
    expect(judge(sharedFilesystemMissing, now)).toMatchObject([
      { message: '/shared (nfs4) is mounted and answers with an error: ESTALE', causes: [{ cause: 'server-unreachable', fix: [] }] },
    ]);
  });
  it('another file system in its place', () => {
    expect(judge(sharedFilesystemMissing, look({ foundType: 'ext4' }))).toMatchObject([
      { message: '/shared is ext4, expected lustre', causes: [{ cause: 'other-file-system', likelihood: 'likely' }] },
    ]);
  });
  it('a path with blanks as one word of its commands', () => {
    const [finding] = judge(sharedFilesystemMissing, look({ path: "/my data/it's", answer: 'silent' }));
    expect(finding && 'causes' in finding ? finding.causes?.[0]?.check[0] : undefined).toBe(String.raw`findmnt '/my data/it'\''s'`);
  });
});
