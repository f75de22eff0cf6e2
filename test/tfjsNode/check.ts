/**
 * Eager tensors on @tensorflow/tfjs-node against compiled functions: `npx tsx test/tfjsNode/check.ts`, where its native addon is installed
 * (.ci/tfjs-node builds it).
 */
import assert from 'node:assert/strict';
import '../../src/greeting';
import { useEagerBackend } from '../../src/notebook/backend';
import { OPS, checkOp } from '../helpers/opTable';

/** What tfjs-node refuses, with an error and not with other values: its pads, and whole numbers where it fills a bound with float32. */
const REFUSALS = [
  /TF Backend supports only 'valid' and 'same' padding while padding was (NUMBER|EXPLICIT)/,
  /clipByValue and relu6 of whole numbers: Error: Invalid TF_Status: 3/,
];

async function main(): Promise<void> {
  assert.deepEqual(await useEagerBackend(), { name: 'tensorflow' });
  const failed: string[] = [];
  const list = Object.entries(OPS).flatMap(([group, cases]) => cases.map((each) => ({ group, each })));
  for (const { group, each } of list) {
    await checkOp(each).catch((error: unknown) => {
      failed.push(`${group}, ${each.name}: ${String(error).split('\n')[0]}`);
    });
  }
  const unexpected = failed.filter((message) => !REFUSALS.some((refusal) => refusal.test(message)));
  assert.deepEqual(unexpected, []);
  const compared = list.length - failed.length;
  console.log(
    `Node ${process.version}: ${compared} functions eager on tfjs-node as compiled, ${failed.length} refused by it`,
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
