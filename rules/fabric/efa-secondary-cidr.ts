import { defineRule } from '../define.ts';
import { cannotTell } from '../rates.ts';
import { otherBlock } from './efa-causes.ts';
import { placeInVpc } from './secondary-block.ts';

/** Reported from production; AWS neither confirms nor excludes it, and its own reference stacks run EFA in such blocks. */
export const efaSecondaryCidr = defineRule({
  name: 'EfaSecondaryCidr',
  title: 'A node with EFA lies in a secondary block of its VPC',
  severity: 'warning',
  page: 'rules/fabric/efa-secondary-cidr.md',
  needs: ['infiniband'],
  uses: ['imds', 'addresses'],
  settings: {},
  *check(now) {
    if (!now.infiniband.devices.some((device) => device.isEfa)) return;
    const placement = placeInVpc(now.imds, now.addresses);
    if (placement.lies === 'unknown') yield cannotTell('node', placement.why, 'imds');
    if (placement.lies !== 'secondary' && placement.lies !== 'shared-space') return;
    const certain = placement.lies === 'secondary';
    const { address, block } = placement;
    yield {
      subject: 'node',
      message: certain
        ? `the node's address ${address} lies in ${block}, not in the VPC's first block ${placement.firstBlock}`
        : `the node's address ${address} lies in ${block}, often a VPC's second block; IMDS did not tell the VPC's blocks`,
      evidence: { address, block, ...(certain && { firstBlock: placement.firstBlock }) },
      causes: otherBlock(placement, now.imds).map((cause) => ({ ...cause, likelihood: 'possible' })),
    };
  },
});
