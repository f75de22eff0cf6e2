import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { PRESETS } from '../src/presets';
import { SETTINGS, type SettingName, flagOf, readSettings } from '../src/settings';

const given = { content: 'a.jpg', style: 'b.jpg' };

describe('readSettings', () => {
  const common = {
    color: 'style',
    content: 'a.jpg',
    style: ['b.jpg'],
    styleWeights: undefined,
    mask: undefined,
    styleScale: 1,
    strength: 0.5,
    format: 'png',
    height: 400,
    init: 'content',
    seed: 0,
    network: 'auto',
    device: 'cpu',
    tile: 'auto',
    threads: availableParallelism(),
    weights: undefined,
    out: 'results',
  };

  it('fills in the values of the painter', () => {
    assert.deepEqual(readSettings(given), { preset: 'painter', ...common, ...PRESETS.painter });
  });

  it("fills in the chapter's, to the letter", () => {
    assert.deepEqual(readSettings({ ...given, preset: 'chapter' }), {
      preset: 'chapter',
      ...common,
      resize: 'nearest',
      measure: 'sums',
      contentLayer: ['block5_conv2'],
      styleLayers: ['block1_conv1', 'block2_conv1', 'block3_conv1', 'block4_conv1', 'block5_conv1'],
      contentWeight: 0.025,
      styleWeight: 1,
      tvWeight: 1e-4,
      clippingWeight: 0,
      margin: 0,
      iterations: 20,
      evaluations: 20,
      restart: true,
      variables: 'pixels',
      bounds: false,
      winograd: false,
      rounding: 'truncate',
    });
  });

  it('has presets that give the same settings, all of them valid', () => {
    assert.deepEqual(Object.keys(PRESETS.chapter), Object.keys(PRESETS.painter));
    for (const preset of Object.keys(PRESETS)) {
      const settings = readSettings({ ...given, preset });
      assert.deepEqual(readSettings(settings), settings);
    }
  });

  it('takes text and values alike', () => {
    const text = readSettings({
      ...given,
      height: '256',
      tvWeight: '1e-3',
      styleLayers: ['block1_conv1, block2_conv1:.5'],
    });
    const values = readSettings({
      ...given,
      height: 256,
      tvWeight: 0.001,
      styleLayers: ['block1_conv1', 'block2_conv1:.5'],
    });
    assert.deepEqual(text, values);
    assert.deepEqual(values.styleLayers, ['block1_conv1', 'block2_conv1:.5']);
  });

  it('what is given overrides a preset, and a preset the defaults', () => {
    const chapter = readSettings({ ...given, preset: 'chapter', bounds: true, height: undefined });
    assert.deepEqual(
      [chapter.bounds, chapter.restart, chapter.resize, chapter.rounding, chapter.height],
      [true, true, 'nearest', 'truncate', 400],
    );
  });

  const number = 'a number from 0 to 1000000000000';
  const layers =
    'names of layers, each once, such as block1_conv1,block2_conv1 or block1_conv1:0.7,block2_conv1:0.3';
  const bad: [SettingName, unknown, string][] = [
    ['preset', 'book', 'painter or chapter'],
    ['style', 7, 'the paths of one or more files'],
    ['style', [], 'the paths of one or more files'],
    ['styleWeights', [0, 0], 'numbers, not all of them 0, such as 2,1'],
    ['styleWeights', '2,x', 'numbers, not all of them 0, such as 2,1'],
    ['strength', 1.5, 'a number from 0 to 1'],
    ['height', NaN, 'a whole number from 2 to 16383'],
    ['height', [400], 'a whole number from 2 to 16383'],
    ['seed', 2 ** 32, 'a whole number from 0 to 4294967295'],
    ['contentLayer', [], layers],
    ['styleLayers', ['block1_conv1', 'block1_conv1:0.5'], layers],
    ['styleLayers', 5, layers],
    ['styleWeight', 1e13, number],
    ['restart', 'yes', 'true or false'],
    ['bounds', 1, 'true or false'],
  ];
  // What a command line can give wrong is in badInputs.test.ts.
  for (const [name, value, expected] of bad) {
    it(`refuses ${name} = ${JSON.stringify(value)}`, () => {
      const shown =
        typeof value === 'string'
          ? `'${value}'`
          : Array.isArray(value)
            ? `'${value.join(',')}'`
            : String(value);
      assert.throws(() => readSettings({ ...given, [name]: value }), {
        name: 'UserError',
        message: `${name} (${flagOf(name)}) cannot be ${shown}. Give ${expected}.`,
      });
    });
  }

  it('asks for what is required and names what it does not know', () => {
    assert.throws(() => readSettings({ content: 'a.jpg' }), {
      message: 'style (--style) is missing. Give the paths of one or more files.',
    });
    assert.throws(
      () => readSettings({ ...given, styleWieght: 1 } as Parameters<typeof readSettings>[0]),
      /^UserError: There is no setting called 'styleWieght'\. The settings are preset, content, style, /,
    );
  });

  it('has defaults that are valid, and says what each is for', () => {
    for (const [name, { help, kind, optional }] of Object.entries(SETTINGS)) {
      assert.ok(help.length > 10, name);
      assert.ok(kind.expected.length > 5, name);
      assert.equal(optional, ['weights', 'styleWeights', 'mask'].includes(name));
    }
  });
});
