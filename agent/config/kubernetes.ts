import * as v from 'valibot';

const yesOrNo = v.boolean('true or false');
const severity = v.picklist(['critical', 'warning'], 'critical or warning');

/** `exporters.kubernetes` of the configuration: what the agent writes into the cluster it runs in. */
export const kubernetesSchema = v.pipe(
  v.strictObject({
    /** GpuFabricProblem and GpuProblem on the Node. */
    conditions: v.optional(yesOrNo, true),
    /** From which severity on a finding makes them True. */
    conditionSeverity: v.optional(severity, 'critical'),
    events: v.optional(yesOrNo, true),
    eventSeverity: v.optional(severity, 'warning'),
    /** Whether the Node is tainted while a condition is True. */
    taint: v.optional(yesOrNo, false),
    taintEffect: v.optional(v.picklist(['NoSchedule', 'PreferNoSchedule'], 'NoSchedule or PreferNoSchedule'), 'NoSchedule'),
    taintAfterSeconds: v.optional(v.pipe(v.number('a number of seconds'), v.minValue(0, 'a number of 0 or more')), 300),
  }),
  v.check(({ taint, conditions }) => conditions || !taint, 'conditions: true wherever taint: true stands, which follows them'),
);

export type KubernetesConfig = v.InferOutput<typeof kubernetesSchema>;
