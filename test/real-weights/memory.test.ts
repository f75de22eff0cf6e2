import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { realWeights } from './shared';

const ROOT = path.join(__dirname, '..', '..');

describe("the memory of a transfer with VGG19's real weights", () => {
  for (const [height, evaluations] of [
    ['128', '24'],
    ['300', '24'],
  ] as const) {
    it(`is at most a tenth more than was estimated before the work, and at most a fifth less: height ${height}`, function () {
      const WHEATFIELD_WEIGHTS = realWeights(this);
      const pictures = ['bazille_ramparts_aigues-mortes_1867.png', 'vangogh_village_street_auvers_1890.png'];
      const files = pictures.map((name) => path.join(ROOT, 'img', name));
      const script = path.join(ROOT, 'test', 'helpers', 'memoryOfRun.ts');
      const args = ['--expose-gc', '--import', 'tsx', script, ...files, height, evaluations];
      const env = { ...process.env, WHEATFIELD_WEIGHTS };
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
      assert.match(stdout, /^\{/, stderr);
      const { before, needed, most } = JSON.parse(stdout) as Record<'before' | 'needed' | 'most', number>;
      const estimate = before + needed;
      console.log(`      estimated ${(estimate / 1e6).toFixed(0)} MB, came to ${(most / 1e6).toFixed(0)} MB`);
      assert.ok(most < 1.1 * estimate && most > 0.8 * estimate, stdout);
    });
  }
});
