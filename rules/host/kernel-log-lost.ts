import { defineRule } from '../define.ts';
import { counted } from '../words.ts';

export const kernelLogLost = defineRule({
  name: 'KernelLogLost',
  title: 'Lines of the kernel log were lost unread',
  severity: 'info',
  page: 'rules/host/kernel-log-lost.md',
  needs: ['kernel-log'],
  lasts: 'event',
  // As long as the events that can hide in the gap (KernelOomKill) are shown.
  clearAfterSeconds: 3600,
  settings: {},
  *check(now) {
    const { lostLines, droppedLines } = now['kernel-log'];
    const facts: string[] = [];
    if (lostLines > 0) facts.push(`the kernel overwrote ${lines(lostLines)} before they were read`);
    if (droppedLines > 0) facts.push(`the agent dropped ${lines(droppedLines)} because they came too fast`);
    if (facts.length === 0) return;
    yield {
      subject: 'kernel-log',
      message: `${facts.join('; ')}: an event among them was not seen`,
      evidence: { lostLines, droppedLines },
      causes: [
        {
          cause: 'log-flood',
          likelihood: 'likely',
          why: 'something writes to the kernel log faster than it is read; the lines themselves say what',
          check: [
            String.raw`dmesg | sed -E 's/^\[[^]]*\] *//; s/[0-9]+/N/g' | sort | uniq -c | sort -rn | head`,
            'journalctl -k --since -1h | wc -l',
          ],
          fix: [],
        },
        {
          cause: 'small-buffer',
          likelihood: 'possible',
          why: 'the kernel keeps only the last lines (log_buf_len, 256 KiB on many kernels): one long trace pushes others out',
          check: ['grep -o "log_buf_len=[^ ]*" /proc/cmdline', 'dmesg | wc -c'],
          fix: ['grubby --update-kernel=ALL --args=log_buf_len=4M   # takes effect at the next boot'],
        },
      ],
    };
  },
});

function lines(count: number): string {
  return counted(count, 'line');
}
