import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../src/errors';
import { loadKerasWeights } from '../src/network/kerasWeights';
import { readSafetensors } from '../src/network/safetensors';
import { loadImage } from '../src/picture/image';
import { readCheckpoint } from '../src/runFolder/checkpoint';
import { lockFolder } from '../src/runFolder/folderLock';
import { assertWritable } from '../src/runFolder/place';
import { readRun } from '../src/runFolder/results';
import { listPictures } from '../src/train/listPictures';

/** Whoever mends a fault needs to know what led to it. */
describe('a UserError keeps its cause', () => {
  let folder: string;
  const at = (name: string) => path.join(folder, name);

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-causes-'));
    mkdirSync(path.join(folder, 'foldersRun', 'settings.json'), { recursive: true });
    mkdirSync(at('damagedRun'));
    writeFileSync(path.join(at('damagedRun'), 'settings.json'), '{"settings": ');
    writeFileSync(at('text'), 'neither a picture nor weights');
    writeFileSync(at('cut.h5'), Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [what, fails] of [
    ['a checkpoint that is a folder', () => readCheckpoint(folder)],
    ['a checkpoint that is not one', () => readCheckpoint(at('text'))],
    ['a lock where there is no folder', () => lockFolder(at('none'))],
    ['results in a file', () => assertWritable(path.join(at('text'), 'run'))],
    ['settings.json that is a folder', () => readRun(at('foldersRun'))],
    ['settings.json that is not JSON', () => readRun(at('damagedRun'))],
    ['a picture that is not one', () => loadImage(at('text'))],
    ['safetensors that are missing', () => readSafetensors(at('none'))],
    ['safetensors that are not', () => readSafetensors(at('text'))],
    ["Keras's weights that are missing", () => loadKerasWeights(tf.sequential(), at('none'))],
    ["Keras's weights that are cut short", () => loadKerasWeights(tf.sequential(), at('cut.h5'))],
    ['pictures where there is no folder', () => listPictures([at('none')], [])],
  ] as const) {
    it(what, () =>
      assert.rejects(fails, (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.ok(error.cause instanceof Error, error.message);
        return true;
      }),
    );
  }
});
