import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_FOLDER } from '../project';

/** Versions of the program and of what its numbers come from. */
export function versions(): Record<'wheatfield' | 'node' | 'onnxruntime' | 'tfjs', string> {
  return {
    wheatfield: versionIn(path.join(PROJECT_FOLDER, 'package.json')),
    node: process.versions.node,
    onnxruntime: versionIn(require.resolve('onnxruntime-node/package.json')),
    tfjs: versionIn(require.resolve('@tensorflow/tfjs/package.json')),
  };
}

function versionIn(packageJson: string): string {
  return (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version;
}
