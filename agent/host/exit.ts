import { killAll } from './processes.ts';

/**
 * Ends the program and all that it started now, also while a read of a sick card is out in the thread pool. `process.exit` joins the pool's
 * threads (libuv's uv_library_shutdown) and would wait for the card; replacing the process ends them where they are.
 */
export function exitNow(status: number | string): void {
  const code = Number(status) || 0;
  killAll();
  const isReadOut = process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'));
  if (isReadOut && process.execve) {
    process.removeAllListeners('warning');
    process.on('warning', () => {});
    process.execve(process.execPath, [process.execPath, '--eval', `process.exit(${code})`], {});
  }
  process.exit(code);
}
