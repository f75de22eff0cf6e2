import assert from 'node:assert/strict';
import { changedVersions, versions } from '../src/runFolder/versions';

describe('changedVersions', () => {
  const before = {
    wheatfield: '1.0.0',
    node: '20.19.0',
    onnxruntime: '1.30.0',
    tfjs: '4.22.0',
    sharp: '0.35.5',
  };

  it('finds nothing where nothing has changed, as from one call to the next', () => {
    assert.deepEqual(changedVersions(before, before), []);
    assert.deepEqual(changedVersions(versions(), versions()), []);
  });

  it('names each that decides numbers, with both versions', () => {
    for (const name of ['wheatfield', 'onnxruntime', 'tfjs', 'sharp'] as const) {
      const expected = [`${name} ${before[name]}, now 9.9.9`];
      assert.deepEqual(changedVersions(before, { ...before, [name]: '9.9.9' }), expected);
    }
    assert.deepEqual(changedVersions(before, { ...before, sharp: '1', tfjs: '2' }), [
      'tfjs 4.22.0, now 2',
      'sharp 0.35.5, now 1',
    ]);
  });

  it('does not count Node.js, whose arithmetic is standardised', () => {
    assert.deepEqual(changedVersions(before, { ...before, node: '24.0.0' }), []);
  });

  it('counts what a record does not have', () => {
    const { sharp, ...older } = before;
    assert.deepEqual(changedVersions(older, before), [`sharp of an unknown version, now ${sharp}`]);
    assert.equal(changedVersions(undefined, before).length, 4);
  });
});
