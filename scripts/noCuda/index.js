/**
 * onnxruntime-node's CPU library ships inside its package, but on Linux its install script downloads CUDA files from another host too.
 * That script loads global-agent before it reads its settings. package.json's `overrides` puts this file in global-agent's place, so that
 * the script skips the download with every version of npm.
 */
'use strict';

exports.bootstrap = () => {
  process.env.ONNXRUNTIME_NODE_INSTALL ??= 'skip';
};
