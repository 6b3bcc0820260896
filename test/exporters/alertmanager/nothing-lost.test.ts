import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finding, report } from '../fixture.ts';
import { FakePeer, settled, setUp } from './fake-peer.ts';

const never = new AbortController().signal;
const SUBJECTS = ['a', 'b', 'c', 'd'];
/** `deaf` takes nothing; `mute` takes the alerts and does not say so; `picky` refuses whatever is about `d`. */
const step = fc.record({
  firing: fc.subarray(SUBJECTS),
  mood: fc.constantFrom('well', 'deaf', 'mute', 'picky'),
  seconds: fc.integer({ min: 1, max: 400 }),
});

test('whatever happens between, Alertmanager knows at the end what stands', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.subarray(SUBJECTS), async (steps, last) => {
      const ends = new Map<string, number>();
      const peer = new FakePeer();
      const setup = setUp([peer]);
      let mood: string = 'well';
      peer.answer = (alerts) => {
        if (mood === 'deaf') return { status: 503, body: '' };
        if (mood === 'picky' && alerts.some(({ labels }) => labels['subject'] === 'd')) return { status: 400, body: '' };
        for (const { labels, endsAt } of alerts) ends.set(labels['subject'] ?? '', Date.parse(endsAt));
        if (mood === 'mute') throw new Error('closed before the answer');
        return { status: 200, body: '' };
      };
      const look = async (subjects: readonly string[], seconds: number): Promise<void> => {
        await setup.exporter.publish(report({ findings: subjects.map((subject) => finding({ subject })) }), never);
        await settled();
        await setup.clock.pass(seconds);
      };
      for (const one of steps) {
        mood = one.mood;
        await look(one.firing, one.seconds);
      }
      mood = 'well';
      // Ten refreshes, for what was refused; then it has all been told.
      for (let looks = 0; looks < 130; looks += 1) await look(last, 5);
      const standing = [...ends].filter(([, endsMs]) => endsMs > setup.clock.wallMs()).map(([subject]) => subject);
      expect(standing.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(last);
      expect(setup.exporter.peers()).toMatchObject([{ isUp: true, waiting: 0 }]);
      await setup.exporter.close();
    }),
    { numRuns: 40 },
  );
});
