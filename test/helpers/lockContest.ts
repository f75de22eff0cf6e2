/** Two processes that try to take a folder's lock at the same moment, again and again. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Answer, Order } from './lockContender';

/** Milliseconds until both processes have heard when to begin. */
const HEADSTART = 2;
/** Linux and macOS give no process this id; on Windows ids are multiples of 4. */
export const DEAD = 999_999_999;

/** @returns in how many rounds none, one and both of the processes held the lock */
export async function lockContest(folder: string, rounds: number): Promise<[number, number, number]> {
  const contenders = [1, 2].map(() => fork(path.join(__dirname, 'lockContender.ts')));
  const tell = (order: Order) =>
    Promise.all(
      contenders.map((contender) => {
        const answer = answerOf(contender);
        contender.send(order);
        return answer;
      }),
    );
  try {
    await Promise.all(contenders.map(answerOf));
    const holders: [number, number, number] = [0, 0, 0];
    for (let round = 0; round < rounds; round++) {
      // In every other round there is a dead process's lock to take over.
      if (round % 2) writeFileSync(path.join(folder, `.wheatfield-in-use.${DEAD}-${round}`), '');
      const answers = await tell({
        take: folder,
        at: performance.timeOrigin + performance.now() + HEADSTART,
      });
      holders[answers.filter((answer) => answer === 'held').length as 0 | 1 | 2]++;
      await tell({ giveBack: true });
    }
    return holders;
  } finally {
    for (const contender of contenders) contender.kill();
  }
}

async function answerOf(contender: ChildProcess): Promise<Answer> {
  return ((await once(contender, 'message')) as [Answer])[0];
}
