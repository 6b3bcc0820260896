import type { Collector } from '../collector.ts';
import type { Host } from '../host.ts';
import type { Addresses } from '../model.ts';
import { addressNumber, parseLocalAddresses, parseRoutes, type Route } from '../parse/routes.ts';
import { optionalText } from './optional-text.ts';

type NodeIp = NonNullable<Addresses['nodeIp']>;
type Interfaces = ReturnType<Host['interfaces']>;

/** Interfaces of pods, bridges and EKS Pod Identity: never the node's own address. */
const NOT_THE_NODES =
  /^(?:lo|docker|br-|virbr|veth|cni|cali|cilium|lxc|flannel|eni|vlan|tunl|nodelocaldns|kube-|pod-id-link|dummy)/;
/** `/proc/net` leads to the network namespace of the reader; that of process 1 is the node's. */
const NETWORKS = ['/proc/1/net', '/proc/net'];

/**
 * The node's address: what it was told (`--node-ip`), else the address that the node's own routing tables give the
 * interface of the default route, else what this process's network namespace has.
 */
export function addressesCollector(options: { readonly nodeIp?: NodeIp | undefined } = {}): Collector<'addresses'> {
  return {
    name: 'addresses',
    timeoutSeconds: 5,
    schedule: '* * * * *',
    async collect(host) {
      const interfaces = host.interfaces();
      return {
        nodeIp: options.nodeIp ?? (await fromRoutes(host, interfaces)) ?? fromInterfaces(interfaces),
        interfaces: interfaces
          .filter(({ internal }) => !internal)
          .map(({ name, address, mac }) => ({ name, address, mac })),
      };
    },
  };
}

async function fromRoutes(host: Host, interfaces: Interfaces): Promise<NodeIp | undefined> {
  for (const directory of NETWORKS) {
    const routes = parseRoutes((await optionalText(host, `${directory}/route`)) ?? '').filter(({ isUp }) => isUp);
    const leaving = defaultInterface(routes);
    if (leaving === undefined) continue;
    const trie = await optionalText(host, `${directory}/fib_trie`);
    const locals = trie === undefined ? undefined : parseLocalAddresses(trie);
    const address = addressOf(leaving, interfaces, locals) ?? onSubnetOf(leaving, routes, locals ?? []);
    if (address !== undefined) return { address, from: `address of ${leaving}, the interface of the default route` };
  }
  return undefined;
}

function defaultInterface(routes: readonly Route[]): string | undefined {
  const defaults = routes.filter(({ destination, mask }) => destination === 0 && mask === 0);
  return defaults.toSorted((a, b) => a.metric - b.metric)[0]?.interface;
}

/** Only where the node's tables know the address: this process may live in another network namespace. */
function addressOf(name: string, interfaces: Interfaces, locals: readonly string[] | undefined): string | undefined {
  const found = interfaces.find((entry) => entry.name === name && (locals?.includes(entry.address) ?? true));
  return found?.address;
}

/**
 * fib_trie does not name interfaces: the local address that lies on a subnet which the interface reaches without a
 * gateway. With several (a second interface on the same subnet) the first; they lie in the same VPC block.
 */
function onSubnetOf(name: string, routes: readonly Route[], locals: readonly string[]): string | undefined {
  const subnets = routes.filter((route) => route.interface === name && !route.hasGateway && route.mask !== 0);
  return locals.find((address) =>
    subnets.some(({ destination, mask }) => ((addressNumber(address) & mask) >>> 0) === destination),
  );
}

function fromInterfaces(interfaces: Interfaces): NodeIp | undefined {
  const found = interfaces.find(({ name, internal }) => !internal && !NOT_THE_NODES.test(name));
  if (!found) return undefined;
  return { address: found.address, from: `address of ${found.name}, the first interface that is no pod's or bridge's` };
}
