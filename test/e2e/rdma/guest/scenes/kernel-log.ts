import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { firing, summary } from '../agent.ts';
import { check, say } from '../check.ts';
import type { Scene } from '../lab.ts';

/** The line that the real efa_com.c writes (ibdev_err in efa_com_get_admin_cmd/submit): our stand-in has no admin queue to close. */
export const adminQueueClosed: Scene = async ({ agent }) => {
  await agent.nextLook();
  writeFileSync('/dev/kmsg', '<3>infiniband efa_0: Admin queue is closed\n');
  const seen = await agent.lookUntil(2, (report) => firing(report, 'EfaAdminQueueDead') !== undefined);
  check('kernel log: a closed admin queue becomes EfaAdminQueueDead within 2 looks', seen.looks !== undefined, summary(seen.report));
  say(`kernel log: ${firing(seen.report, 'EfaAdminQueueDead')?.message ?? 'not named'}`);
};

/** The kernel really kills a process for memory. */
export const oomKill: Scene = async ({ agent }) => {
  await agent.nextLook();
  killForMemory();
  const seen = await agent.lookUntil(2, (report) => firing(report, 'KernelOomKill') !== undefined);
  check('kernel log: an OOM kill is named within 2 looks', seen.looks !== undefined, summary(seen.report));
  const finding = firing(seen.report, 'KernelOomKill');
  say(`kernel log: ${finding?.message ?? 'not named'}`);
  check('kernel log: the OOM kill names the process', finding?.message.includes('tail') ?? false, finding?.message ?? '');
};

/** A new agent with the old state must not take the lines before it as news. */
export const restart: Scene = async (lab) => {
  const since = firing(await lab.agent.report(), 'KernelOomKill')?.since;
  const exit = await lab.stopAgent();
  check('restart: the agent exits 0', exit?.code === 0, `exit ${exit?.code}`);
  const agent = await lab.startAgent('restarted');
  let report = await agent.nextLook();
  for (let look = 0; look < 2; look += 1) report = await agent.nextLook();
  const now = firing(report, 'KernelOomKill')?.since;
  check('restart: the old OOM kill is not news', now === undefined || now === since, `since ${since} before, ${now} after`);
  const log = readFileSync(agent.logPath, 'utf8');
  const begins = log.split('\n').filter((line) => line.includes('"state":"firing"') && /"rule":"(?:KernelOomKill|EfaAdminQueueDead)"/u.test(line));
  const news = begins.filter((line) => !line.includes('"isRemembered":true'));
  check('restart: the log begins no old finding anew', news.length === 0, news.join(' | '));
  const kept = begins.filter((line) => line.includes('"rule":"KernelOomKill"')).length - news.length;
  check('restart: the log repeats the OOM kill once, as told before', kept === 1, `${kept} times`);
  killForMemory();
  const seen = await agent.lookUntil(2, (report) => firing(report, 'KernelOomKill') !== undefined);
  check('restart: a new OOM kill is news', seen.looks !== undefined, summary(seen.report));
};

function killForMemory(): void {
  const group = '/sys/fs/cgroup/greedy';
  if (!readFileSync('/proc/mounts', 'utf8').includes(' /sys/fs/cgroup ')) execFileSync('mount', ['-t', 'cgroup2', 'none', '/sys/fs/cgroup']);
  writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', '+memory');
  mkdirSync(group, { recursive: true });
  writeFileSync(`${group}/memory.max`, '32M');
  // tail keeps a line without end in memory.
  execFileSync('sh', ['-c', `echo $$ > ${group}/cgroup.procs; tail -n 1 /dev/zero; test $? -eq 137`]);
}
