import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

describe("tfjs's greeting", () => {
  /** What a program prints that imports these, in this order, and computes on the cpu backend. */
  const printedBy = (...imports: string[]) => {
    const program = `
      ${imports.map((name) => `require('${name}');`).join('\n')}
      const tf = require('@tensorflow/tfjs');
      tf.tensor([1]).add(1).dataSync();
      console.log(JSON.stringify({ backend: tf.getBackend(), prod: tf.env().getBool('PROD') }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', program], {
      cwd: path.join(__dirname, '..'),
      encoding: 'utf8',
    });
    return { stdout, stderr };
  };
  const rest = '{"backend":"cpu","prod":false}\n';

  it('is there without wheatfield', () => {
    const { stdout, stderr } = printedBy();
    assert.match(stdout + stderr, /Hi, looks like you are running TensorFlow\.js/);
  });

  for (const imports of [['./src'], ['@tensorflow/tfjs', './src']]) {
    it(`is not printed after the imports of ${imports.join(' and ')}, and nothing else about tfjs changes`, () => {
      assert.deepEqual(printedBy(...imports), { stdout: rest, stderr: '' });
    });
  }
});
