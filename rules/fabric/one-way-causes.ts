import type { Cause, Likelihood } from '../../agent/model.ts';
import { egress, ingress, otherBlock, otherZone, peerGone } from './efa-causes.ts';
import { interfaceOf } from './efa-interfaces.ts';
import type { Evidence, Sender } from './one-way-sender.ts';
import { deviceRise, hasReceivedBefore, portRise } from './one-way-sender.ts';
import type { Placement } from './secondary-block.ts';
import { placeInVpc } from './secondary-block.ts';
import { groupsOf } from './security-group-commands.ts';

/**
 * Why EFA ports send and receive nothing, most likely first. Without a log line or the rules themselves nothing here is
 * proven: the first cause is `likely` only where nothing has ever come in and no other port of the node shows that it could.
 */
export function efaCauses(evidence: Evidence): readonly Cause[] {
  const { silent, imds, addresses } = evidence;
  const placement = placeInVpc(imds, addresses);
  const groups = groupsOf(
    silent.map(({ pair }) => pair.device),
    imds,
    addresses,
  );
  const causes = [
    egress(groups, evidence),
    ingress(groups),
    ...otherBlock(placement, imds),
    otherZone(evidence),
    peerGone(evidence),
  ];
  const order = rank(evidence, placement);
  const ranked = causes.toSorted((a, b) => (order[a.cause] ?? 0) - (order[b.cause] ?? 0));
  const first = likelihoodOfFirst(ranked[0]?.cause, evidence, placement);
  return ranked.map((cause, index) => ({ ...cause, likelihood: index === 0 ? first : 'possible' }));
}

/** Lower stands first; what is not named stands in the usual order between. */
function rank(evidence: Evidence, placement: Placement): Readonly<Record<string, number>> {
  const { silent, answered } = evidence;
  const before = hasReceivedBefore(silent);
  // A port that receives on the same node, or did so itself, shows that its VPC block does not stop it.
  const blockFits = placement.lies === 'secondary' || placement.lies === 'shared-space';
  return {
    // What one port of the node is spared, with the same groups and in the same zone, does not stop the other.
    ...(sameGroupsReceive(evidence) && { 'security-group-egress': 1, 'security-group-ingress': 1, 'other-zone-or-vpc': 2 }),
    ...(deviceRise(silent, 'create_ah_err') > 0n && { 'other-zone-or-vpc': -1 }),
    ...(portRise(silent, 'unresponsive_remote_events') > 0n && { 'peer-gone': -2 }),
    ...(blockFits && !before && answered.length === 0 && { 'secondary-cidr': -3 }),
    ...(before && { 'peer-gone': -4 }),
  };
}

/** Whether each silent port has an answered one beside it whose interface has the very same security groups. */
function sameGroupsReceive({ silent, answered, imds }: Evidence): boolean {
  const groupsAt = ({ pair }: Sender) => interfaceOf(pair.device, imds)?.securityGroupIds.toSorted().join(' ');
  const good = new Set(answered.map(groupsAt));
  return silent.map(groupsAt).every((groups) => groups !== undefined && groups !== '' && good.has(groups));
}

function likelihoodOfFirst(cause: string | undefined, evidence: Evidence, placement: Placement): Likelihood {
  const { silent, answered } = evidence;
  const unresponsive = portRise(silent, 'unresponsive_remote_events') > 0n;
  if (cause === 'peer-gone') return hasReceivedBefore(silent) && unresponsive ? 'likely' : 'possible';
  if (cause === 'secondary-cidr' && placement.lies === 'shared-space') return 'possible';
  return answered.length === 0 && !hasReceivedBefore(silent) ? 'likely' : 'possible';
}
