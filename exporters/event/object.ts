import { createHash } from 'node:crypto';
import type { Finding } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { cutToBytes, fit } from '../kubernetes/fit.ts';
import { findingsText } from '../node-condition/text.ts';
import { statement } from '../stories.ts';
import { duration, secondsBetween } from '../words.ts';
import { REPORTING_CONTROLLER, targetKey, type Announcement, type Target } from './types.ts';

/** Limits of events.k8s.io/v1 (k8s.io/kubernetes/pkg/apis/core/validation/events.go). */
const NOTE_BYTES = 1024;
const INSTANCE_BYTES = 128;
/** 253 for a DNS subdomain, less the dot and the hash. */
const NAME_PREFIX = 200;

export interface NodeName {
  readonly name: string;
  readonly uid: string;
}

/**
 * The same for the same news, so that an agent that restarts meets its own Event (409) instead of telling old faults again.
 * `occasion` tells one occurrence from another where that is wanted.
 */
export function eventName({ type, rule, target, findings }: Announcement, node: NodeName, occasion: string): string {
  const subjects = findings.map(({ subject }) => subject).toSorted();
  const digest = createHash('sha256').update(JSON.stringify([type, rule, targetKey(target), node.uid, subjects, occasion])).digest('hex');
  const prefix = (target.kind === 'Node' ? node.name : target.name).slice(0, NAME_PREFIX).replace(/[^a-z0-9]+$/, '');
  return `${prefix}.${digest.slice(0, 16)}`;
}

export function eventObject(announcement: Announcement, node: NodeName, name: string, namespace: string): object {
  const { type, rule, target, findings } = announcement;
  const regardingNode = { apiVersion: 'v1', kind: 'Node', name: node.name, ...(node.uid !== '' && { uid: node.uid }) };
  const isNode = target.kind === 'Node';
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/name': 'railmedic' } },
    eventTime: microTime(findings[0].changedAt),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: cutToBytes(node.name, INSTANCE_BYTES),
    action: type === 'Warning' ? 'Diagnose' : 'Resolve',
    reason: rule,
    regarding: isNode ? regardingNode : regardingPod(target),
    // The admission policy cannot look up where a pod runs: what it can hold the agent to is this.
    ...(!isNode && { related: regardingNode }),
    note: noteOf(announcement, node.name),
    type,
  };
}

function regardingPod({ namespace, name, uid }: Target & { readonly kind: 'Pod' }): object {
  return { apiVersion: 'v1', kind: 'Pod', namespace, name, ...(uid !== '' && { uid }) };
}

function noteOf({ type, target, findings }: Announcement, nodeName: string): string {
  const where = target.kind === 'Node' ? '' : `node ${nodeName}: `;
  if (type === 'Warning') return findingsText(findings, NOTE_BYTES, where);
  const [first, ...others] = findings.map((finding) => visible(statement(finding)));
  return fit([`${where}over${lasted(findings[0])}: ${first ?? ''}`, ...others], '', NOTE_BYTES);
}

function lasted({ since, changedAt, state }: Finding): string {
  const seconds = state === 'resolved' ? secondsBetween(since, changedAt) : undefined;
  return seconds === undefined ? '' : ` after ${duration(seconds)}`;
}

/** Kubernetes reads exactly six digits of a second here. */
export function microTime(time: string): string {
  return new Date(time).toISOString().replace(/Z$/, '000Z');
}
