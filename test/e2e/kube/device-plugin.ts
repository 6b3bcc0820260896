import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { protobuf } from '../../collectors/fake-kubelet.ts';
import { atEnd } from '../processes.ts';
import type { Cluster } from './cluster.ts';
import { serveGrpc } from './grpc-socket.ts';

const RESOURCE = 'vpc.amazonaws.com/efa';
const SOCKET = 'efa.sock';
const VERSION = 'v1beta1';

/**
 * A device plugin (kubelet.pkg.apis.deviceplugin.v1beta1) that offers devices which are not there, so that the real kubelet
 * hands them to pods and tells by PodResources who has them.
 */
export async function offerDevices(cluster: Cluster, ids: readonly string[]): Promise<void> {
  const directory = join(cluster.state, 'n/var-lib-kubelet/device-plugins');
  rmSync(join(directory, SOCKET), { force: true });
  const devices = protobuf(ids.map((id) => [1, [[1, id], [2, 'Healthy']]] as const));
  // To each container nothing to mount and no variable to set.
  const allocated = protobuf([[1, []]]);
  const server = serveGrpc(join(directory, SOCKET), devices, allocated);
  await once(server, 'listening');
  atEnd(() => server.close());
  await register(join(directory, 'kubelet.sock'));
}

async function register(kubelet: string): Promise<void> {
  const client = new Client(`unix:${kubelet}`, credentials.createInsecure(), { 'grpc.default_authority': 'localhost' });
  const asIs = (message: Buffer): Buffer => message;
  const request = protobuf([[1, VERSION], [2, SOCKET], [3, RESOURCE]]);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  client.makeUnaryRequest(`/${VERSION}.Registration/Register`, asIs, asIs, request, (error, answer) => (error ? reject(error) : resolve(answer)));
  await promise;
  client.close();
}
