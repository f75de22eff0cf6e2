/**
 * Runs after npm install: deletes what this machine or this project cannot use of ONNX Runtime's packages, a third of a gigabyte.
 * onnxruntime-node holds the libraries for all systems. onnxruntime-web, which runs models in the studio's page, holds every build of itself.
 */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { RUNTIME_FILES } from '../src/studio/runtimeFiles';

const LIBRARIES = path.join(path.dirname(require.resolve('onnxruntime-node/package.json')), 'bin', 'napi-v6');
const OURS = path.join(process.platform, process.arch);
const WEB = require.resolve('onnxruntime-web');
/** What the studio gives to its page, and what the package's name leads to in Node. */
const USED_BUILDS = [...Object.keys(RUNTIME_FILES), path.basename(WEB)];

for (const platform of readdirSync(LIBRARIES)) {
  for (const arch of readdirSync(path.join(LIBRARIES, platform))) {
    const library = path.join(platform, arch);
    if (library !== OURS) rmSync(path.join(LIBRARIES, library), { recursive: true });
  }
}

for (const file of readdirSync(path.dirname(WEB))) {
  if (!USED_BUILDS.includes(file)) rmSync(path.join(path.dirname(WEB), file));
}
