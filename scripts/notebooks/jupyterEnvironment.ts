import path from 'node:path';

const KERNELS = path.join(__dirname, '..', '..', 'jupyter');

/** The environment in which Jupyter finds the project's kernel before any other of that name. */
export function jupyterEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...env,
    JUPYTER_PATH: env.JUPYTER_PATH ? `${KERNELS}${path.delimiter}${env.JUPYTER_PATH}` : KERNELS,
  };
}
