/** The versions that a run was made with, and whether others would compute the same. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectVersion } from '../project';

export type Versions = Record<'wheatfield' | 'node' | 'onnxruntime' | 'tfjs' | 'sharp', string>;

/** Versions of the program and of what its numbers come from. */
export function versions(): Versions {
  return {
    wheatfield: projectVersion(),
    node: process.versions.node,
    onnxruntime: versionOf('onnxruntime-node'),
    tfjs: versionOf('@tensorflow/tfjs'),
    sharp: versionOf('sharp'),
  };
}

/** Not by `require.resolve('NAME/package.json')`, which not every package allows, and without loading the package. */
function versionOf(name: string): string {
  const entry = require.resolve(name);
  const folder = path.join('node_modules', name);
  return versionIn(path.join(entry.slice(0, entry.lastIndexOf(folder)), folder, 'package.json'));
}

function versionIn(packageJson: string): string {
  return (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version;
}

/**
 * Packages of which another version may give other numbers: wheatfield has the losses and the optimiser, onnxruntime computes them, tfjs
 * has the gradients and computes the targets, sharp reads and resizes the pictures. Node.js does not count: what runs in it is float64
 * arithmetic, square roots and WebAssembly, whose results are standardised to the last bit.
 */
const DECIDING = ['wheatfield', 'onnxruntime', 'tfjs', 'sharp'] as const;

/**
 * The packages whose versions have changed since a run started, so that its numbers may differ from those of an uninterrupted run.
 *
 * @param before as in settings.json; a version that is missing counts as changed
 * @returns such as `onnxruntime 1.30.0, now 1.31.0`, one text for each; none where nothing that matters has changed
 */
export function changedVersions(before: Partial<Versions> | undefined, now: Versions): string[] {
  return DECIDING.filter((name) => before?.[name] !== now[name]).map(
    (name) => `${name} ${before?.[name] ?? 'of an unknown version'}, now ${now[name]}`,
  );
}
