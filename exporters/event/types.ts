import type { Finding } from '../../agent/model.ts';

/** `railmedic.io/agent`: a qualified name, as events.k8s.io wants it. The admission policy holds the agent to it. */
export const REPORTING_CONTROLLER = 'railmedic.io/agent';

export interface PodTarget {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}
/** What an Event is about. */
export type Target = { readonly kind: 'Node' } | PodTarget;

export function targetKey(target: Target): string {
  return target.kind === 'Node' ? 'node' : `${target.namespace}/${target.name}/${target.uid}`;
}

/** One Event to be made: findings of one rule that began, or ended, together and concern the same object. */
export interface Announcement {
  readonly type: 'Warning' | 'Normal';
  readonly rule: string;
  readonly target: Target;
  readonly findings: readonly [Finding, ...Finding[]];
}
