/**
 * What a page costs a painting in the studio: the same painting with vgg19-slim while a page in Chromium shows it, and while none does,
 * taking turns.
 *
 *     npx tsx bench/studio.ts [turns] [height]
 *
 * Processor seconds of the studio's process count, because other programs delay both. What the browser draws with is given beside them: on a
 * machine with few processors it takes its part of the time from the painting. Where a machine's own speed changes by more than the cost,
 * from run to run without a page, only the browser's share tells.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openInBrowser } from './openedStudio';

const TURNS = Number(process.argv[2] ?? 8);
const HEIGHT = Number(process.argv[3] ?? 200);
const EVALUATIONS = 20;
const ITERATIONS = 3;
/** What is aimed at, as a share of a run. */
const COST = 0.02;
/** Milliseconds until a page that has just been opened shows all that it has. */
const SETTLE = 3000;

/** Seconds for each evaluation. */
interface Cost {
  processor: number;
  browser: number;
  wall: number;
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function report(name: string, { processor, wall, browser }: Cost): void {
  const [own, whole, shown] = [processor, wall, browser].map((seconds) => (1000 * seconds).toFixed(1));
  console.log(`  ${name.padEnd(8)} processor ${own}  wall ${whole}  browser ${shown}`);
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

async function main(): Promise<void> {
  const studio = await openInBrowser();
  const now = async (): Promise<Cost> => ({
    processor: processorSeconds(),
    browser: await studio.browserSeconds(),
    wall: performance.now() / 1000,
  });
  /** From the first iteration on: the network is open then, and the loss compiled. */
  const measure = async (address: string): Promise<Cost> => {
    await studio.page.goto(address);
    await sleep(SETTLE);
    await studio.paint({
      network: 'vgg19-slim',
      height: HEIGHT,
      iterations: 1 + ITERATIONS,
      evaluations: EVALUATIONS,
    });
    await studio.untilSaved(1);
    const before = await now();
    await studio.untilSaved(1 + ITERATIONS);
    const after = await now();
    const each = (name: keyof Cost) => (after[name] - before[name]) / (ITERATIONS * EVALUATIONS);
    return { processor: each('processor'), browser: each('browser'), wall: each('wall') };
  };
  const alone: Cost[] = [];
  const watched: Cost[] = [];
  for (let turn = 0; turn <= TURNS; turn++) {
    // Who begins changes too, because a machine may be busier every second time.
    const pages = ['about:blank', studio.address];
    for (const address of turn % 2 ? pages.reverse() : pages) {
      const cost = await measure(address);
      // The first turn loads what computes.
      if (turn > 0) report(address === studio.address ? 'watched' : 'alone', cost);
      if (turn > 0) (address === studio.address ? watched : alone).push(cost);
    }
  }
  await studio.close();
  console.log(
    `milliseconds per evaluation at ${HEIGHT} rows, medians of ${TURNS} turns of ${ITERATIONS * EVALUATIONS} evaluations, ${availableParallelism()} processors`,
  );
  for (const [name, title] of [
    ['processor', "studio's processor time"],
    ['wall', 'wall time'],
    ['browser', "browser's processor time"],
  ] as const) {
    const milliseconds = (costs: readonly Cost[]) =>
      (1000 * median(costs.map((cost) => cost[name]))).toFixed(1).padStart(7);
    const ratio = median(watched.map((cost, i) => cost[name] / alone[i][name]));
    console.log(
      `  ${title.padEnd(26)} alone ${milliseconds(alone)}  watched ${milliseconds(watched)}` +
        (name === 'browser' ? '' : `  ratio ${ratio.toFixed(3)} (median of the turns)`),
    );
  }
  const shares = watched.map(({ browser, wall }) => browser / (availableParallelism() * wall));
  console.log(`  the browser's share of the processors: ${(100 * median(shares)).toFixed(1)} %`);
  console.log(`  limit of the studio's processor time: ${1 + COST}`);
}

void main();
