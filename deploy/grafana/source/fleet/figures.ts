import { figure, GREEN, PLAIN } from '../panels.ts';
import { byNode, NODES } from '../promql.ts';

const RED = { value: 1, color: 'red' } as const;
const ORANGE = { value: 1, color: 'orange' } as const;

/** How bad the night is, in one row. */
export function fleetFigures() {
  const sick = (selector: string): string => `count(sum by (cluster, node) (${byNode(['rule', 'subject'], `railmedic_finding{${selector}}`)})) or vector(0)`;
  return [
    figure({
      title: 'Nodes watched',
      description: 'Nodes whose agent answers the scrape now. Fewer than you have GPU nodes: see "Who is not watched" below.',
      span: 4,
      height: 4,
      expr: `count(${NODES}) or vector(0)`,
      thresholds: [PLAIN],
    }),
    figure({
      title: 'Nodes with a critical finding',
      description: 'At least one finding of severity critical is firing there. Work on that node is stopped or about to be: begin with the first row of the table below.',
      span: 5,
      height: 4,
      expr: sick('state="firing", severity="critical"'),
      thresholds: [GREEN, RED],
    }),
    figure({
      title: 'Nodes with a warning',
      description: 'At least one finding of severity warning is firing there. Jobs run, slower or at risk.',
      span: 5,
      height: 4,
      expr: sick('state="firing", severity="warning"'),
      thresholds: [GREEN, ORANGE],
    }),
    figure({
      title: 'Nodes that cannot be judged',
      description: 'A rule could not look (a source failed, a device is gone) where a fault could hide. Not healthy: unknown.',
      span: 5,
      height: 4,
      expr: sick('state="unknown", severity!="info"'),
      thresholds: [GREEN, { value: 1, color: 'purple' }],
    }),
    figure({
      title: 'Nodes that send and receive nothing',
      description:
        'FabricOneWayTraffic is firing. One node of a job: its own security group, subnet or CIDR block. All of them: the security group they share. Every GPU of such a job spins at 100 % and waits.',
      span: 5,
      height: 4,
      expr: sick('rule="FabricOneWayTraffic", state="firing"'),
      thresholds: [GREEN, RED],
    }),
  ];
}
