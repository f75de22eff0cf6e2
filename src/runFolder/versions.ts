import { readFileSync } from 'node:fs';
import { projectVersion } from '../project';

/** Versions of the program and of what its numbers come from. */
export function versions(): Record<'wheatfield' | 'node' | 'onnxruntime' | 'tfjs', string> {
  return {
    wheatfield: projectVersion(),
    node: process.versions.node,
    onnxruntime: versionIn(require.resolve('onnxruntime-node/package.json')),
    tfjs: versionIn(require.resolve('@tensorflow/tfjs/package.json')),
  };
}

function versionIn(packageJson: string): string {
  return (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version;
}
