/**
 * Runs after npm install: deletes what this machine or this project cannot use of ONNX Runtime's packages, a third of a gigabyte.
 * onnxruntime-node holds the libraries for all systems. onnxruntime-web, with which tests run exported models, holds every build of itself.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const LIBRARIES = path.join(path.dirname(require.resolve('onnxruntime-node/package.json')), 'bin', 'napi-v6');
const OURS = path.join(process.platform, process.arch);
const BUILDS = path.join(__dirname, '..', 'node_modules', 'onnxruntime-web', 'dist');
const UNUSED_BUILD = /\.map$|jspi|webgl|\.all\./;

for (const platform of readdirSync(LIBRARIES)) {
  for (const arch of readdirSync(path.join(LIBRARIES, platform))) {
    const library = path.join(platform, arch);
    if (library !== OURS) rmSync(path.join(LIBRARIES, library), { recursive: true });
  }
}

// npm install --omit=dev leaves it out.
if (existsSync(BUILDS)) {
  for (const file of readdirSync(BUILDS)) {
    if (UNUSED_BUILD.test(file)) rmSync(path.join(BUILDS, file));
  }
}
