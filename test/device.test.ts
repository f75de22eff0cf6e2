/** Which device computes. Whether a GPU computes the same as the processor is checked in test/webgpu. */
import assert from 'node:assert/strict';
import { Graph } from '../src/compile/graph';
import { assertProvided, explained } from '../src/compile/webgpu';
import { type Trial, chooseDevice } from '../src/device';
import { UserError } from '../src/errors';

/** A GPU that does so on pictures of 32 pixels, and on larger ones. */
const gpu =
  (small: Trial, large: Trial = small) =>
  (side: number) =>
    Promise.resolve(side === 32 ? small : large);
const absent = () => Promise.reject(new Error('No GPU was found (No supported adapters). Install it.'));
const right = 1e-6;

describe('the device', () => {
  it('is the processor, and no GPU is tried, where that is asked for', async () => {
    assert.deepEqual(await chooseDevice('cpu', absent), { name: 'cpu' });
  });

  it('with auto is a GPU that is right and faster', async () => {
    const trial = gpu({ speed: 0.2, error: right }, { speed: 12.34, error: right });
    assert.deepEqual(await chooseDevice('auto', trial), {
      name: 'webgpu',
      why: 'A GPU computes, 12 times as fast as the processor.',
    });
  });

  for (const [name, trial, why] of [
    [
      'there is none',
      absent,
      /^The processor computes: a GPU could not be used \(No GPU was found \(No supported adapters\)\)\.$/,
    ],
    [
      'it only imitates one',
      gpu({ speed: 1 / 600, error: right }),
      /: the GPU takes 6\.0e\+2 times as long, or it is software/,
    ],
    ['it is slower', gpu({ speed: 0.5, error: right }), /: the GPU takes 2\.0 times as long/],
    ['it is wrong', gpu({ speed: 9, error: 0.1 }), /: the GPU gives other values/],
    ['it gives no numbers', gpu({ speed: 9, error: NaN }), /: the GPU gives other values/],
  ] as const) {
    it(`with auto is the processor, and says why, where ${name}`, async () => {
      const device = await chooseDevice('auto', trial);
      assert.equal(device.name, 'cpu');
      assert.match(device.why ?? '', why);
    });
  }

  it('does not try a larger picture on what only imitates a GPU', async () => {
    const sides: number[] = [];
    await chooseDevice('auto', (side) => {
      sides.push(side);
      return Promise.resolve({ speed: 1 / 600, error: right });
    });
    assert.deepEqual(sides, [32]);
  });

  it('is a GPU where that is asked for, however slow', async () => {
    assert.deepEqual(await chooseDevice('webgpu', gpu({ speed: 1 / 600, error: right })), { name: 'webgpu' });
  });

  it('is refused where it is asked for and cannot be had', async () => {
    await assert.rejects(
      chooseDevice('webgpu', absent),
      new UserError(
        'A GPU cannot be used: No GPU was found (No supported adapters). Install its driver, or use --device cpu.',
        { cause: new Error('No GPU was found (No supported adapters). Install it.') },
      ),
    );
    await assert.rejects(
      chooseDevice('webgpu', gpu({ speed: 9, error: 0.1 })),
      /gives wrong values\. Update/,
    );
  });
});

describe('a graph for a GPU', () => {
  it('is refused with the name of an op that the provider lacks', () => {
    const graph = new Graph();
    const x = graph.addInput([2, 2], 'float32');
    const unique = graph.add('Det', [x], []);
    assert.throws(
      () => assertProvided({ graph, outputs: [unique] }),
      /has no Det on WebGPU\. Write the function with other ops/,
    );
  });

  it("explains ONNX Runtime's refusals", () => {
    const fallback =
      'This session contains graph nodes that are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled.';
    assert.match(
      explained(fallback),
      /cannot run on the GPU, because .* lacks its op for these types\. Write/,
    );
    assert.match(
      explained('... Failed to get a WebGPU adapter: None'),
      /^No GPU was found \(None\)\. Install/,
    );
    assert.equal(explained('anything else'), 'anything else');
  });
});
