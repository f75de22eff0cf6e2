/**
 * Runs after npm install: deletes onnxruntime-node's libraries for other systems. Its package holds all of them, and this machine
 * cannot load them; they would take a quarter of a gigabyte.
 */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const LIBRARIES = path.join(path.dirname(require.resolve('onnxruntime-node/package.json')), 'bin', 'napi-v6');
const OURS = path.join(process.platform, process.arch);

for (const platform of readdirSync(LIBRARIES)) {
  for (const arch of readdirSync(path.join(LIBRARIES, platform))) {
    const library = path.join(platform, arch);
    if (library !== OURS) rmSync(path.join(LIBRARIES, library), { recursive: true });
  }
}
