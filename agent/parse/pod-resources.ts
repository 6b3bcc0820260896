import type { DeviceHolder, PodResources } from '../model.ts';
import { protobufFields } from './protobuf.ts';

/** A message's fields by number; a field that repeats has several. */
type Message = ReadonlyMap<number, readonly Buffer[]>;

/**
 * ListPodResourcesResponse (k8s.io/kubelet/pkg/apis/podresources/v1/api.proto), reduced to devices and claims. Throws where
 * the bytes are no protobuf message.
 */
export function parsePodResources(bytes: Buffer): PodResources {
  const holders = inner(messageOf(bytes), 1).flatMap((pod) => {
    const [name, namespace] = [text(pod, 1), text(pod, 2)];
    return inner(pod, 3).flatMap((container) => {
      const owner = { namespace, pod: name, container: text(container, 1) };
      return [...devicesOf(container), ...claimsOf(container)].map((held) => ({ ...owner, ...held }));
    });
  });
  return { holders };
}

type Held = Pick<DeviceHolder, 'resource' | 'deviceIds' | 'isClaim'>;

/** ContainerDevices: one entry a NUMA node, so that a resource can come more than once. */
function devicesOf(container: Message): readonly Held[] {
  return inner(container, 2).map((devices) => ({ resource: text(devices, 1), deviceIds: texts(devices, 2), isClaim: false }));
}

/** DynamicResource: of each ClaimResource the driver, the device's name in its pool, and what CDI calls it. */
function claimsOf(container: Message): readonly Held[] {
  return inner(container, 5).flatMap((claim) =>
    inner(claim, 4).map((resource) => {
      const names = [text(resource, 4), ...inner(resource, 1).map((device) => text(device, 1))];
      return { resource: text(resource, 2), deviceIds: names.filter((name) => name !== ''), isClaim: true };
    }),
  );
}

function messageOf(bytes: Buffer): Message {
  const fields = new Map<number, Buffer[]>();
  for (const { number, value } of protobufFields(bytes)) {
    if (typeof value === 'bigint') continue;
    const known = fields.get(number);
    if (known) known.push(value);
    else fields.set(number, [value]);
  }
  return fields;
}

function inner(message: Message, number: number): readonly Message[] {
  return (message.get(number) ?? []).map(messageOf);
}

function texts(message: Message, number: number): readonly string[] {
  return (message.get(number) ?? []).map((bytes) => bytes.toString('utf8'));
}

/** Of a field that comes more than once the last one counts. */
function text(message: Message, number: number): string {
  return texts(message, number).at(-1) ?? '';
}
