/**
 * Runs a transfer and prints, as JSON, what the process had before the work, what it was said to need, and the most that it had. To be run
 * with --expose-gc: how much garbage the reading of the weights has left would otherwise depend on the moment.
 */
import '../../src/greeting';
import { problemFromSettings } from '../../src/problem/fromSettings';
import { createProblem } from '../../src/problem/problem';
import { readSettings } from '../../src/settings';
import { transfer } from '../../src/transfer/transfer';

async function main(): Promise<void> {
  const [content, style, height, evaluations] = process.argv.slice(2);
  const network = 'vgg19';
  const settings = readSettings({ content, style, height, evaluations, network, iterations: 1 });
  let [before, needed] = [0, 0];
  const problem = await createProblem({
    ...problemFromSettings(settings),
    async beforeWork({ source, bytesAt }) {
      needed = await bytesAt(source);
      globalThis.gc?.();
      before = process.memoryUsage.rss();
    },
  });
  for await (const event of transfer(problem, settings)) void event;
  await problem.dispose();
  // In kilobytes, wherever it runs.
  const most = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ before, needed, most }));
}

void main();
