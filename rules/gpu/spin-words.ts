import type { Cause, Evidence, Gpu, Symptom } from '../../agent/model.ts';
import { evidenceOf, label } from './fields.ts';

/** A GPU that spins: the means of dmon's samples since the last look (%, W, MB/s) and the power it may draw. */
export interface Spin {
  readonly gpu: Gpu;
  readonly samples: number;
  readonly sm: number;
  readonly mem: number;
  readonly pwr: number;
  readonly limit: number;
  readonly rxpci: number;
  readonly txpci: number;
}

export function spinMessage(spin: Spin): string {
  return `${label(spin.gpu)} ${numbers(spin)} (${meanOf(spin.samples)})`;
}

export function spinEvidence({ gpu, sm, mem, pwr, limit, rxpci, txpci, samples }: Spin): Evidence {
  return { ...evidenceOf(gpu, ['clocks.current.sm', 'memory.used']), sm, mem, pwr, powerLimit: limit, rxpci, txpci, samples };
}

/** Several GPUs that spin are one story: the ranks of a job that wait for the same peer. */
export function spinOfNode(spins: readonly Spin[], all: number): Symptom {
  const range = (of: (spin: Spin) => number): string => {
    const [low, high] = [Math.min(...spins.map(of)), Math.max(...spins.map(of))].map((value) => value.toFixed(0));
    return low === high ? `${low}` : `${low} to ${high}`;
  };
  const most = Math.max(...spins.map(({ rxpci, txpci }) => Math.max(rxpci, txpci)));
  return {
    subject: 'node',
    message:
      `${spins.length} of ${all} GPUs spin: SM ${range(({ sm }) => sm)} %, memory ${range(({ mem }) => mem)} %, ` +
      `${range(({ pwr }) => pwr)} W of ${range(({ limit }) => limit)} W, PCIe at most ${most.toFixed(0)} MB/s ` +
      `(${meanOf(Math.min(...spins.map(({ samples }) => samples)))})`,
    evidence: {
      gpus: spins.map((spin) => `${label(spin.gpu)} ${numbers(spin)}`),
      uuids: spins.map(({ gpu }) => gpu.uuid),
    },
    causes: spinCauses(spins.length),
  };
}

function meanOf(samples: number): string {
  return samples === 1 ? 'one sample' : `mean of ${samples} samples`;
}

function numbers({ sm, mem, pwr, limit, rxpci, txpci }: Spin): string {
  const whole = (value: number): string => value.toFixed(0);
  return (
    `spins: SM ${whole(sm)} %, memory ${whole(mem)} %, ${whole(pwr)} W of ${whole(limit)} W, ` +
    `PCIe ${whole(rxpci)} MB/s in and ${whole(txpci)} MB/s out`
  );
}


const STACK = 'py-spy dump --pid "$PID"   # of each rank: who is inside a collective, and who is not';

export function spinCauses(count: number): readonly Cause[] {
  const peer: Cause = {
    cause: 'waits-for-peer',
    likelihood: 'likely',
    why: 'a collective waits for a rank that does not answer: the fabric between the nodes, or a peer that died or is stuck elsewhere',
    check: [
      'railmedic diagnose --rules FabricOneWayTraffic,EfaPeerUnresponsive,EfaAdminQueueDead',
      'nvidia-smi dmon -s pu -c 3   # on the other nodes of the job: the GPU that does not spin is the one waited for',
      STACK,
    ],
    fix: ['kubectl delete pod -n "$NAMESPACE" "$POD"   # restarts the job, once what it waits for is mended'],
  };
  const host: Cause = {
    cause: 'waits-for-host',
    likelihood: 'possible',
    why: 'one rank of the job is busy on its CPU (data loading, a checkpoint on a file system that hangs) and the others wait for it',
    check: [STACK, 'ps -eo pid,stat,wchan:24,etimes,args | grep -E "^ *[0-9]+ D"   # processes stuck in I/O'],
    fix: [],
  };
  const kernel: Cause = {
    cause: 'endless-kernel',
    likelihood: 'possible',
    why: 'a kernel of its own never ends, or the work is so small that it keeps the SMs occupied and uses neither memory nor power',
    check: ['nvidia-smi --query-compute-apps=gpu_uuid,pid,process_name --format=csv', STACK],
    fix: [],
  };
  return count === 1 ? [peer, kernel, host] : [peer, host, kernel];
}
