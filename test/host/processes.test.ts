import { describe, expect, test } from 'vitest';
import { openHost } from '../../agent/host.ts';

const host = openHost('/');
const bounds = { timeoutSeconds: 10, maxBytes: 100_000 };

describe('run', () => {
  test('gives what the program printed; arguments reach it as they are, no shell between', async () => {
    expect(await host.run('/bin/echo', ['$HOME; "x"'], bounds)).toEqual({ stdout: '$HOME; "x"\n', stderr: '' });
  });

  test.each([
    ['not-found', '/no/such/program', [], '/no/such/program: not found'],
    ['exit-code', '/bin/ls', ['/no/such/file'], "/bin/ls /no/such/file: exit code 2: /bin/ls: cannot access '/no/such/file': No such file or directory"],
    ['not-started', '/etc/passwd', [], '/etc/passwd: could not be started: spawn /etc/passwd EACCES'],
    ['signal', process.execPath, ['-e', 'process.kill(process.pid, "SIGTERM")'], `${process.execPath} -e process.kill(process.pid, "SIGTERM"): ended by SIGTERM`],
  ])('%s', async (failure, path, args, message) => {
    await expect(host.run(path, args, bounds)).rejects.toMatchObject({ failure, message });
  });

  test('a program that does not end is killed and reported', async () => {
    await expect(host.run('/bin/sleep', ['60'], { ...bounds, timeoutSeconds: 0.2 })).rejects.toMatchObject({
      failure: 'timed-out',
      message: '/bin/sleep 60: no end within 0.2 s',
    });
  });

  test('a program that prints without end is stopped at the bound', async () => {
    await expect(host.run('/usr/bin/yes', [], bounds)).rejects.toMatchObject({ failure: 'output-too-large' });
  });
});

describe('start', () => {
  test('hands over lines as they come, whole, without CR', async () => {
    const lines: string[] = [];
    const script = 'process.stdout.write("one\\r\\ntw"); setTimeout(() => process.stdout.write("o\\nlast, cut"), 50)';
    const command = host.start(process.execPath, ['-e', script], (line) => lines.push(line));
    expect(await command.ended).toBeUndefined();
    expect(lines).toEqual(['one', 'two']);
  });

  test('stop ends it, also one that ignores SIGTERM', async () => {
    const ready = Promise.withResolvers<string>();
    const script = 'process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)';
    const command = host.start(process.execPath, ['-e', script], ready.resolve);
    await ready.promise;
    command.stop();
    expect(await command.ended).toMatchObject({ failure: 'signal', signal: 'SIGKILL' });
  });

  test('one that cannot be started says so and has no pid', async () => {
    const command = host.start('/no/such/program', [], () => {});
    expect(command.pid).toBeUndefined();
    expect(await command.ended).toMatchObject({ failure: 'not-found' });
  });
});
