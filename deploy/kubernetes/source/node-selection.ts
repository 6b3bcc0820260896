/**
 * Nodes that say that they have an NVIDIA GPU or an RDMA device, by whoever labels them; never a list of instance types, which
 * leaves out the next one silently. A DaemonSet cannot select by capacity: that is no label. Terms are alternatives.
 */
const LABELS: readonly (readonly [key: string, value?: string])[] = [
  // GPU feature discovery, of the GPU Operator or the device plugin's chart
  ['nvidia.com/gpu.present', 'true'],
  // Node Feature Discovery, as the GPU Operator and as its own defaults label. Amazon's vendor id 1d0f says nothing: every
  // network interface and disk of an instance has it.
  ['feature.node.kubernetes.io/pci-10de.present', 'true'],
  ['feature.node.kubernetes.io/pci-0302_10de.present', 'true'],
  ['feature.node.kubernetes.io/pci-15b3.present', 'true'],
  ['feature.node.kubernetes.io/rdma.available', 'true'],
  // Karpenter, EKS Auto Mode, GKE, AKS
  ['karpenter.k8s.aws/instance-gpu-count'],
  ['eks.amazonaws.com/instance-gpu-count'],
  ['cloud.google.com/gke-accelerator'],
  ['kubernetes.azure.com/accelerator', 'nvidia'],
  // Conventions on EKS node groups, which the cluster autoscaler and the charts of the device plugins read
  ['k8s.amazonaws.com/accelerator'],
  ['vpc.amazonaws.com/efa.present', 'true'],
  // For nodes that nobody labels: kubectl label node NODE railmedic/watch=true
  ['railmedic/watch', 'true'],
];

export const NODES = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: LABELS.map(([key, value]) => ({
        matchExpressions: [value === undefined ? { key, operator: 'Exists' } : { key, operator: 'In', values: [value] }],
      })),
    },
  },
};
