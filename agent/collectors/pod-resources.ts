import { Absent, type Collector } from '../collector.ts';
import { parsePodResources } from '../parse/pod-resources.ts';

const SOCKET = '/var/lib/kubelet/pod-resources/kubelet.sock';
const METHOD = '/v1.PodResourcesLister/List';
const TIMEOUT_SECONDS = 5;
/** 250 pods with hundreds of CPU numbers each come to some hundred kilobytes. */
const MAX_BYTES = 8 << 20;

/** Which pod holds which device, as kubelet itself handed them out (device plugins and resource claims). */
export function podResourcesCollector(): Collector<'pod-resources'> {
  return {
    name: 'pod-resources',
    timeoutSeconds: TIMEOUT_SECONDS + 1,
    schedule: '* * * * *',
    async collect(host) {
      if (host.recorded) {
        const recorded = host.recorded['pod-resources'];
        if (!recorded) throw new Absent('the capture holds no pod resources');
        return recorded;
      }
      if (!(await host.exists(SOCKET))) throw new Absent(`no kubelet is seen here (${SOCKET} is missing)`);
      const answer = await host.unaryCall(SOCKET, METHOD, Buffer.alloc(0), { timeoutSeconds: TIMEOUT_SECONDS, maxBytes: MAX_BYTES });
      try {
        return parsePodResources(answer);
      } catch (cause) {
        throw new Error(`cannot read the answer of ${METHOD} at ${SOCKET}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      }
    },
  };
}
