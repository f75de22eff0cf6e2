import path from 'node:path';

/** The folder of this package, where img/ lies. Notebooks work in it, so that their paths are the same in every front end. */
export const PROJECT_FOLDER = path.join(__dirname, '..');
